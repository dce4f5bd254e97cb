from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lifecycle_facts import PROSPECT_FACTS

CAUSES = [
    ("document", "Document"),
    ("time", "Passing of time"),
    ("first_run", "First calculation"),
    ("history", "Rebuilt from documents"),
    ("rules", "Changed rules"),
    ("model", "New forecasts or weights"),
    ("pin", "Set by hand"),
    ("unpin", "No longer set by hand"),
]
HOLD_REASONS = [
    ("old_document", "Old document"),
    ("too_many", "Too many at once"),
]
# What is remembered of a customer who has bought: what ``reason`` tells. No amounts,
# which not everybody who sees the move may see.
CUSTOMER_FACTS = [
    "days_since_order",
    "rhythm_days",
    "recency_ratio",
    "return_ratio",
    "last_gap",
]


class CrmLifecycleTransition(models.Model):
    """Who moved from where to where, when, and what he was worth at that time."""

    _name = "crm.lifecycle.transition"
    _description = "Customer Lifecycle Transition"
    _order = "date desc, id desc"
    _rec_name = "to_stage_id"
    _log_access = False

    profile_id = fields.Many2one(
        "crm.lifecycle.profile",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    partner_id = fields.Many2one(related="profile_id.partner_id")
    company_id = fields.Many2one(related="profile_id.company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    from_stage_id = fields.Many2one(
        "crm.lifecycle.stage", readonly=True, ondelete="restrict"
    )
    to_stage_id = fields.Many2one(
        "crm.lifecycle.stage", required=True, readonly=True, ondelete="restrict"
    )
    cause = fields.Selection(CAUSES, readonly=True)
    is_baseline = fields.Boolean(
        "Recalculated",
        readonly=True,
        help="Nothing happened to the customer: first run, changed rule, new "
        "forecasts or weights. Nobody is to be contacted because of it.",
    )
    is_reconstructed = fields.Boolean(
        "Reconstructed",
        readonly=True,
        help="What the documents, as they stand today, say about a day before the "
        "installation.",
    )
    hold_reason = fields.Selection(
        HOLD_REASONS,
        "Held because",
        readonly=True,
        help="Why no action was taken: the document that decided is old, as after an "
        "import, or unusually many customers moved at once.",
    )
    release_user_id = fields.Many2one("res.users", "Released by", readonly=True)
    facts = fields.Json(
        readonly=True,
        help="What was known that day, by field. Missing is zero, or not known.",
    )
    loyalty_score = fields.Float(digits=(16, 1), aggregator="avg", readonly=True)
    expected_value = fields.Monetary(
        readonly=True, groups="sales_team.group_sale_salesman_all_leads"
    )

    _date_idx = models.Index("(date DESC, id DESC)")

    @api.model
    def _sql_facts_json(self, alias):
        """:return: expression for ``facts``, over a table with the facts and scores of
        profiles; what is zero or not known is left out"""
        fields_of_profile = self.env["crm.lifecycle.profile"]._fields

        def values(names):
            return SQL(", ").join(
                SQL("%s, NULLIF(%s, 0)", name, SQL.identifier(alias, name))
                if fields_of_profile[name].type in ("integer", "float")
                else SQL("%s, %s", name, SQL.identifier(alias, name))
                for name in names
            )

        return SQL(
            """
            jsonb_strip_nulls(
                CASE WHEN %(count)s > 0
                     THEN jsonb_build_object('order_count', %(count)s, %(customer)s)
                     ELSE jsonb_build_object('order_count', 0, %(prospect)s) END
            )
            """,
            count=SQL.identifier(alias, "order_count"),
            customer=values(CUSTOMER_FACTS),
            prospect=values(PROSPECT_FACTS),
        )
