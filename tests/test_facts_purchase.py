from datetime import date

from odoo import Command
from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsPurchase(LifecycleCommon):
    """Purchases and what was refunded of them, made through Odoo's own flows."""

    def test_purchases_are_days(self):
        """Two orders of one day are one purchase; pauses are between days."""
        for days in (100, 70, 70, 30):
            self.order(days)
        self.assertFacts(
            self.refresh(),
            order_count=3,
            order_count_12m=3,
            first_order_date=100,
            last_order_date=30,
            order_value=400,
            median_gap=35,
            last_gap=40,
            order_decay_30=1 + 0.5 ** (40 / 30) + 0.5 ** (70 / 30),
            order_decay_90=1 + 0.5 ** (40 / 90) + 0.5 ** (70 / 90),
        )

    def test_purchases_to_learn_from(self):
        """The same purchases as those that the facts count."""
        import numpy as np

        other = self.new_customer("Other")
        for days in (30, 30, 10):
            self.order(days)
        self.credit(self.invoice(self.order(20, partner=other), 19), 3)
        self.order(5, partner=other)
        learned = self.Profile._read_engine_purchases(
            self.company, np.array([self.customer.id, other.id]), self.as_of
        )
        today = (TODAY.date() - date(1970, 1, 1)).days
        self.assertEqual(learned["customer"].tolist(), [0, 0, 1])
        self.assertEqual((today - learned["day"]).tolist(), [30, 10, 5])
        self.assertEqual(learned["amount"].tolist(), [200, 100, 100])

    def test_twelve_months(self):
        self.order(365)
        self.order(364)
        self.assertFacts(self.refresh(), order_count=2, order_count_12m=1)

    def test_day_in_time_zone_of_company(self):
        """Noon in UTC is the next day in Auckland."""
        self.company.partner_id.tz = "Pacific/Auckland"
        self.order(3)
        self.assertFacts(self.refresh(), last_order_date=2)

    def test_documents_of_the_future(self):
        self.order(-3)
        self.order(5)
        self.direct_invoice(-3)
        self.assertFacts(
            self.refresh(), order_count=1, last_order_date=5, net_invoiced=0
        )

    def test_contact_of_a_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self.order(5, partner=contact)
        self.assertFacts(self.refresh(), order_count=1)
        self.assertFalse(self.refresh(contact), "a contact has no profile of his own")

    def test_contact_moved_to_another_company(self):
        """Orders go along with a contact, invoices stay where they were."""
        other = self.new_customer("Other")
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self.invoice(self.order(9, partner=contact), 8)
        contact.parent_id = other
        old, new = self.refresh(self.customer, other).sorted("partner_id")
        self.assertFacts(old, order_count=0, net_invoiced=100)
        self.assertFacts(new, order_count=1, net_invoiced=0)

    def test_products(self):
        """Sections, down payments and discounts are no products."""
        order = self.order(9, (self.desk, 1, 100), (self.chair, 2, 30))
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Section"})
        ]
        with self.days_ago(8):
            self.env["sale.order.discount"].create(
                {
                    "sale_order_id": order.id,
                    "discount_type": "so_discount",
                    "discount_percentage": 0.1,
                }
            ).action_apply_discount()
            self.env["sale.advance.payment.inv"].with_context(
                active_ids=order.ids
            ).create(
                {"advance_payment_method": "fixed", "fixed_amount": 50}
            ).create_invoices()
            order.invoice_ids.action_post()
        self.assertFacts(
            self.refresh(),
            product_count=2,
            category_count=2,
            order_value=144,
            net_invoiced=50,
            order_count=1,
        )

    def test_partly_refunded_order(self):
        self.order(60)
        invoice = self.invoice(self.order(20, (self.desk, 4, 100)), 19)
        self.credit(invoice, 3, quantity=1)
        self.assertFacts(
            self.refresh(),
            order_count=2,
            last_order_date=20,
            order_value=400,
            net_invoiced=300,
            refund_ratio=0.25,
        )

    def test_fully_refunded_order(self):
        """It never happened; and the credit note is not a purchase."""
        self.order(60)
        self.credit(self.invoice(self.order(20), 19), 3)
        self.assertFacts(
            self.refresh(),
            order_count=1,
            last_order_date=60,
            order_value=100,
            net_invoiced=0,
            product_count=1,
        )

    def test_return_refunded_through_the_order(self):
        """Returned after the invoice: the order is invoiced again, negatively."""
        self.desk.invoice_policy = "delivery"
        order = self.order(20, (self.desk, 3, 100))
        self.deliver(order.picking_ids, 18)
        self.invoice(order, 18)
        self.send_back(order.picking_ids, 10, 2)
        self.assertEqual(self.invoice(order, 9).move_type, "out_refund")
        self.assertFacts(
            self.refresh(),
            order_count=1,
            order_value=100,
            net_invoiced=100,
            return_count=1,
            delivery_count=1,
        )

    def test_credited_and_invoiced_again(self):
        """A wrong invoice made anew takes nothing back; the half that is credited
        then is taken back."""
        order = self.order(20, (self.desk, 2, 50))
        self.credit(self.invoice(order, 19), 18)
        again = self.invoice(order, 17)
        self.assertFacts(
            self.refresh(),
            order_count=1,
            order_value=100,
            last_order_date=20,
            net_invoiced=100,
            product_count=1,
        )
        self.credit(again, 3, quantity=1)
        self.assertFacts(self.refresh(), order_count=1, order_value=50, net_invoiced=50)

    def test_fully_refunded_at_another_rate(self):
        """An exchange difference is no purchase."""
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 1.3), ("2026-05-20", 1.7)]
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        order = self.order(
            30,
            (self.desk, 3, 33.33),
            (self.chair, 1, 0.07),
            pricelist_id=pricelist.id,
        )
        self.credit(self.invoice(order, 20), 5)
        invoice = self.direct_invoice(40, 33.33, currency_id=currency.id)
        self.credit(invoice, 4)
        self.assertFacts(self.refresh(), order_count=0, order_value=0, product_count=0)
