from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

LOYALTY_BANDS = [
    ("low", "Low loyalty"),
    ("medium", "Medium loyalty"),
    ("high", "High loyalty"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    lifecycle_medium_loyalty = fields.Integer(
        "Medium Loyalty from",
        default=40,
        groups="sales_team.group_sale_manager",
        help="Customers with a lower score have low loyalty.",
    )
    lifecycle_high_loyalty = fields.Integer(
        "High Loyalty from",
        default=70,
        groups="sales_team.group_sale_manager",
        help="Customers with this score or more have high loyalty.",
    )

    _lifecycle_loyalty_order = models.Constraint(
        "CHECK (0 < lifecycle_medium_loyalty"
        " AND lifecycle_medium_loyalty < lifecycle_high_loyalty"
        " AND lifecycle_high_loyalty <= 100)",
        "High loyalty begins above medium loyalty, both between 1 and 100.",
    )


class CrmLifecycleProfile(models.Model):
    """SCREEN: the loyalty score in three words, by limits that the company sets."""

    _inherit = "crm.lifecycle.profile"

    loyalty_band = fields.Selection(
        LOYALTY_BANDS,
        "Loyalty",
        compute="_compute_loyalty_band",
        search="_search_loyalty_band",
        help="The loyalty score in words, by limits of the company. Empty for who "
        "never bought.",
    )

    @api.depends("loyalty_score", "order_count")
    def _compute_loyalty_band(self):
        for profile in self:
            company, score = profile.company_id.sudo(), profile.loyalty_score
            if not profile.order_count:
                profile.loyalty_band = False
            elif score >= company.lifecycle_high_loyalty:
                profile.loyalty_band = "high"
            elif score >= company.lifecycle_medium_loyalty:
                profile.loyalty_band = "medium"
            else:
                profile.loyalty_band = "low"

    def _search_loyalty_band(self, operator, value):
        if operator != "in":
            return NotImplemented
        bands = [band for band in value if band]

        def to_sql(model, alias, query):
            column = model._field_to_sql(alias, "loyalty_band", query)
            found = SQL("%s = ANY(%s)", column, bands)
            return SQL("(%s OR %s IS NULL)", found, column) if False in value else found

        return Domain.custom(to_sql=to_sql)

    def _field_to_sql(self, alias, field_expr, query=None):
        """The column that makes ``loyalty_band`` filter and group."""
        if field_expr != "loyalty_band":
            return super()._field_to_sql(alias, field_expr, query)
        company = query.left_join(
            alias, "company_id", "res_company", "id", "loyalty_company"
        )
        limits = self.env["res.company"]._fields

        def limit(name):
            return SQL.identifier(company, name, to_flush=limits[name])

        return SQL(
            """
            (CASE WHEN %(count)s > 0 IS NOT TRUE THEN NULL
                  WHEN %(score)s >= %(high)s THEN 'high'
                  WHEN %(score)s >= %(medium)s THEN 'medium'
                  ELSE 'low' END)
            """,
            count=super()._field_to_sql(alias, "order_count", query),
            score=super()._field_to_sql(alias, "loyalty_score", query),
            high=limit("lifecycle_high_loyalty"),
            medium=limit("lifecycle_medium_loyalty"),
        )
