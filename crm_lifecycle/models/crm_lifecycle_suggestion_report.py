from odoo import api, fields, models
from odoo.tools import frozendict

from .crm_lifecycle_facts import AMOUNT_GROUPS
from .crm_lifecycle_suggestion import DECLINE_REASONS, SUGGESTION_KINDS

STATES = [
    ("shown", "Only shown"),
    ("declined", "Declined"),
    ("removed", "Added and removed"),
    ("added", "On a quotation"),
    ("cancelled", "Order cancelled"),
    ("ordered", "Ordered"),
    ("delivered", "Delivered"),
    ("invoiced", "Invoiced"),
    ("returned", "Returned or credited"),
]


class CrmLifecycleSuggestionReport(models.Model):
    """What became of each suggestion, read from the documents when somebody asks.

    A row per suggestion of the ledger, with the same id. Each step is 0 or 1, so that
    they add up and a rate is their mean, whatever they are grouped by. What was
    delivered, invoiced and returned is that of the order line that came from the
    suggestion, as far as it still has the product suggested.

    That something was invoiced after it was suggested does not say that it would not
    have been bought otherwise: that is what ``crm.lifecycle.holdout`` is for.
    """

    _name = "crm.lifecycle.suggestion.report"
    _description = "Suggestion Results"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "link"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        readonly=True,
        help="Of the order; who saw the suggestion, when there is none.",
    )
    is_own = fields.Boolean(
        "My Customer", compute="_compute_is_own", search="_search_is_own"
    )
    order_id = fields.Many2one("sale.order", readonly=True)
    product_id = fields.Many2one("product.product", "Suggested Product", readonly=True)
    product_tmpl_id = fields.Many2one(
        "product.template", "Suggested Product (All Variants)", readonly=True
    )
    categ_id = fields.Many2one("product.category", "Product Category", readonly=True)
    source_tmpl_id = fields.Many2one(
        "product.template",
        "Goes with",
        readonly=True,
        help="The product on the order, or bought before, that it was suggested for.",
    )
    link = fields.Char(
        "Suggestion",
        readonly=True,
        help="The product that it was suggested for, and the suggested one.",
    )
    kind = fields.Selection(SUGGESTION_KINDS, "Suggested as", readonly=True)
    rule_id = fields.Many2one(
        "crm.lifecycle.suggestion.rule",
        "Manual Rule",
        readonly=True,
        help="Empty: it was learned, or declared on the product.",
    )
    date = fields.Datetime("Shown on", readonly=True)
    decline_reason = fields.Selection(DECLINE_REASONS, "Why Declined", readonly=True)
    state = fields.Selection(
        STATES,
        "Result",
        readonly=True,
        help="The last step that was reached. Returned or credited: at least a part.",
    )
    shown_count = fields.Integer(
        "Suggested",
        readonly=True,
        help="Suggestions shown on saved orders, once per order, and those declined "
        "before the order was saved.",
    )
    added_count = fields.Integer(
        "Added",
        readonly=True,
        help="Suggestions that are on the quotation or order. Not those that were "
        "removed again.",
    )
    declined_count = fields.Integer("Declined", readonly=True)
    ordered_count = fields.Integer(
        "Ordered", readonly=True, help="Suggestions that are on a confirmed order."
    )
    delivered_count = fields.Integer("Delivered", readonly=True)
    invoiced_count = fields.Integer("Invoiced", readonly=True)
    returned_count = fields.Integer(
        "Returned or Credited",
        readonly=True,
        help="Of what was suggested and added, at least a part came back or was "
        "credited.",
    )
    acceptance = fields.Float(
        "Acceptance Rate",
        aggregator="avg",
        readonly=True,
        help="Added, of all suggested.",
    )
    acceptance_low = fields.Float(
        "At Least",
        aggregator="avg",
        readonly=True,
        help="So high is the acceptance rate at least, as far as so many suggestions "
        "can tell: it is wrong once in twenty times. The best suggestions have the "
        "highest value here; a single lucky one has not.",
    )
    acceptance_high = fields.Float(
        "At Most",
        aggregator="avg",
        readonly=True,
        help="So high is the acceptance rate at most, as far as so many suggestions "
        "can tell: it is wrong once in twenty times. The worst suggestions have the "
        "lowest value here.",
    )
    order_rate = fields.Float(
        aggregator="avg", readonly=True, help="Ordered, of all suggested."
    )
    revenue = fields.Monetary(
        "Invoiced after Suggestion",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Invoiced less credited, without taxes, for the lines that were added "
        "from a suggestion. Some of it would have been bought anyway: what suggestions "
        "bring in is told by a suggestion experiment only.",
    )
    margin = fields.Monetary(
        "Margin after Suggestion",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What is left of it after the cost of the products, where the cost is "
        "known: that of the order line, else that of the day when it was added.",
    )
    revenue_mean = fields.Monetary(
        "Invoiced per Suggestion",
        aggregator="avg",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Invoiced after suggestion, divided by all that were suggested.",
    )

    _depends = frozendict(
        {
            "account.move": ["state", "move_type"],
            "account.move.line": ["balance", "quantity", "sale_line_ids"],
            "crm.lifecycle.suggestion": ["line_id", "order_id", "partner_id"],
            "product.product": ["product_tmpl_id"],
            "product.template": ["name", "categ_id", "uom_id"],
            "sale.order": ["state", "user_id", "currency_rate"],
            "sale.order.line": ["product_id", "product_uom_qty", "qty_delivered"],
            "stock.move": ["state", "sale_line_id"],
        }
    )

    @api.depends_context("uid")
    def _compute_is_own(self):
        own = self.sudo().search([("id", "in", self.ids), ("is_own", "=", True)])
        for suggestion in self:
            suggestion.is_own = suggestion.sudo() in own

    @api.model
    def _search_is_own(self, operator, value):
        """Of customers whom the user sees as his own."""
        return self.env["crm.lifecycle.profile"]._search_is_own(operator, value)

    def action_open_order(self):
        """:return: action that shows the order, or who declined before there was one"""
        self.ensure_one()
        return (self.order_id or self.partner_id)._get_records_action()
