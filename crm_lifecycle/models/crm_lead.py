from odoo import fields, models

from .res_partner import READ_GROUPS


class CrmLead(models.Model):
    """SCREEN link: a lead or opportunity shows where its customer stands."""

    _inherit = "crm.lead"

    lifecycle_stage_id = fields.Many2one(
        related="partner_id.lifecycle_id.stage_id",
        string="Customer's Lifecycle Stage",
        tracking=False,  # of the profile, not of the lead: one query less per write
        groups=READ_GROUPS,
    )
    lifecycle_stage_color = fields.Integer(
        related="partner_id.lifecycle_id.stage_id.color",
        aggregator=None,
        groups=READ_GROUPS,
    )
    loyalty_score = fields.Float(
        related="partner_id.lifecycle_id.loyalty_score",
        string="Customer's Loyalty Score",
        aggregator="avg",
        falsy_value=None,
        groups=READ_GROUPS,
    )
