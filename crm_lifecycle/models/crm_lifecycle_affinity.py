from odoo import fields, models
from odoo.exceptions import AccessError

KINDS = [
    ("reorder", "Buy again"),
    ("cross_sell", "Goes with"),
    ("together", "On the same orders"),
    ("similar", "Similar customers buy it"),
    ("category", "Bought by buyers of a category"),
    ("up_sell", "Better choice"),
    ("alike", "Same kind, not more expensive"),
    ("consumable", "Supplies"),
    ("novelty", "New"),
    ("popular", "Popular"),
]


class CrmLifecycleAffinity(models.Model):
    """SUGGESTIONS: which product goes with which, learned from what was bought.

    Products are templates: the variants of a product teach together. A popular or new
    product has no product that it goes with, and some go with what was bought of a
    category. What is suggested as a reorder is no link: it is the customer's own habit.
    """

    _name = "crm.lifecycle.affinity"
    _description = "Learned Suggestion"
    _order = "weight desc, id"
    _rec_name = "product_tmpl_id"
    _log_access = False  # written by SQL only, with its own date

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(KINDS, "Suggested as", required=True, readonly=True)
    source_tmpl_id = fields.Many2one(
        "product.template",
        "Bought Product",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: suggested whatever the customer buys.",
    )
    source_categ_id = fields.Many2one(
        "product.category",
        "Bought Category",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        "Suggested Product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    support = fields.Integer(
        "Customers",
        readonly=True,
        aggregator=None,
        help="How many customers this was learned from: those who bought both "
        "products; for a popular product, those who bought it. Of products on the same "
        "orders, how many orders.",
    )
    confidence = fields.Float(
        "Share",
        readonly=True,
        aggregator=None,
        help="Of the customers (or orders) of the bought product, the share who bought "
        "the suggested one.",
    )
    lift = fields.Float(
        "× as Often",
        digits=(16, 2),
        readonly=True,
        aggregator=None,
        help="How many times as often as all customers the customers of the bought "
        "product buy the suggested one.",
    )
    weight = fields.Float(
        readonly=True,
        aggregator=None,
        help="What the link adds to the score by which products are put in order. "
        "Below zero: who bought the category rather does without.",
    )
    usual_days = fields.Float(
        "Days per Unit",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Of supplies: how long one unit lasts for one piece of the bought "
        "product, as half of its owners use it. 0: not known.",
    )
    usual_quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Of supplies: how much its owners take at a time. 0: not known.",
    )
    date = fields.Date(
        "Learned on", readonly=True, help="Last day on which the numbers changed."
    )

    _pair_unique = models.UniqueIndex(
        "(company_id, kind, COALESCE(source_tmpl_id, -source_categ_id, 0),"
        " product_tmpl_id)"
    )

    def action_promote(self):
        """Put these products before all others that were learned, where their link
        holds."""
        return self._make_rules("promote", "ban")

    def action_ban(self):
        """Suggest these products no longer because of this link."""
        return self._make_rules("ban", "promote")

    def _make_rules(self, mode, opposite):
        """A rule of `mode` for each of the links, in the place of the opposite one."""
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(self.env._("Only sales administrators may do this."))
        Rule = self.env["crm.lifecycle.suggestion.rule"]
        for link in self:
            values = {
                "company_id": link.company_id.id,
                "source_tmpl_id": link.source_tmpl_id.id,
                "source_categ_id": link.source_categ_id.id,
                "product_tmpl_id": link.product_tmpl_id.id,
            }
            known = Rule.search([(name, "=", value) for name, value in values.items()])
            overruled = known.filtered(lambda rule: rule.mode == opposite)
            overruled.unlink()
            if mode not in (known - overruled).mapped("mode"):
                Rule.create({**values, "mode": mode})
        return True
