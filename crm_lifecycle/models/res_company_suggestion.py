from odoo import fields, models


class ResCompany(models.Model):
    """SETTINGS of what is offered, and of what has to be put right before."""

    _inherit = "res.company"

    lifecycle_quiet_days = fields.Integer(
        "Quiet Days after a No",
        default=180,
        groups="sales_team.group_sale_salesman",
        help="What a customer did not want is not suggested to him again within so "
        "many days.",
    )
    lifecycle_returned_days = fields.Integer(
        "Quiet Days after a Return",
        default=180,
        groups="sales_team.group_sale_salesman",
        help="What a customer sent back, or was credited, is not suggested to him "
        "again within so many days.",
    )
    lifecycle_hide_out_of_stock = fields.Boolean(
        "Suggest Only What Is in Stock",
        groups="sales_team.group_sale_salesman",
        help="Tracked goods of which nothing is free in the warehouse of the order are "
        "not suggested.",
    )
    lifecycle_service_overdue_days = fields.Integer(
        "Days Overdue",
        default=7,
        groups="sales_team.group_sale_salesman",
        help="An invoice counts as overdue when it is so many days late.",
    )
    lifecycle_service_overdue_share = fields.Float(
        "Overdue Share",
        default=0.1,
        groups="sales_team.group_sale_salesman",
        help="Overdue invoices are named before any suggestion when they come to more "
        "than this share of what the customer was invoiced in the last 12 months.",
    )
