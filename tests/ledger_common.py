from odoo import Command

from .common import LifecycleCommon
from .shop_common import ShopMixin


class LedgerCommon(ShopMixin, LifecycleCommon):
    """A quotation of a salesperson who sees his own documents only, with a desk; the
    chair is suggested, because it goes with the desk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller, cls.colleague = (
            cls.new_seller(login)
            for login in ("lifecycle_seller", "lifecycle_colleague")
        )
        cls.Ledger = cls.env["crm.lifecycle.suggestion"]
        cls.Report = cls.env["crm.lifecycle.suggestion.report"]
        cls.chair.standard_price = 12
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.chair, warehouse.lot_stock_id, 100
        )
        cls.source = cls.desk.product_tmpl_id
        cls.mark = f"cross_sell:{cls.source.id}:0"
        cls.quotation = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "user_id": cls.seller.id,
                "date_order": "2026-05-01 12:00:00",
                "order_line": [Command.create({"product_id": cls.desk.id})],
            }
        )

    def setUp(self):
        super().setUp()
        self.orders = self.env["sale.order"].with_user(self.seller)

    def row(self, product=None, **values):
        product = product or self.chair
        return {
            "product_id": product.id,
            "kind": "cross_sell",
            "source": self.source.id,
            "rule_id": False,
            **values,
        }

    def screen(self, order=None):
        return {
            "id": order.id if order else False,
            "company_id": self.company.id,
            "partner_id": self.customer.id,
        }

    def show(self, *rows, order=None):
        order = order or self.quotation
        self.orders.lifecycle_suggestions_shown(order.id, rows or [self.row()])

    def decline(self, row=None, order=None, reason="has_it"):
        self.orders.lifecycle_suggestion_decline(
            self.screen(order), row or self.row(), reason
        )

    def add(self, product=None, mark=None, order=None, **values):
        return (
            self.env["sale.order.line"]
            .with_user(self.seller)
            .create(
                {
                    "order_id": (order or self.quotation).id,
                    "product_id": (product or self.chair).id,
                    "lifecycle_suggestion": mark or self.mark,
                    **values,
                }
            )
        )

    def ledger(self):
        return self.Ledger.search([("partner_id", "=", self.customer.id)])

    def result(self):
        self.env.invalidate_all()
        return self.Report.search([("partner_id", "=", self.customer.id)])

    def confirmed(self, **values):
        """The quotation with four chairs from a suggestion, confirmed, without the
        desk, whose delivery and invoice would only be in the way."""
        self.quotation.order_line.unlink()
        line = self.add(product_uom_qty=4, price_unit=30, tax_ids=False, **values)
        with self.days_ago(20):
            self.quotation.action_confirm()
        return line.sudo()
