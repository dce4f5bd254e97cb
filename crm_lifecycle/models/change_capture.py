"""Where documents change: each hook only notes whose they are (see the dirty queue).

Kept together because they are one mechanism; a hook that does more belongs elsewhere.
Leads, meetings and activities are in the file beside this one.
"""

from odoo import api, models


def touches(vals, *names):
    return not vals.keys().isdisjoint(names)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _lifecycle_mark(self):
        self.env["crm.lifecycle.dirty"]._mark(
            (order.partner_id.id, order.company_id.id) for order in self.sudo()
        )

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._lifecycle_mark()
        return orders

    def write(self, vals):
        if touches(vals, "partner_id", "company_id"):
            self._lifecycle_mark()
        result = super().write(vals)
        if touches(
            vals,
            "state",
            "date_order",
            "validity_date",
            "commitment_date",
            "partner_id",
            "company_id",
        ):
            self._lifecycle_mark()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle_mark(self):
        self._lifecycle_mark()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _lifecycle_mark(self):
        orders = self.sudo().order_id
        orders.filtered(lambda order: order.state == "sale")._lifecycle_mark()

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._lifecycle_mark()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if touches(
            vals,
            "product_id",
            "product_uom_qty",
            "product_uom_id",
            "qty_delivered",
            "price_unit",
            "purchase_price",
            "discount",
            "tax_ids",
        ):
            self._lifecycle_mark()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle_mark(self):
        self._lifecycle_mark()


class AccountMove(models.Model):
    _inherit = "account.move"

    def _lifecycle_mark(self):
        self.env["crm.lifecycle.dirty"]._mark(
            (move.commercial_partner_id.id, move.company_id.id)
            for move in self.sudo()
            if move.is_sale_document(include_receipts=True)
        )

    def write(self, vals):
        result = super().write(vals)
        if touches(vals, "state", "matched_payment_ids", "invoice_date_due"):
            self._lifecycle_mark()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle_mark(self):
        self._lifecycle_mark()


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        result = super().write(vals)
        if touches(vals, "state", "date", "amount"):
            self.sudo().invoice_ids._lifecycle_mark()
        return result


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def _lifecycle_mark(self):
        lines = self.sudo().debit_move_id | self.sudo().credit_move_id
        lines.move_id._lifecycle_mark()

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._lifecycle_mark()
        return partials

    def unlink(self):
        # not ondelete: Odoo deletes partials also where it must not be prevented
        self._lifecycle_mark()
        return super().unlink()


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def write(self, vals):
        result = super().write(vals)
        if touches(vals, "date_done", "date_deadline"):
            self.sudo().sale_id._lifecycle_mark()
        return result


class StockMove(models.Model):
    """Not the transfer: it is done or cancelled with the last of its moves, which need
    not happen by its buttons."""

    _inherit = "stock.move"

    def _lifecycle_mark(self):
        self.sudo().picking_id.sale_id._lifecycle_mark()

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        moves._lifecycle_mark()
        return moves

    def _action_cancel(self):
        result = super()._action_cancel()
        self._lifecycle_mark()
        return result


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _lifecycle_mark(self):
        """The contacts and the customers that they belong to."""
        self.env["crm.lifecycle.dirty"]._mark(
            (partner.id, 0)
            for partner in self.sudo() | self.sudo().commercial_partner_id
        )

    def write(self, vals):
        moves = touches(vals, "parent_id", "is_company", "company_type")
        if moves:
            self._lifecycle_mark()
        result = super().write(vals)
        if "tz" in vals and self.sudo().ref_company_ids:
            self.env.registry.clear_cache()  # see _lifecycle_remembered
        if moves or touches(
            vals,
            "active",
            "lifecycle_excluded",
            "lifecycle_prospect",
            "company_id",
            "industry_id",
        ):
            self._lifecycle_mark()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners.sudo().filtered("lifecycle_prospect")._lifecycle_mark()
        return partners
