from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TODAY, LifecycleCommon, fewest_queries


@tagged("post_install", "-at_install")
class TestBuyers(LifecycleCommon):
    """Who is likely to buy a chair: four customers have desk and chair, two a desk
    only, three something else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "seller", "sales_team.group_sale_salesman")
        cls.everybody = cls.customer
        for number in range(8):
            cls.everybody |= cls.new_customer(f"Other {number}")
        cls.with_desk, cls.with_both = cls.everybody[:2], cls.everybody[2:6]
        cls.with_desk[0].user_id = cls.seller
        lamp = cls.env["product.product"].create({"name": "Lamp", "taxes_id": False})
        for partner in cls.with_desk:
            cls.order(30, (cls.desk, 1, 100), partner=partner)
        for partner in cls.with_both:
            cls.order(40, (cls.desk, 1, 100), (cls.chair, 2, 30), partner=partner)
        for partner in cls.everybody[6:]:
            cls.order(20, (lamp, 1, 10), partner=partner)
        cls.env["crm.lifecycle.affinity"]._learn(cls.company, cls.as_of)
        cls.Profile._refresh(cls.company, cls.everybody.ids, cls.as_of)
        cls.Profile.sudo().search([]).probability_90 = 0.5
        cls.startClassPatcher(freeze_time(TODAY.replace(hour=12)))

    def buyers(self, product=None, user=None):
        template = (product or self.chair).product_tmpl_id.with_user(
            user or self.env.user
        )
        action = template.action_lifecycle_buyers()
        return template.env[action["res_model"]].search(action["domain"])

    def test_not_bought_yet(self):
        buyers = self.buyers()
        self.assertEqual(buyers.partner_id, self.with_desk)
        self.assertEqual(set(buyers.mapped("kind")), {"cross_sell"})
        self.assertEqual(
            buyers[0].reason,
            "67 % of the customers who bought Desk buy this too",
        )
        self.assertAlmostEqual(buyers[0].probability, 0.5 * 2 / 3, 4)
        # two chairs at 30
        self.assertAlmostEqual(buyers[0].expected_value, 60 * 0.5 * 2 / 3, 2)

    def test_no_chance(self):
        """Whose match is shown as 0 % is no likely buyer."""
        profiles = self.Profile.sudo().search([])
        first, second = (
            profiles.filtered(
                lambda profile, partner=partner: profile.partner_id == partner
            )
            for partner in self.with_desk
        )
        first.probability_90, second.probability_90 = 0.0074, 0.0076
        self.assertEqual(self.buyers().partner_id, self.with_desk[1])

    def test_links_that_people_forbid(self):
        """Never with desks, and forgotten of their category; of others it counts."""
        Rule = self.env["crm.lifecycle.suggestion.rule"]
        values = {"product_tmpl_id": self.chair.product_tmpl_id.id}
        rules = Rule.create(
            [
                {**values, "mode": mode, name: source.id}
                for mode, name, source in (
                    ("never", "source_tmpl_id", self.desk.product_tmpl_id),
                    ("ban", "source_categ_id", self.desk.categ_id),
                    ("ban", "source_tmpl_id", self.env["product.template"]),
                )
            ]
        )
        rules.active = False
        for rule in rules:
            rule.active = True
            self.assertFalse(self.buyers(), rule.mode)
            rule.active = False
        rules[1].source_categ_id = self.env["product.category"].create({"name": "X"})
        rules[1].active = True
        self.assertTrue(self.buyers())

    def test_due(self):
        """Who bought a chair every 30 days and not for 40 needs one again; who bought
        his last 10 days ago does not."""
        for days in (70, 100):
            self.order(days, (self.chair, 1, 30), partner=self.with_both[0])
            self.order(days, (self.chair, 1, 30), partner=self.with_both[1])
        self.order(10, (self.chair, 1, 30), partner=self.with_both[1])
        self.Profile._refresh(self.company, self.with_both.ids, self.as_of)
        due = self.buyers().filtered(lambda buyer: buyer.kind == "reorder")
        self.assertEqual(due.partner_id, self.with_both[0])
        self.assertEqual(due.share, 1)
        self.assertIn("needed again around 05/22/2026", due.reason)

    def test_supplies(self):
        """Declared supplies of what he owns."""
        lamp = self.env["product.product"].create({"name": "Bulb"})
        self.desk.lifecycle_consumable_ids = lamp.product_tmpl_id
        buyers = self.buyers(lamp)
        self.assertEqual(buyers.partner_id, self.with_desk | self.with_both)
        self.assertEqual(buyers[0].reason, "Needed for Desk")

    def test_own_customers_only(self):
        """A salesperson with own documents only: his customers, no amounts, and not
        the list of somebody else."""
        theirs = self.buyers()
        buyers = self.buyers(user=self.seller)
        self.assertEqual(buyers.partner_id, self.with_desk[0])
        self.assertNotIn("expected_value", buyers.fields_get())
        self.assertTrue(buyers.reason)
        with self.assertRaises(AccessError):
            theirs.with_user(self.seller).read(["reason"])
        self.assertEqual(
            buyers.action_schedule()["context"]["active_ids"], self.with_desk[0].ids
        )
        self.assertTrue(buyers.action_open_contacts()["domain"])

    def test_no_salesperson(self):
        clerk = new_test_user(self.env, "clerk", "stock.group_stock_user")
        with self.assertRaises(AccessError):
            self.buyers(user=clerk)

    def test_not_to_be_offered(self):
        """Excluded customers, those of an experiment and those who declined it."""
        self.with_desk[0].lifecycle_excluded = True
        self.assertEqual(self.buyers().partner_id, self.with_desk[1])
        screen = {"partner_id": self.with_desk[1].id, "company_id": self.company.id}
        row = {"product_id": self.chair.id, "kind": "cross_sell"}
        self.env["sale.order"].lifecycle_suggestion_decline(screen, row, "not_needed")
        self.assertFalse(self.buyers())

    def test_never_suggested(self):
        self.assertTrue(self.buyers())
        rule = self.env["crm.lifecycle.suggestion.rule"].create(
            {"mode": "never", "product_tmpl_id": self.chair.product_tmpl_id.id}
        )
        self.assertFalse(self.buyers())
        rule.source_tmpl_id = self.env["product.template"].create({"name": "Lamp"})
        self.assertTrue(self.buyers(), "never with a lamp on the order")
        self.chair.sale_ok = False
        self.assertFalse(self.buyers())

    def test_never_who_was_credited(self):
        """Due to buy again by his purchases, but he gave the last one back."""
        buyer = self.with_both[0]
        for days in (70, 100):
            self.order(days, (self.chair, 1, 30), partner=buyer)
        order = self.order(39, (self.chair, 1, 30), partner=buyer)
        self.order(41, (self.chair, 1, 30), partner=buyer)
        self.Profile._refresh(self.company, self.everybody.ids, self.as_of)
        self.assertIn(buyer, self.buyers().partner_id)
        self.credit(self.invoice(order, 39), 1)
        self.assertNotIn(buyer, self.buyers().partner_id)
        self.assertTrue(self.buyers(), "of the others")

    def test_held_out(self):
        experiment = self.env["crm.lifecycle.holdout"].create(
            {"name": "Nearly all", "share": 0.9999}
        )
        experiment.action_start()
        self.assertFalse(self.buyers())

    def test_asked_again(self):
        """The list is made anew, with as many queries for few as for many."""

        def count():
            return fewest_queries(
                self.env, lambda: self.buyers().mapped("reason"), rounds=2
            )

        few = count()
        for partner in self.everybody[6:]:
            self.order(5, (self.desk, 1, 100), partner=partner)
        self.Profile._refresh(self.company, self.everybody.ids, self.as_of)
        self.assertLessEqual(count(), few)
        self.assertEqual(len(self.buyers()), 5)

    def test_schedule(self):
        """Activities are planned on the contacts by Odoo's own dialog."""
        buyers = self.buyers()
        action = buyers.action_schedule()
        wizard = (
            self.env[action["res_model"]]
            .with_context(**action["context"])
            .create(
                {"activity_type_id": self.env.ref("mail.mail_activity_data_call").id}
            )
        )
        wizard.action_schedule_activities()
        self.assertEqual(
            self.with_desk.activity_ids.mapped("summary"), ["Offer Chair"] * 2
        )
