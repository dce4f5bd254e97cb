from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestWorth(LifecycleCommon):
    """What customers will be worth, and what that rests on."""

    def peer_group(self):
        facts = self.Profile._read_engine_facts("crm_lifecycle_profile", self.company)
        groups = dict(zip(facts["partner_id"], facts["peer_group"], strict=True))
        return groups[self.customer.id]

    def test_main_category_is_the_one_of_most_money(self):
        """Not of the dearest product; what was credited does not count, and where the
        industry is known it tells who is alike."""
        seats = self.chair.categ_id
        stool = self.env["product.product"].create(
            {"name": "Stool", "categ_id": seats.id, "taxes_id": False}
        )
        sold = self.order(20, (self.chair, 2, 30), (stool, 2, 30), (self.desk, 1, 100))
        profile = self.refresh()
        self.assertEqual(profile.main_category_id, seats)
        self.assertFacts(profile, product_count=3, category_count=2)
        self.assertEqual(self.peer_group(), -seats.id)
        self.credit(self.invoice(sold, 9), 8, quantity=1)
        self.assertEqual(self.refresh().main_category_id, seats)
        industry = self.env["res.partner.industry"].create({"name": "Schools"})
        self.customer.industry_id = industry
        self.env.flush_all()
        self.assertEqual(self.peer_group(), industry.id)

    def test_value_has_a_range_and_a_date(self):
        """The expected value lies in its range; three purchases are not enough yet, the
        fourth is when they are."""
        other = self.new_customer("Regular")
        for days in (160, 130, 100, 70, 40, 10):
            self.order(days, partner=other)
        for days in (75, 45, 15):
            self.order(days)
        self.refresh(other, self.customer)
        Model = self.env["crm.lifecycle.model"]
        Model._learn(
            self.company, self.as_of, *Model._read_population(self.company, self.as_of)
        )
        known, new = self.refresh(other), self.refresh()
        for profile in known, new:
            self.assertLessEqual(profile.expected_value_low, profile.expected_value)
            self.assertLess(profile.expected_value, profile.expected_value_high)
        self.assertEqual((known.evidence, known.evidence_date), ("own", False))
        self.assertEqual(new.evidence, "company")
        self.assertGreaterEqual(new.evidence_date, new.next_order_date)
        self.assertEqual(
            known.evidence_explanation, "The customer's own history: 6 purchases."
        )
        self.assertRegex(
            new.evidence_explanation,
            r"^The customer's purchases so far \(3\), and all other customers. "
            r"The customer's own purchases are expected to be enough from "
            r"\d\d/\d\d/20\d\d on.$",
        )

    def test_similar_customers_are_named(self):
        """By the industry, else by what they mainly buy."""
        facts = {
            "partner_id": self.customer.id,
            "order_count": 1,
            "evidence": "peers",
            "main_category_id": self.desk.categ_id.id,
        }
        words = self.Profile.new(facts).evidence_explanation
        self.assertIn("customers who mainly buy Desk.", words)
        schools = self.env["res.partner.industry"].create({"name": "Schools"})
        self.customer.industry_id = schools
        words = self.Profile.new(facts).evidence_explanation
        self.assertIn("of the industry Schools.", words)
