from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .crm_lifecycle_facts import AMOUNT_GROUPS


class CrmLifecycleGap(models.Model):
    """SUGGESTIONS: product categories that a customer could buy and does not. Those
    that customers like him buy and he never did, and those that he bought by habit and
    no longer does, while he buys others.

    A few rows per customer, learned at night; written by SQL, only where they changed.
    """

    _name = "crm.lifecycle.gap"
    _description = "Category to Win"
    _order = "kind, last_date desc, buyer_count desc, id"
    _rec_name = "categ_id"
    _log_access = False  # written by SQL only, with its own date

    profile_id = fields.Many2one(
        "crm.lifecycle.profile",
        "Customer Lifecycle",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="profile_id.partner_id")
    user_id = fields.Many2one(related="profile_id.user_id")
    stage_id = fields.Many2one(related="profile_id.stage_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    categ_id = fields.Many2one(
        "product.category",
        "Product Category",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        [("white_space", "Never bought"), ("stopped", "Stopped buying")],
        required=True,
        readonly=True,
    )
    reason = fields.Char(compute="_compute_reason")
    peer_count = fields.Integer(
        "Similar Customers",
        readonly=True,
        aggregator=None,
        help="Other customers of the same industry. Of customers without an industry, "
        "or in one with few others: who buy mainly the same category.",
    )
    buyer_count = fields.Integer(
        "Of Them, Buyers",
        readonly=True,
        aggregator=None,
        help="How many of the similar customers bought the category in 12 months.",
    )
    industry_id = fields.Many2one("res.partner.industry", readonly=True)
    main_categ_id = fields.Many2one(
        "product.category",
        "Buys Mainly",
        readonly=True,
        help="The category that makes the similar customers similar, where the "
        "industry does not.",
    )
    last_date = fields.Date("Last Purchase", readonly=True)
    usual_days = fields.Float(
        "Usual Days between Purchases",
        digits=(16, 0),
        readonly=True,
        aggregator="avg",
    )
    purchase_count = fields.Integer("Purchases", readonly=True)
    missed_count = fields.Integer(
        "Purchases Since",
        readonly=True,
        help="Purchases of other categories since the last one of this category.",
    )
    expected_value = fields.Monetary(
        "Value of a Year",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Never bought: the share of similar customers who buy the category, "
        "times what one of them usually spends on it in a year. Stopped: what the "
        "customer spent on it in a year.",
    )

    _pair_unique = models.UniqueIndex("(profile_id, categ_id)")

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Without the customers who are held out of an experiment: nothing is
        suggested for them, anywhere. And without the categories of which nothing is for
        sale, or may be suggested."""
        query = super()._search(domain, *args, **kwargs)
        if not self.env.su:
            never = self.env["crm.lifecycle.suggestion.rule"]._get_never(
                self.env.company
            )
            offered = self.env["product.template"]._search(
                [("sale_ok", "=", True), ("id", "not in", never)], bypass_access=True
            )
            categ = self._field_to_sql(query.table, "categ_id", query)
            query.add_where(SQL("%s IN %s", categ, offered.subselect("categ_id")))
        Holdout = self.env["crm.lifecycle.holdout"]
        for company in self.env.companies if not self.env.su else ():
            if Holdout._get_current(company):
                partner = self._field_to_sql(query.table, "partner_id", query)
                query.add_where(
                    SQL(
                        "NOT (%s AND %s)",
                        SQL(
                            "%s = %s",
                            SQL.identifier(query.table, "company_id"),
                            company.id,
                        ),
                        Holdout._sql_held_out(company, partner),
                    )
                )
        return query

    def _order_to_sql(self, order, query, alias=None, reverse=False):
        """The most valuable first, for those who may read amounts."""
        value = self._fields["expected_value"]
        if order in (None, "", self._order) and self._has_field_access(value, "read"):
            order = "expected_value desc, id"
        return super()._order_to_sql(order, query, alias, reverse)

    @api.depends_context("lang")
    def _compute_reason(self):
        for gap in self:
            gap.reason = gap._get_reason()

    def _get_reason(self):
        """:return: one sentence that says why the category is missing"""
        self.ensure_one()
        if self.kind == "stopped":
            return self.env._(
                "Bought every %(days)s days until %(month)s; %(count)s purchases "
                "without it since",
                days=round(self.usual_days),
                month=format_date(self.env, self.last_date, date_format="MMMM y"),
                count=self.missed_count,
            )
        if self.industry_id:
            return self.env._(
                "%(buyers)s of %(peers)s other customers in %(industry)s buy it",
                buyers=self.buyer_count,
                peers=self.peer_count,
                industry=self.industry_id.name,
            )
        return self.env._(
            "%(buyers)s of %(peers)s other customers who mainly buy %(category)s buy "
            "it too",
            buyers=self.buyer_count,
            peers=self.peer_count,
            category=self.main_categ_id.name,
        )

    def action_open_profile(self):
        """Open the customer whose category is missing."""
        self.ensure_one()
        return self.profile_id.get_formview_action()
