from odoo import Command
from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsMargin(LifecycleCommon):
    """What is left of purchases after the cost of the products. The desk costs 60, the
    chair nobody knows what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk.standard_price = 60

    def order_discounted(self, days, share):
        order = self.order(days, (self.desk, 1, 100), (self.chair, 2, 50))
        with self.days_ago(days):
            self.env["sale.order.discount"].create(
                {
                    "sale_order_id": order.id,
                    "discount_type": "so_discount",
                    "discount_percentage": share,
                }
            ).action_apply_discount()
            self.env.flush_all()
        return order

    def test_known_and_unknown_cost(self):
        self.order(20, (self.desk, 2, 100), (self.chair, 1, 30))
        self.assertFacts(
            self.refresh(), order_value=230, margin=80, margin_known_value=200
        )

    def test_no_cost_known(self):
        self.order(20, (self.chair, 1, 30))
        profile = self.refresh()
        self.assertFacts(profile, margin=0, margin_known_value=0)
        self.env.cr.execute(
            "SELECT margin, margin_known_value FROM crm_lifecycle_profile WHERE id=%s",
            [profile.id],
        )
        self.assertEqual(self.env.cr.fetchall(), [(None, None)], "unknown, not 0")

    def test_sold_at_a_loss(self):
        self.order(20, (self.desk, 1, 50))
        self.assertFacts(self.refresh(), margin=-10, margin_known_value=50)

    def test_discount_on_the_whole_order(self):
        """10 % off an order of which half has a known cost: 90 - 60."""
        self.order_discounted(20, 0.1)
        self.assertFacts(
            self.refresh(), order_value=180, margin=30, margin_known_value=90
        )

    def test_credited(self):
        """What was credited was neither sold nor bought."""
        self.credit(self.invoice(self.order(30, (self.desk, 4, 100)), 29), 9, 1)
        self.assertFacts(self.refresh(), margin=120, margin_known_value=300)
        self.credit(self.invoice(self.order(20, (self.desk, 1, 100)), 19), 9)
        self.assertFacts(self.refresh(), margin=120, margin_known_value=300)

    def test_unit_of_measure(self):
        """The product is kept in units, and sold by the dozen."""
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(20, confirm=False)
        order.order_line.write({"product_uom_id": dozen.id, "price_unit": 900})
        self.env.flush_all()  # as when it is saved: Sales Margin computes its cost
        with self.days_ago(20):
            order.action_confirm()
            self.env.flush_all()
        self.assertFacts(self.refresh(), margin=180, margin_known_value=900)

    def test_invoice_without_order(self):
        invoice = self.direct_invoice(20, 100)
        self.assertFacts(self.refresh(), margin=40, margin_known_value=100)
        self.direct_invoice(10, 90)
        self.credit(invoice, 5)
        self.assertFacts(self.refresh(), margin=30, margin_known_value=90)

    def test_currency(self):
        """An order in another currency, two of which make one of ours."""
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self.order(30, (self.desk, 1, 250), pricelist_id=pricelist.id)
        self.assertFacts(
            self.refresh(), order_value=125, margin=65, margin_known_value=125
        )

    def test_cost_by_company(self):
        other = self.setup_other_company(name="Other Company")["company"]
        self.env.user.company_ids |= other
        self.desk.with_company(other).standard_price = 10
        self.order(9, company=other)
        self.order(8)
        self.assertFacts(self.refresh(), margin=40)
        self.assertFacts(self.refresh(company=other), margin=90)

    def test_cost_of_the_order(self):
        """What the order keeps (Sales Margin) counts, not what it would cost today."""
        order = self.order(20, (self.desk, 1, 100), (self.chair, 1, 30))
        order.order_line[1].purchase_price = 20
        self.desk.standard_price = 70
        self.assertFacts(
            self.refresh(), order_value=130, margin=50, margin_known_value=130
        )

    # --- discounts

    def test_discount(self):
        """The last 12 months, and the 12 before: 10 % of 400, 25 % of 200."""
        for days, quantity, discount in ((20, 2, 20), (10, 2, 0), (400, 2, 25)):
            self.order(
                days,
                order_line=[
                    Command.create(
                        {
                            "product_id": self.desk.id,
                            "product_uom_qty": quantity,
                            "price_unit": 100,
                            "discount": discount,
                            "tax_ids": False,
                        }
                    )
                ],
            )
        self.order(800)
        self.assertFacts(
            self.refresh(),
            discount_ratio=0.1,
            discount_ratio_before=0.25,
            order_value_12m=360,
            order_value_before=150,
            order_count_12m=2,
            order_count_before=1,
        )

    def test_discount_on_order_and_gift(self):
        """10 % off the order; and one desk for nothing."""
        self.order_discounted(20, 0.1)
        self.assertFacts(self.refresh(), discount_ratio=0.1)
        order = self.order(10, (self.desk, 1, 100), (self.desk, 1, 100))
        order.order_line[0].discount = 100
        self.assertFacts(self.refresh(), discount_ratio=0.3, order_value=280)

    def test_discount_of_credited(self):
        """A credit note takes a part of the order back, at the discount of the line."""
        order = self.order(20, (self.desk, 4, 100))
        order.order_line.discount = 50
        self.credit(self.invoice(order, 19), 9, 1)
        self.order(10, (self.desk, 1, 150))
        self.assertFacts(self.refresh(), discount_ratio=0.3333, margin=150 - 180 + 90)

    def test_discount_unknown(self):
        self.order(400)
        profile = self.refresh()
        self.env.cr.execute(
            """SELECT discount_ratio, discount_ratio_before
                 FROM crm_lifecycle_profile WHERE id = %s""",
            [profile.id],
        )
        self.assertEqual(self.env.cr.fetchall(), [(None, 0)])
