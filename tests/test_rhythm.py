from datetime import date, datetime, timedelta

from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestRhythm(LifecycleCommon):
    """School, builder, weekly and one-time buyer: each by his own rhythm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.school = cls.new_customer("School")
        cls.builder = cls.new_customer("Builder")
        cls.weekly = cls.new_customer("Weekly")
        cls.once = cls.new_customer("Once")

    def buy(self, partner, *days):
        """:param days: dates of purchases, or days ago"""
        for day in days:
            ago = (TODAY.date() - day).days if isinstance(day, date) else day
            self.order(ago, partner=partner)

    def buy_all(self):
        """Histories up to the end of May 2026, among customers who come back after
        about a month."""
        for number in range(5):
            other = self.new_customer(f"Other {number}")
            self.buy(other, *range(5 + number, 160, 25 + 2 * number))
        self.buy(
            self.school,
            *(date(year, 8, day) for year in (2023, 2024, 2025) for day in (10, 18)),
        )
        self.buy(
            self.builder,
            *(start + 6 * order for start in (30, 300, 560) for order in range(4)),
        )
        self.buy(self.weekly, *range(3, 90, 7))
        self.buy(self.once, 20)
        self.Profile._refresh_company(self.company, self.as_of)

    def stages(self, partner, *days):
        """:return: what the rules say of a customer on each of these dates; whether he
        is loyal, too, is not a matter of rhythm"""
        names = []
        for day in days:
            as_of = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
            profile = self.refresh(partner, as_of=as_of)
            name = profile.rule_stage_id.name
            names.append("Active" if name == "Loyal" else name)
        return names

    def test_own_rhythm(self):
        """Who they are, and when they are late, through Odoo's own documents."""
        self.buy_all()
        school, builder, weekly, once = (
            self.refresh(partner)
            for partner in (self.school, self.builder, self.weekly, self.once)
        )
        self.assertFacts(school, season_count=3, season_day=225, project_count=3)
        self.assertGreater(school.season_strength, 0.99)
        self.assertEqual(school.rhythm_kind, "yearly")
        self.assertEqual(school.next_order_date, date(2026, 8, 14))
        self.assertFalse(school.probability_kept, "the forecast knows no season")
        self.assertIn("Buys every year around August", school.lifecycle_summary)

        self.assertFacts(builder, project_count=3, project_gap=(252 + 242) / 2)
        self.assertEqual(builder.rhythm_kind, "project")
        self.assertEqual(builder.rhythm_days, 247)
        self.assertIn("in projects, about every 8 months", builder.lifecycle_summary)

        self.assertFacts(weekly, season_count=1, project_count=1, project_gap=0)
        self.assertEqual(weekly.rhythm_kind, "regular")
        self.assertEqual(once.rhythm_kind, "single")
        with self.subTest("school"):
            self.assertEqual(
                self.stages(
                    self.school,
                    date(2026, 3, 15),
                    date(2026, 8, 31),
                    date(2026, 10, 25),
                    date(2027, 3, 15),
                    date(2027, 10, 25),
                ),
                ["Active", "Active", "At risk", "Dormant", "Lost"],
            )
        with self.subTest("builder"):
            self.assertEqual(
                self.stages(
                    self.builder,
                    date(2026, 11, 1),  # half a year after the last project
                    date(2027, 6, 1),
                    date(2027, 10, 1),
                    date(2029, 6, 1),
                ),
                ["Active", "Active", "At risk", "Dormant"],
            )
        with self.subTest("weekly"):
            self.assertEqual(
                self.stages(self.weekly, date(2026, 6, 5), date(2026, 12, 1)),
                ["Active", "Lost"],
            )
        with self.subTest("once"):
            self.assertEqual(
                self.stages(self.once, date(2026, 6, 5), date(2027, 6, 1)),
                ["New", "Lost"],
            )

    def test_odd_purchase_of_a_school(self):
        """One between the seasons starts none: the next one is still to come."""
        years = (2023, 2024, 2025)
        self.buy(
            self.school, *(date(year, 8, day) for year in years for day in (9, 18))
        )
        self.buy(self.school, date(2026, 4, 20))
        self.buy(self.builder, 200, 230)
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertEqual(
            self.stages(self.school, date(2026, 7, 1), date(2026, 11, 10)),
            ["Active", "At risk"],
        )

    def test_facts_are_those_of_the_engine(self):
        """What the forecasts learn from the past is counted as live facts are."""
        import numpy as np

        from odoo.addons.crm_lifecycle.engine import purchases

        rng = np.random.default_rng(0)
        partners = [self.new_customer(f"Any {number}") for number in range(6)]
        for number, partner in enumerate(partners):
            pauses = rng.choice([1, 6, 30, 70, 200, 370], 2 + 2 * number)
            self.buy(partner, *(int(day) for day in np.cumsum(pauses)))
        for partner in partners:
            self.refresh(partner)
        facts = self.Profile._read_engine_facts("crm_lifecycle_profile", self.company)
        ids = facts["partner_id"]
        events = self.Profile._read_engine_purchases(self.company, ids, self.as_of)
        tomorrow = (self.as_of - datetime(1970, 1, 1)).days
        events = purchases.tidy(events, len(ids), tomorrow)
        expected = purchases.facts(events, len(ids), tomorrow)
        self.assertTrue((expected["project_count"] > 1).any())
        self.assertTrue((expected["season_count"] > 1).any())
        for name, values in expected.items():
            with self.subTest(name):
                np.testing.assert_allclose(facts[name], values, atol=1e-4)
