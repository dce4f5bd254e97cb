from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crm_lifecycle_suggestion import DECLINE_REASONS


class SaleOrder(models.Model):
    """LEDGER: the screen tells what it showed, and what was declined."""

    _inherit = "sale.order"

    @api.model
    def lifecycle_suggestions_shown(self, order_id, rows):
        """Note what was really displayed beside a saved order: once for each
        suggestion, however often it is displayed again.

        :param int order_id: an order that the user may write
        :param list rows: dicts of product_id, kind, source and rule_id, as in the
            answer of :meth:`lifecycle_suggestions`
        """
        order = self.browse(order_id)
        order.check_access("write")
        order = order.sudo()
        ledger = self.env["crm.lifecycle.suggestion"].sudo()
        ledger._adopt(order)
        ledger._record(
            [
                ledger._prepare(order.company_id, order.partner_id, order.id, row)
                for row in rows
            ]
        )

    @api.model
    def lifecycle_suggestion_decline(self, screen, row, reason):
        """Note that a suggestion was declined: the customer is not offered the product
        again for the quiet time of the company. It is a decision of a person and stays
        when the order is discarded.

        :param dict screen: the order on the screen, see :meth:`lifecycle_suggestions`,
            and its ``id``, or False as long as it is not saved
        :param dict row: product_id, kind, source and rule_id of the suggestion
        :param str reason: see ``DECLINE_REASONS``
        """
        if reason not in dict(DECLINE_REASONS):
            raise ValidationError(self.env._("Choose why this was declined."))
        self.check_access("create")
        # reading the company raises when the user may not work for it
        company = self.with_company(screen.get("company_id")).env.company
        partner = self.env["res.partner"].browse(screen.get("partner_id"))
        partner.check_access("read")
        self.env["product.product"].browse(row["product_id"]).check_access("read")
        order = self.browse(screen.get("id") or [])
        order.check_access("write")
        ledger = self.env["crm.lifecycle.suggestion"].sudo()
        made = ledger._prepare(company, partner.sudo(), order.id, row)
        ledger._record([{**made, "decline_reason": reason}])


class SaleOrderLine(models.Model):
    """LEDGER: a line that was suggested tells so when it is saved."""

    _inherit = "sale.order.line"

    lifecycle_suggestion = fields.Char(
        "Suggested as",
        copy=False,
        groups="base.group_user",
        help="Written when a suggestion is added, separated by colons: its kind, the "
        "product that it goes with, the manual rule that it follows (0 for none), and "
        "maybe the suggested product.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._lifecycle_note_added()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if vals.get("lifecycle_suggestion"):
            self._lifecycle_note_added()
        return result

    def _lifecycle_note_added(self):
        """One statement, and none when nothing was suggested. A mark that does not
        read as one is nobody's suggestion, nor is one of a line whose product was
        changed by hand before it was saved; another variant is the same one."""
        ledger = self.env["crm.lifecycle.suggestion"].sudo()
        rows = []
        for line in self.sudo():
            kind, *ids = (line.lifecycle_suggestion or "").split(":")
            if len(ids) not in (2, 3) or not all(id_.isdecimal() for id_ in ids):
                continue
            source_id, rule_id, *product_ids = map(int, ids)
            order, product = line.order_id, line.product_id
            suggested = product.browse(product_ids).exists() or product
            if suggested.product_tmpl_id != product.product_tmpl_id:
                continue
            suggestion = {
                "product_id": suggested.id,
                "kind": kind,
                "source": source_id,
                "rule_id": rule_id,
            }
            rows.append(
                {
                    **ledger._prepare(
                        order.company_id, order.partner_id, order.id, suggestion
                    ),
                    "line_id": line.id,
                    "unit_cost": product.with_company(order.company_id).standard_price,
                }
            )
        ledger._record(rows)
