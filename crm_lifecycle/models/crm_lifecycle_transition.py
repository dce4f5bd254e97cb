from odoo import fields, models


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
    is_baseline = fields.Boolean(
        "Recalculated",
        readonly=True,
        help="Nothing happened to the customer: first run, changed rule or forecasts "
        "learned anew. Nobody is to be contacted because of it.",
    )
    loyalty_score = fields.Float(digits=(16, 1), aggregator="avg", readonly=True)
    expected_value = fields.Monetary(
        readonly=True, groups="sales_team.group_sale_salesman_all_leads"
    )
