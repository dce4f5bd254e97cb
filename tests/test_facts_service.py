from odoo import Command
from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsService(LifecycleCommon):
    """What customers cost besides the goods, and what they pay for the same goods."""

    def test_contacts_and_corrections(self):
        """A visit, a call, a return and its credit note, and a late delivery; the year
        before, two visits."""
        order = self.order(40, (self.desk, 3, 100))
        picking = order.picking_ids
        picking.move_ids.date_deadline = TODAY.replace(month=5, day=1)
        self.deliver(picking, 20)
        self.send_back(picking, 10, 1)
        self.credit(self.invoice(order, 19), 9, 1)
        for days in (5, 400, 500, 800):
            self.meet(days, self.customer)
        with self.days_ago(4):
            self.customer.activity_schedule(
                "mail.mail_activity_data_call", automated=False
            )
            self.env.flush_all()
        self.assertFacts(
            self.refresh(), service_count_12m=5, service_count_before=2, meeting_count=4
        )

    def test_nothing_amiss(self):
        """What goes well is no work besides selling."""
        order = self.order(40)
        order.picking_ids.move_ids.date_deadline = TODAY
        self.deliver(order.picking_ids, 30)
        self.pay(self.invoice(order, 29), 9)
        self.assertFacts(self.refresh(), service_count_12m=0, service_count_before=0)

    def test_service_passes_from_year_to_year(self):
        self.order(800)
        self.meet(364, self.customer)
        self.assertFacts(self.refresh(), service_count_12m=1, service_count_before=0)
        self.meet(365, self.customer)
        self.meet(729, self.customer)
        self.meet(730, self.customer)
        self.assertFacts(self.refresh(), service_count_12m=1, service_count_before=2)

    def test_price_change(self):
        """The same desks: 80 a piece before, 100 now. What was bought once does not
        compare."""
        self.order(400, (self.desk, 2, 70))
        self.order(410, (self.desk, 2, 90))
        self.order(20, (self.desk, 3, 100), (self.chair, 5, 30))
        self.assertFacts(self.refresh(), price_change=0.25)

    def test_price_change_is_after_discount(self):
        self.order(400)
        order = self.order(20)
        order.order_line.discount = 10
        self.assertFacts(self.refresh(), price_change=-0.1)

    def test_price_change_by_unit(self):
        """Twelve for 1200 cost as much as one for 100."""
        self.order(400)
        dozen = self.env.ref("uom.product_uom_dozen")
        self.order(
            20,
            order_line=[
                Command.create(
                    {
                        "product_id": self.desk.id,
                        "product_uom_id": dozen.id,
                        "product_uom_qty": 1,
                        "price_unit": 1200,
                        "tax_ids": False,
                    }
                )
            ],
        )
        profile = self.refresh()
        self.env.cr.execute(
            "SELECT price_change FROM crm_lifecycle_profile WHERE id = %s", [profile.id]
        )
        self.assertEqual(self.env.cr.fetchall(), [(0,)])

    def test_price_change_unknown(self):
        """Nothing was bought in both years; what was credited was not bought."""
        self.credit(self.invoice(self.order(400), 399), 390)
        self.order(20)
        profile = self.refresh()
        self.env.cr.execute(
            "SELECT price_change FROM crm_lifecycle_profile WHERE id = %s", [profile.id]
        )
        self.assertEqual(self.env.cr.fetchall(), [(None,)])

    def test_price_change_by_variant(self):
        """A dearer variant is another product."""
        attribute = self.env["product.attribute"].create(
            {
                "name": "Wood",
                "value_ids": [
                    Command.create({"name": each}) for each in ("Oak", "Fir")
                ],
            }
        )
        table = self.env["product.template"].create(
            {
                "name": "Table",
                "taxes_id": False,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [Command.set(attribute.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        oak, fir = table.product_variant_ids
        self.order(400, (oak, 1, 500), (fir, 9, 100))
        self.order(20, (oak, 9, 550), (fir, 1, 110))
        self.assertFacts(self.refresh(), price_change=0.1, product_count=1)
