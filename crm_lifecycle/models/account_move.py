from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # Odoo has none on this column, which its own contact form filters on.
    _lifecycle_commercial_partner_idx = models.Index(
        "(commercial_partner_id) "
        "WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )
    # Nor on this one: whose customers a salesperson with own documents may see.
    _lifecycle_invoice_user_idx = models.Index(
        "(invoice_user_id) WHERE invoice_user_id IS NOT NULL"
    )
