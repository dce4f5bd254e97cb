from odoo import fields, models

from .res_partner import READ_GROUPS


class CrmLifecycleCustomer(models.AbstractModel):
    """SCREEN link: a document shows where its customer stands."""

    _name = "crm.lifecycle.customer"
    _description = "Where the Customer of a Document Stands"

    partner_id = fields.Many2one("res.partner")  # as the document says
    lifecycle_stage_id = fields.Many2one(
        related="partner_id.lifecycle_id.stage_id",
        string="Customer's Lifecycle Stage",
        tracking=False,  # of the profile, not of this: one query less per write
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
