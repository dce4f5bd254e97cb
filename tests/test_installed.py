from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestInstalled(LifecycleCommon):
    """What a customer owns, and what he needs for it. That a toner lasts 60 days on one
    printer is known from others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.printer, cls.toner, cls.service = cls.env["product.product"].create(
            [
                {"name": name, "list_price": price, "invoice_policy": "order"}
                for name, price in (("Printer", 400), ("Toner", 50), ("Service", 80))
            ]
        )
        cls.env.cr.execute(
            """
            INSERT INTO crm_lifecycle_affinity (
                company_id, kind, source_tmpl_id, product_tmpl_id, support,
                confidence, lift, weight, usual_days, usual_quantity
            ) VALUES (%s, 'consumable', %s, %s, 9, 1, 5, 1, 60, 1)
            """,
            (
                cls.company.id,
                cls.printer.product_tmpl_id.id,
                cls.toner.product_tmpl_id.id,
            ),
        )
        cls.startClassPatcher(freeze_time(TODAY + timedelta(hours=12)))

    def installed(self):
        rows = self.env["crm.lifecycle.affinity"]._find_installed(
            self.company, self.customer.id
        )
        return {row["product_tmpl_id"]: row for row in rows}

    def toner_row(self):
        return self.installed()[self.toner.product_tmpl_id.id]

    def test_due(self):
        """Two printers use up two toners in 60 days."""
        self.order(100, (self.printer, 2, 400), (self.toner, 2, 50))
        self.order(50, (self.toner, 2, 50))
        row = self.toner_row()
        self.assertEqual(row["pieces"], 2)
        self.assertEqual(row["source_ids"], self.printer.product_tmpl_id.ids)
        self.assertEqual(row["last_date"], TODAY.date() - timedelta(days=50))
        self.assertEqual(row["due_date"], TODAY.date() + timedelta(days=10))
        self.assertFalse(row["supplied"])

    def test_never_bought(self):
        self.order(100, (self.printer, 1, 400))
        row = self.toner_row()
        self.assertIsNone(row["last_date"])
        self.assertEqual(row["due_date"], TODAY.date() - timedelta(days=40))

    def test_bought_elsewhere(self):
        """Twelve printers for a year need 73 toners; 42 are enough for seven."""
        self.order(364, (self.printer, 12, 400))
        for days in (300, 240, 180, 120, 60, 5):
            self.order(days, (self.toner, 7, 50))
        row = self.toner_row()
        self.assertAlmostEqual(row["supplied"], 6.9, 1)
        self.assertTrue(row["is_short"])

    def test_bought_here(self):
        self.order(364, (self.printer, 2, 400))
        for days in (360, 300, 240, 180, 120, 60):
            self.order(days, (self.toner, 2, 50))
        self.assertFalse(self.toner_row()["is_short"])

    def test_sent_back(self):
        """What was returned is not owned, nor is what was credited without a return."""
        order = self.order(100, (self.printer, 3, 400))
        self.invoice(order, 100)
        credited = self.credit(order.invoice_ids, 90, quantity=1)
        self.assertEqual(credited.state, "posted")
        self.assertEqual(self.toner_row()["pieces"], 2)
        self.credit(order.invoice_ids.filtered("amount_residual"), 80, quantity=2)
        self.assertFalse(self.installed())

    def test_returned(self):
        self.printer.is_storable = True
        order = self.order(100, (self.printer, 3, 400))
        self.deliver(order.picking_ids, 99)
        self.send_back(order.picking_ids, 90, 1)
        self.assertEqual(self.toner_row()["pieces"], 2)

    def test_declared(self):
        """What is chosen on the product counts without being learned; how long it lasts
        is then the customer's own rhythm."""
        self.printer.lifecycle_consumable_ids = self.service.product_tmpl_id
        self.order(300, (self.printer, 1, 400))
        self.assertIsNone(
            self.installed()[self.service.product_tmpl_id.id]["usual_days"]
        )
        self.order(200, (self.service, 1, 80))
        self.order(110, (self.service, 1, 80))
        row = self.installed()[self.service.product_tmpl_id.id]
        self.assertEqual(row["usual_days"], 90)
        self.assertEqual(row["due_date"], TODAY.date() - timedelta(days=20))

    def test_nothing_owned(self):
        self.order(100, (self.toner, 1, 50))
        self.assertFalse(self.installed())
