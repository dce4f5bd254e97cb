from odoo import Command
from odoo.tests import tagged

from .common import TODAY, LifecycleCommon, new_variants


@tagged("post_install", "-at_install")
class TestAffinity(LifecycleCommon):
    """What is learned from purchases, and what is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Affinity = cls.env["crm.lifecycle.affinity"]
        cls.lamp, cls.big_desk = cls.env["product.product"].create(
            [
                {"name": "Lamp", "list_price": 20, "taxes_id": False},
                {
                    "name": "Big Desk",
                    "list_price": 200,
                    "taxes_id": False,
                    "categ_id": cls.desk.categ_id.id,
                },
            ]
        )
        cls.customers = (
            cls.customer | cls.new_customer("Two") | cls.new_customer("Three")
        )

    def buy(self, partner, *products, days=10, **values):
        lines = [(product, 1, product.list_price) for product in products]
        return self.order(days, *lines, partner=partner, **values)

    def learn(self, company=None):
        self.Affinity._learn(company or self.company, self.as_of)

    def link(self, product, bought=None, kind="cross_sell", company=None):
        return self.Affinity.search(
            [
                ("company_id", "=", (company or self.company).id),
                ("kind", "=", kind),
                ("source_tmpl_id", "=", bought and bought.product_tmpl_id.id),
                ("product_tmpl_id", "=", product.product_tmpl_id.id),
            ]
        )

    def purchases(self):
        """:return: customer, template and day of each line that is learned from"""
        return self.read()[0][:3].T.tolist()

    def read(self):
        buyers = self.Affinity._get_buyer_ids(self.company, self.as_of)
        return self.Affinity._read_purchases(self.company, self.as_of, buyers)

    def test_bought_together(self):
        """Two of three customers have desk and chair, the third has only a lamp."""
        for customer in self.customers[:2]:
            self.buy(customer, self.desk)
            self.buy(customer, self.chair, days=5)
        self.buy(self.customers[2], self.lamp)
        self.learn()
        link = self.link(self.chair, self.desk, "similar")  # never on one order
        self.assertEqual(link.support, 2)
        self.assertEqual(link.confidence, 1)
        self.assertEqual(link.lift, 1.5)
        self.assertGreater(link.weight, 0)
        self.assertEqual(link.date, TODAY.date())
        self.assertTrue(self.link(self.desk, self.chair, "similar"))
        self.assertFalse(self.link(self.lamp, self.desk, "similar"))

    def test_on_the_same_orders(self):
        """Desk and chair were ordered together twice, the lamp on another day."""
        for customer in self.customers[:2]:
            self.buy(customer, self.desk, self.chair)
            self.buy(customer, self.lamp, days=5)
        self.learn()
        self.assertEqual(self.link(self.chair, self.desk, "together").support, 2)
        self.assertTrue(self.link(self.desk, self.chair, "together"))
        self.assertFalse(self.link(self.lamp, self.desk, "together"))

    def test_better_choice(self):
        """Who had the desk bought the dearer one of the same category later."""
        for customer in self.customers[:2]:
            self.buy(customer, self.desk)
            self.buy(customer, self.big_desk, days=5)
        self.learn()
        self.assertEqual(self.link(self.big_desk, self.desk, "up_sell").support, 2)
        self.assertFalse(self.link(self.desk, self.big_desk, "up_sell"))
        self.assertFalse(self.link(self.chair, self.desk, "up_sell"))

    def test_popular(self):
        self.buy(self.customers[0], self.desk, self.chair)
        self.buy(self.customers[1], self.chair)
        self.learn()
        self.assertEqual(self.link(self.chair, kind="popular").support, 2)
        self.assertEqual(self.link(self.desk, kind="popular").support, 1)
        self.assertGreater(
            self.link(self.chair, kind="popular").weight,
            self.link(self.desk, kind="popular").weight,
        )

    def test_not_yet_sold(self):
        """Quotations, cancelled orders and orders of the future teach nothing."""
        self.buy(self.customer, self.desk, confirm=False)
        self.buy(self.customer, self.desk)._action_cancel()
        self.buy(self.customer, self.desk, days=-1)
        self.assertEqual(self.purchases(), [])

    def test_today_counts(self):
        self.buy(self.customer, self.desk, days=0)
        self.assertEqual(
            self.purchases(),
            [[self.customer.id, self.desk.product_tmpl_id.id, TODAY.toordinal()]],
        )

    def test_only_products(self):
        """Sections, down payments, discounts and returned lines are no products."""
        discount = self.env["product.product"].create(
            {"name": "Discount", "type": "service", "taxes_id": False}
        )
        self.company.sale_discount_product_id = discount
        order = self.buy(self.customer, self.desk, discount)
        order.order_line = [
            Command.create({"name": "Section", "display_type": "line_section"}),
            Command.create(
                {
                    "product_id": self.lamp.id,
                    "is_downpayment": True,
                    "product_uom_qty": 0,
                }
            ),
            Command.create({"product_id": self.chair.id, "product_uom_qty": -1}),
        ]
        self.assertEqual(
            [row[1] for row in self.purchases()], [self.desk.product_tmpl_id.id]
        )

    def test_excluded_customer(self):
        self.buy(self.customer, self.desk)
        self.customer.lifecycle_excluded = True
        self.assertEqual(self.purchases(), [])

    def test_contact_buys_for_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        self.buy(contact, self.desk)
        self.assertEqual([row[0] for row in self.purchases()], [self.customer.id])

    def test_invoices_without_order(self):
        """A direct invoice is a purchase; the invoice of an order is not another."""
        self.direct_invoice(10, partner=self.customers[1])
        self.invoice(self.buy(self.customer, self.desk), 9)
        buyers = [customer for customer, _template, _day in self.purchases()]
        self.assertEqual(sorted(buyers), (self.customer | self.customers[1]).ids)

    def test_variants_teach_together(self):
        one, other = new_variants(self.env, name="Carpet")
        self.buy(self.customers[0], one, self.desk)
        self.buy(self.customers[1], other, self.desk)
        self.buy(self.customers[2], self.lamp)
        self.learn()
        self.assertEqual(self.link(one, self.desk).support, 2)

    def test_units_and_currency(self):
        """240 in a currency at half the value for a dozen is 10 apiece."""
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2)])
        foreign = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        order = self.order(
            10, (self.desk, 1, 240), confirm=False, pricelist_id=foreign.id
        )
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.order_line.price_unit = 240
        with self.days_ago(10):
            order.action_confirm()
        products = self.read()[1]
        template = self.desk.product_tmpl_id
        self.assertEqual(
            products.T.tolist(), [[template.id, template.categ_id.id, 12, 120]]
        )

    def test_companies_apart(self):
        """What one company sold teaches no other."""
        other = self.setup_other_company()["company"]
        self.buy(self.customer, self.desk)
        self.buy(self.customer, self.lamp, company=other)
        self.learn()
        self.learn(other)
        self.assertTrue(self.link(self.desk, kind="popular"))
        self.assertFalse(self.link(self.lamp, kind="popular"))
        self.assertFalse(self.link(self.desk, kind="popular", company=other))
        self.assertTrue(self.link(self.lamp, kind="popular", company=other))

    def test_branch_teaches_its_company(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        self.buy(self.customer, self.lamp, company=branch)
        self.buy(self.customer, self.desk)
        self.learn()
        self.learn(branch)
        self.assertTrue(self.link(self.lamp, kind="popular"))
        self.assertFalse(self.link(self.desk, kind="popular", company=branch))

    def test_only_differences_are_written(self):
        for customer in self.customers[:2]:
            self.buy(customer, self.desk, self.chair)
        self.learn()
        before = self.versions()
        self.learn()
        self.assertEqual(self.versions(), before)
        self.buy(self.customers[2], self.lamp)
        self.learn()
        after = self.versions()
        self.assertTrue(before.keys() < after.keys())  # the lamp is popular now
        lost = self.link(self.desk, self.chair).id
        self.env["sale.order"].search(
            [("partner_id", "=", self.customers[1].id)]
        )._action_cancel()
        self.learn()
        self.assertNotIn(lost, self.versions())

    def versions(self):
        """The version of each row: it changes with every write, whatever it writes."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, ctid FROM crm_lifecycle_affinity WHERE company_id = %s",
            [self.company.id],
        )
        return dict(self.env.cr.fetchall())

    def test_nothing_sold(self):
        """A company without sales learns nothing, and forgets what it knew."""
        order = self.buy(self.customer, self.desk)
        self.learn()
        self.assertTrue(self.link(self.desk, kind="popular"))
        order._action_cancel()
        self.learn()
        self.assertEqual(self.versions(), {})

    def test_non_products(self):
        """What any company puts on orders as a discount is sold by none."""
        self.assertNotIn(self.desk.id, self.company._lifecycle_non_product_ids())
        self.env["res.company"].create(
            {"name": "Other", "sale_discount_product_id": self.desk.id}
        )
        self.assertIn(self.desk.id, self.company._lifecycle_non_product_ids())
