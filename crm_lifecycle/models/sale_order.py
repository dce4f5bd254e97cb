from odoo import fields, models

from .res_partner import READ_GROUPS


class SaleOrder(models.Model):
    """SCREEN link: an order shows where its customer stands."""

    _inherit = "sale.order"

    lifecycle_stage_id = fields.Many2one(
        related="partner_id.lifecycle_id.stage_id",
        string="Customer's Lifecycle Stage",
        tracking=False,  # of the profile, not of the order: one query less per write
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
