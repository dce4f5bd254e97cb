from odoo import fields
from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestRisk(LifecycleCommon):
    """Risk, money at stake and trend of customers with real orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [cls.new_customer(f"Customer {each}") for each in range(8)]

    def night(self):
        """Everybody has bought about every 30 days; each has been away for longer than
        the one before."""
        for number, customer in enumerate(self.customers):
            for turn in range(5):
                self.order(number * 18 + turn * (28 + turn % 3), partner=customer)
        self.Profile._refresh_company(self.company, self.as_of)
        partners = [customer.id for customer in self.customers]
        profiles = self.Profile.search([("partner_id", "in", partners)])
        return profiles.sorted(lambda p: partners.index(p.partner_id.id))

    def test_risk_grows_with_the_pause(self):
        """And who is gone has none."""
        profiles = self.night()
        self.assertEqual(profiles[0].risk_level, "low")
        levels = profiles.mapped("risk_level")
        order = ["low", "medium", "high", False]
        self.assertEqual(levels, sorted(levels, key=order.index))
        self.assertIn("high", levels)
        self.assertIn(False, levels, "gone: a score for who has left is of no use")
        for profile in profiles:
            self.assertGreaterEqual(profile.money_at_stake, 0)
            if profile.risk_level == "high":
                self.assertGreater(profile.money_at_stake, profiles[0].money_at_stake)
            if not profile.risk_level:
                self.assertFalse(profile.money_at_stake)

        # searched, sorted and grouped in SQL
        domain = [("id", "in", profiles.ids)]
        high = self.Profile.search([*domain, ("risk_level", "=", "high")])
        self.assertTrue(high)
        self.assertLess(high, profiles)
        first = self.Profile.search(domain, order="money_at_stake desc", limit=1)
        self.assertEqual(
            first.money_at_stake, max(profiles.mapped("money_at_stake")), "not empty"
        )
        grouped = self.Profile._read_group(
            domain, ["risk_level"], ["money_at_stake:sum", "__count"]
        )
        self.assertEqual(sum(count for _level, _sum, count in grouped), len(profiles))

    def test_prospect_has_no_risk(self):
        self.order(3, confirm=False)
        self.assertFacts(self.refresh(), risk_level=False, money_at_stake=0)

    def test_trend(self):
        """The last 12 months against the 12 before: for customers of two years."""
        other, young, gone = map(self.new_customer, ("Other", "Young", "Gone"))
        for partner in (self.customer, other, gone):
            self.order(800, partner=partner)
        self.order(400)
        self.order(20, (self.desk, 2, 100))
        self.order(400, partner=other)
        self.order(20, (self.desk, 1, 119), partner=other)
        self.order(400, partner=young)
        profiles = self.refresh(self.customer, other, young, gone)
        trends = {p.partner_id.name: p.value_trend for p in profiles}
        self.assertEqual(
            trends,
            {"Customer": "up", "Other": "stable", "Young": False, "Gone": False},
        )
        self.credit(self.invoice(self.order(10, partner=young), 9), 8)
        later = fields.Datetime.add(self.as_of, days=400)
        profiles = self.refresh(self.customer, young, as_of=later)
        trends = {p.partner_id.name: p.value_trend for p in profiles}
        self.assertEqual(trends, {"Customer": "down", "Young": False})
