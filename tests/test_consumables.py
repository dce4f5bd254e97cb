from freezegun import freeze_time

from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestConsumables(LifecycleCommon):
    """Printers, and the toner that their owners keep buying."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.printer, cls.toner = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "list_price": price,
                    "is_storable": True,
                    "invoice_policy": "order",
                    "taxes_id": False,
                }
                for name, price in (("Printer", 400), ("Toner", 50))
            ]
        )
        cls.owners = cls.customer
        for number in range(4):
            cls.owners |= cls.new_customer(f"Owner {number}")
        for number in range(8):
            cls.order(
                300, (cls.chair, 1, 30), partner=cls.new_customer(f"Other {number}")
            )
        for owner in cls.owners:
            cls.order(200, (cls.printer, 1, 400), partner=owner)
            for days in (195, 135, 75):
                cls.order(days, (cls.toner, 1, 50), partner=owner)

    def learned(self):
        self.env["crm.lifecycle.affinity"]._learn(self.company, self.as_of)
        return self.env["crm.lifecycle.affinity"].search(
            [("company_id", "=", self.company.id), ("kind", "=", "consumable")]
        )

    def test_learned(self):
        """All five owners of a printer buy a toner every 60 days, nobody else does."""
        link = self.learned()
        self.assertEqual(link.source_tmpl_id, self.printer.product_tmpl_id)
        self.assertEqual(link.product_tmpl_id, self.toner.product_tmpl_id)
        self.assertEqual(link.support, 5)
        self.assertEqual(link.confidence, 1)
        self.assertEqual(link.usual_days, 60)
        self.assertEqual(link.usual_quantity, 1)

    def test_offered_when_due(self):
        """To who has a printer and no toner, or used his up, or just orders one."""
        self.learned()

        def kinds(partner, ordered=()):
            variants = self.env["product.product"]._search([("id", "=", self.toner.id)])
            found = self.env["crm.lifecycle.affinity"]._find(
                self.company,
                partner.ids,
                [p.product_tmpl_id.id for p in ordered],
                variants,
                5,
            )
            return [row["kind"] for row in found[partner.id]]

        with freeze_time(TODAY.replace(hour=12)):
            other = self.new_customer("New owner")
            self.assertEqual(kinds(other, [self.printer]), ["consumable"])
            self.order(90, (self.printer, 1, 400), partner=other)
            self.assertEqual(kinds(other), ["consumable"])
            self.order(10, (self.toner, 1, 50), partner=other)
            self.assertNotIn("consumable", kinds(other))

    def test_no_longer_so(self):
        """Ten who own no printer buy toner as well: the link goes."""
        self.learned()
        for number in range(10):
            other = self.new_customer(f"Other {number}")
            self.order(30, (self.toner, 1, 50), partner=other)
        self.assertFalse(self.learned())
