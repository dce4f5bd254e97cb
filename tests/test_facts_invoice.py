from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsInvoice(LifecycleCommon):
    """Invoices and credit notes, made through Odoo's own flows."""

    def test_direct_invoice(self):
        self.direct_invoice(40)
        invoice = self.direct_invoice(20, 50)
        self.assertFacts(
            self.refresh(), order_count=2, order_value=150, last_order_date=20
        )
        self.credit(invoice, 3)
        self.assertFacts(
            self.refresh(),
            order_count=1,
            order_value=100,
            last_order_date=40,
            net_invoiced=100,
            last_invoice_date=20,
        )

    def test_invoiced_order_counts_once(self):
        self.invoice(self.order(20), 10)
        self.assertFacts(
            self.refresh(), order_count=1, last_order_date=20, net_invoiced=100
        )

    def test_draft_invoice(self):
        self.order(20)._create_invoices()
        self.assertFacts(self.refresh(), net_invoiced=0, last_invoice_date=False)

    def test_foreign_currency(self):
        """Orders and invoices at the rate of their day, in the company's currency."""
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-20", 4.0)]
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        order = self.order(30, (self.desk, 1, 200), pricelist_id=pricelist.id)
        self.invoice(order, 5)
        self.assertFacts(self.refresh(), order_value=100, net_invoiced=50)

    def test_equals_invoice_analysis(self):
        """To the cent, with taxes, discounts, foreign currency and credit notes."""
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 1.37)])
        self.desk.taxes_id = self.tax_sale_a
        for days, values in ((30, {}), (20, {"currency_id": currency.id}), (9, {})):
            invoice = self.direct_invoice(days, 33.33, **values)
            if days == 20:
                self.credit(invoice, 15, quantity=0.37)
        order = self.order(12, (self.desk, 3, 19.99))
        order.order_line.discount = 7.5
        self.invoice(order, 11)
        self.order(12)
        customers = self.env["res.partner"].search([])
        profiles = self.refresh(*customers.commercial_partner_id)
        report = dict(
            self.env["account.invoice.report"]._read_group(
                [
                    ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                    ("state", "=", "posted"),
                    ("company_id", "=", self.company.id),
                    ("invoice_date", "<=", TODAY.date()),
                ],
                ["commercial_partner_id"],
                ["price_subtotal:sum"],
            )
        )
        self.assertTrue(report)
        self.assertEqual(
            {profile.partner_id: profile.net_invoiced for profile in profiles},
            {
                profile.partner_id: self.company.currency_id.round(
                    report.get(profile.partner_id, 0)
                )
                for profile in profiles
            },
        )
