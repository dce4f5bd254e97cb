from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import LifecycleCommon

RARE_BUYERS = "odoo.addons.crm_lifecycle.models.crm_lifecycle_learners.RARE_BUYERS"


@tagged("post_install", "-at_install")
class TestPointOfSale(LifecycleCommon):
    """Point of sale orders are purchases, each counted once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.quick_ref("point_of_sale.group_pos_manager")
        journal = cls.company_data["default_journal_cash"]
        method = cls.env["pos.payment.method"].create(
            {"name": "Cash", "journal_id": journal.id, "company_id": cls.company.id}
        )
        cls.shop = cls.env["pos.config"].create(
            {"name": "Shop", "payment_method_ids": [Command.set(method.ids)]}
        )
        cls.shop.open_ui()
        cls.session = cls.shop.current_session_id
        cls.session.set_opening_control(0, "")

    def sell(self, days, amount=100, **line):
        with self.days_ago(days):
            order = self.env["pos.order"].create(
                {
                    "session_id": self.session.id,
                    "partner_id": self.customer.id,
                    "amount_tax": 0,
                    "amount_total": amount,
                    "amount_paid": 0,
                    "amount_return": 0,
                    "lines": [
                        Command.create(
                            {
                                "product_id": self.desk.id,
                                "qty": 1,
                                "price_unit": amount,
                                "price_subtotal": amount,
                                "price_subtotal_incl": amount,
                                "tax_ids": False,
                                **line,
                            }
                        )
                    ],
                }
            )
            self.settle(order)
        return order

    def settle(self, order):
        self.env["pos.make.payment"].with_context(active_id=order.id).create(
            {"amount": order.amount_total}
        ).check()
        self.env.flush_all()
        self.assertEqual(order.state, "paid")

    def test_behind_the_score(self):
        """The parts of the score lead to these orders, where one may read them."""
        sold = self.sell(10)
        profile = self.refresh()
        action = profile.action_open_documents("shop_orders")
        self.assertEqual(self.env["pos.order"].search(action["domain"]), sold)
        self.assertIn("shop_orders", profile.loyalty_explanation)
        seller = new_test_user(
            self.env, "pos_seller", "sales_team.group_sale_salesman_all_leads"
        )
        explained = profile.with_user(seller).loyalty_explanation
        self.assertNotIn("shop_orders", explained)
        self.assertIn("purchases_12m", explained)

    def test_sold_over_the_counter(self):
        self.sell(40)
        self.sell(20, 50)
        self.assertFacts(
            self.refresh(),
            order_count=2,
            order_value=150,
            last_order_date=20,
            product_count=1,
            net_invoiced=0,
        )

    def test_buyers_of_rare_products(self):
        """Who bought over the counter, and paid, what those who are learned from did
        not buy is learned from as well."""
        learner, visitor = self.new_customer("Learner"), self.new_customer("Visitor")
        self.order(30, partner=learner)
        sold = self.sell(20, product_id=self.chair.id)
        unpaid = sold.copy({"partner_id": visitor.id})
        self.assertEqual(unpaid.state, "draft")
        self.assertEqual(unpaid.lines.product_id, self.chair)
        self.env.flush_all()
        Affinity = self.env["crm.lifecycle.affinity"]
        parts = [Affinity._read_purchases(self.company, self.as_of, learner.ids)]
        others = [self.customer.id, visitor.id]
        self.assertEqual(
            Affinity._get_rare_buyer_ids(self.company, parts, others), self.customer.ids
        )
        with patch(RARE_BUYERS, 0):
            self.assertFalse(
                Affinity._get_rare_buyer_ids(self.company, parts, others), "not rare"
            )

    def test_not_suggested_after_a_refund(self):
        order = self.sell(20)
        values = {"partner_id": self.customer.id, "company_id": self.company.id}
        quotation = self.env["sale.order"].new(values)
        search = self.env["product.product"].search
        with self.days_ago(5):
            self.assertIn(self.desk, search(quotation._get_suggestion_domain()))
            self.settle(self.env["pos.order"].browse(order.refund()["res_id"]))
            self.assertNotIn(self.desk, search(quotation._get_suggestion_domain()))
        self.company.lifecycle_returned_days = 3
        with self.days_ago(0):
            self.assertIn(self.desk, search(quotation._get_suggestion_domain()))

    def test_refunded(self):
        self.sell(40)
        order = self.sell(20, 50)
        with self.days_ago(5):
            refund = self.env["pos.order"].browse(order.refund()["res_id"])
            self.settle(refund)
        self.assertFacts(
            self.refresh(), order_count=1, order_value=100, last_order_date=40
        )

    def test_invoiced_counts_once(self):
        order = self.sell(20)
        with self.days_ago(20):
            order.action_pos_order_invoice()
            self.env.flush_all()
        self.assertFacts(
            self.refresh(), order_count=1, order_value=100, net_invoiced=100
        )

    def test_settling_a_sale_order_counts_once(self):
        sale_order = self.order(25)
        self.sell(
            20,
            sale_order_origin_id=sale_order.id,
            sale_order_line_id=sale_order.order_line.id,
        )
        self.assertFacts(
            self.refresh(), order_count=1, order_value=100, last_order_date=25
        )

    def test_nightly_run_finds_customers_of_the_counter(self):
        self.sell(20)
        due = self.Profile._get_due_partner_ids(self.company, self.as_of)
        self.assertIn(self.customer.id, due)

    def test_margin(self):
        """The cost of that day counts; a tenth off the second one."""
        self.desk.standard_price = 60
        self.sell(20)
        self.desk.standard_price = 70
        self.sell(10, 90, price_unit=100, discount=10)
        self.assertFacts(
            self.refresh(), margin=60, margin_known_value=190, discount_ratio=0.05
        )
