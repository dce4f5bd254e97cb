from contextlib import closing

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import LifecycleCommon, fewest_queries


@tagged("post_install", "-at_install")
class TestOffers(LifecycleCommon):
    """What to offer a customer next, for a salesperson with own documents only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "seller", "sales_team.group_sale_salesman")
        cls.customer.user_id = cls.seller
        cls.others = cls.env["res.partner"]
        for number in range(4):
            other = cls.new_customer(f"Other {number}")
            cls.others |= other
            cls.order(40, (cls.desk, 1, 100), (cls.chair, 2, 30), partner=other)
        cls.order(30, (cls.desk, 1, 100))
        lamp = cls.env["product.product"].create({"name": "Lamp", "taxes_id": False})
        for number in range(3):
            cls.order(20, (lamp, 1, 10), partner=cls.new_customer(f"Dark {number}"))
        cls.env["crm.lifecycle.affinity"]._learn(cls.company, cls.as_of)
        cls.Profile._refresh(cls.company, (cls.customer | cls.others).ids, cls.as_of)

    def offer(self, user=None, partner=None):
        partner = (partner or self.customer).with_user(user or self.seller)
        action = partner.action_lifecycle_offer()
        return partner.env[action["res_model"]].browse(action["res_id"])

    def test_products(self):
        offer = self.offer()
        self.assertFalse(offer.message)
        line = offer.line_ids.filtered(lambda line: line.product_id == self.chair)
        self.assertEqual(line.kind, "cross_sell")
        self.assertIn("Desk", line.reason)
        self.assertEqual(line.price, 30)

    def test_expected_value(self):
        """Chance that he buys at all, times the share of those like him who buy the
        product, times the price; not for those who may not read amounts."""
        line = self.offer().line_ids[:1]
        self.assertNotIn("expected_value", line.fields_get())
        with self.assertRaises(AccessError):
            line.expected_value  # noqa: B018
        profile = self.customer.lifecycle_id
        for line in self.offer(self.env.user).line_ids:
            self.assertLessEqual(line.probability, profile.probability_90)
            self.assertAlmostEqual(
                line.expected_value, line.probability * line.price * line.quantity, 2
            )

    def test_pricelist(self):
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "currency_id": self.company.currency_id.id,
                "item_ids": [
                    (0, 0, {"compute_price": "percentage", "percent_price": 50})
                ],
            }
        )
        line = self.offer().line_ids.filtered(lambda ln: ln.product_id == self.chair)
        self.assertEqual(line.price, 15)

    def test_quotation(self):
        offer = self.offer()
        with self.assertRaises(UserError):
            offer.action_create_quotation()
        line = offer.line_ids.filtered(lambda line: line.product_id == self.chair)
        line.write({"is_chosen": True, "quantity": 4})
        action = offer.action_create_quotation()
        order = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(order.user_id, self.seller)
        self.assertEqual(order.order_line.product_id, self.chair)
        self.assertEqual(order.order_line.product_uom_qty, 4)
        self.assertEqual(order.order_line.price_unit, 30)
        self.assertEqual(
            order.order_line.lifecycle_suggestion,
            f"cross_sell:{self.desk.product_tmpl_id.id}:0",
        )
        ledger = self.env["crm.lifecycle.suggestion"].search(
            [("order_id", "=", order.id)]
        )
        self.assertEqual(ledger.line_id, order.order_line)

    def test_supplies(self):
        """What he needs for what he owns, and the categories that he does not buy, are
        on the same screen."""
        self.desk.lifecycle_consumable_ids = self.chair.product_tmpl_id
        offer = self.offer()
        product = offer.line_ids.filtered(lambda ln: ln.product_id == self.chair)
        self.assertEqual(product.kind, "consumable")
        self.assertIn("Desk", product.reason)
        line = offer.installed_ids
        self.assertEqual(line.owned, "1 × Desk")
        self.assertEqual(line.product_tmpl_id, self.chair.product_tmpl_id)
        self.assertEqual(line.reason, "Never bought here.")
        gap = (
            self.env["crm.lifecycle.gap"]
            .sudo()
            .create(
                {
                    "profile_id": self.customer.lifecycle_id.id,
                    "company_id": self.company.id,
                    "categ_id": self.chair.categ_id.id,
                    "kind": "white_space",
                }
            )
        )
        self.assertEqual(self.offer().gap_ids, gap.sudo(False))

    def test_never_supplies_that_are_never_suggested(self):
        template = self.chair.product_tmpl_id
        self.desk.lifecycle_consumable_ids = template
        rule = {"mode": "never", "product_tmpl_id": template.id}
        decline = self.env["sale.order"].lifecycle_suggestion_decline
        screen = {"partner_id": self.customer.id, "company_id": self.company.id}
        row = {"product_id": self.chair.id, "kind": "consumable"}
        changes = {
            "archived": template.action_archive,
            "not for sale": lambda: template.write({"sale_ok": False}),
            "rule": lambda: self.env["crm.lifecycle.suggestion.rule"].create(rule),
            "declined": lambda: decline(screen, row, "other_supplier"),
        }
        for name, change in changes.items():
            with self.subTest(name), closing(self.env.cr.savepoint()):
                self.assertTrue(self.offer().installed_ids)
                change()
                self.assertFalse(self.offer().installed_ids)
                self.assertNotIn(self.chair, self.offer().line_ids.product_id)

    def test_not_his_customer(self):
        """As on a quotation, but nothing of what the customer owns."""
        self.desk.lifecycle_consumable_ids = self.chair.product_tmpl_id
        stranger = new_test_user(self.env, "stranger", "sales_team.group_sale_salesman")
        offer = self.offer(stranger)
        self.assertTrue(offer.line_ids)
        self.assertFalse(offer.installed_ids)
        self.assertEqual(set(offer.line_ids.mapped("probability")), {0})

    def test_excluded(self):
        self.customer.lifecycle_excluded = True
        offer = self.offer()
        self.assertTrue(offer.message)
        self.assertFalse(offer.line_ids)

    def test_held_out(self):
        """Of an experiment in which nearly everybody is held out."""
        self.desk.lifecycle_consumable_ids = self.chair.product_tmpl_id
        self.assertTrue(self.offer().installed_ids)
        experiment = self.env["crm.lifecycle.holdout"].create(
            {"name": "Experiment", "share": 0.999999}
        )
        experiment.action_start()
        offer = self.offer()
        self.assertTrue(offer.message)
        self.assertFalse(offer.line_ids or offer.installed_ids)

    def test_contact(self):
        """A contact of the customer is offered what suits the customer."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        offer = self.offer(partner=contact)
        self.assertEqual(offer.line_ids.product_id, self.offer().line_ids.product_id)

    def test_queries(self):
        """The same number of queries for one purchase and for many."""
        few = fewest_queries(self.env, self.offer)
        for days in range(3, 9):
            self.order(days, (self.desk, 1, 100))
        many = fewest_queries(self.env, self.offer)
        self.assertLessEqual(many, few)
