from odoo import api, fields, models
from odoo.tools import SQL, frozendict

from .crm_lifecycle_facts import AMOUNT_GROUPS
from .crm_lifecycle_suggestion import DECLINE_REASONS, SUGGESTION_KINDS

# Standard normal quantile: 5 % beyond each of the two limits of a rate.
CERTAIN = 1.645
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
    order_id = fields.Many2one("sale.order", "Order", readonly=True)
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
        "Order Rate", aggregator="avg", readonly=True, help="Ordered, of all suggested."
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

    @property
    def _table_query(self):
        Template = self.env["product.template"]
        has_cost = "purchase_price" in self.env["sale.order.line"]._fields
        return SQL(
            """
            SELECT suggestion.id, suggestion.company_id, suggestion.partner_id,
                   COALESCE(sale_order.user_id, suggestion.user_id) AS user_id,
                   suggestion.order_id, suggestion.product_id,
                   product.product_tmpl_id, template.categ_id,
                   suggestion.source_tmpl_id, suggestion.kind, suggestion.rule_id,
                   concat_ws(' → ', %(source_name)s, %(name)s) AS link,
                   suggestion.date, suggestion.decline_reason,
                   CASE WHEN back.is_back OR billed.is_credited THEN 'returned'
                        WHEN billed.is_invoiced THEN 'invoiced'
                        WHEN line.id IS NOT NULL AND sale_order.state = 'cancel'
                        THEN 'cancelled'
                        WHEN line.qty_delivered > 0 THEN 'delivered'
                        WHEN line.id IS NOT NULL AND sale_order.state = 'sale'
                        THEN 'ordered'
                        WHEN line.id IS NOT NULL THEN 'added'
                        WHEN suggestion.date_declined IS NOT NULL THEN 'declined'
                        WHEN suggestion.date_added IS NOT NULL THEN 'removed'
                        ELSE 'shown'
                   END AS state,
                   1 AS shown_count,
                   (line.id IS NOT NULL)::int AS added_count,
                   (suggestion.date_declined IS NOT NULL)::int AS declined_count,
                   (line.id IS NOT NULL AND sale_order.state = 'sale')::int
                       AS ordered_count,
                   (COALESCE(line.qty_delivered > 0, FALSE) OR back.is_back)::int
                       AS delivered_count,
                   COALESCE(billed.is_invoiced, FALSE)::int AS invoiced_count,
                   (back.is_back OR COALESCE(billed.is_credited, FALSE))::int
                       AS returned_count,
                   (line.id IS NOT NULL)::int::float8 AS acceptance,
                   (line.id IS NOT NULL)::int::float8 AS acceptance_low,
                   (line.id IS NOT NULL)::int::float8 AS acceptance_high,
                   (line.id IS NOT NULL AND sale_order.state = 'sale')::int::float8
                       AS order_rate,
                   COALESCE(billed.revenue, 0) AS revenue,
                   COALESCE(billed.revenue, 0) AS revenue_mean,
                   billed.revenue - billed.quantity * COALESCE(
                       NULLIF(%(line_cost)s, 0)
                           / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                           / COALESCE(unit.factor / own_unit.factor, 1),
                       NULLIF(suggestion.unit_cost, 0)::numeric
                   ) AS margin
              FROM crm_lifecycle_suggestion suggestion
              JOIN product_product product ON product.id = suggestion.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN product_template source ON source.id = suggestion.source_tmpl_id
         LEFT JOIN sale_order ON sale_order.id = suggestion.order_id
         LEFT JOIN (sale_order_line line
                    JOIN product_product sold ON sold.id = line.product_id)
                ON line.id = suggestion.line_id
               AND sold.product_tmpl_id = product.product_tmpl_id
               AND GREATEST(line.product_uom_qty, line.qty_delivered) > 0
         LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
         LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
        CROSS JOIN LATERAL (
                  SELECT -SUM(item.balance) AS revenue,
                         SUM(item.quantity
                             * CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                             * COALESCE(item_unit.factor / own_unit.factor, 1)
                         ) AS quantity,
                         bool_or(move.move_type = 'out_refund') AS is_credited,
                         bool_or(move.move_type != 'out_refund') AS is_invoiced
                    FROM sale_order_line_invoice_rel rel
                    JOIN account_move_line item ON item.id = rel.invoice_line_id
                    JOIN account_move move ON move.id = item.move_id
               LEFT JOIN uom_uom item_unit ON item_unit.id = item.product_uom_id
                   WHERE rel.order_line_id = line.id
                     AND move.state = 'posted'
                     AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                   ) AS billed
        CROSS JOIN LATERAL (
                  SELECT EXISTS (
                      SELECT FROM stock_move move
                        JOIN stock_location source ON source.id = move.location_id
                        JOIN stock_location target ON target.id = move.location_dest_id
                       WHERE move.sale_line_id = line.id
                         AND move.state = 'done'
                         AND source.usage = 'customer'
                         AND target.usage != 'customer'
                  ) AS is_back
                   ) AS back
            """,
            name=Template._field_to_sql("template", "name"),
            source_name=Template._field_to_sql("source", "name"),
            line_cost=SQL("line.purchase_price" if has_cost else "NULL::numeric"),
        )

    def _read_group_select(self, aggregate_spec, query):
        """The limits of the rate of a group (Wilson 1927, J. Am. Stat. Assoc. 22)."""
        bounds = {"acceptance_low:avg": SQL("-"), "acceptance_high:avg": SQL("+")}
        if aggregate_spec not in bounds:
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            """
            (AVG(%(rate)s) + %(z)s ^ 2 / (2 * COUNT(*))
             %(sign)s %(z)s * sqrt(
                 AVG(%(rate)s) * (1 - AVG(%(rate)s)) / COUNT(*)
                 + %(z)s ^ 2 / (4.0 * COUNT(*) ^ 2)
             )) / (1 + %(z)s ^ 2 / COUNT(*))
            """,
            rate=self._field_to_sql(self._table, "acceptance", query),
            z=CERTAIN,
            sign=bounds[aggregate_spec],
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
