from odoo.tests import tagged

from .common import LifecycleCommon

NBSP = "\N{NO-BREAK SPACE}"


@tagged("post_install", "-at_install")
class TestRelationExplanation(LifecycleCommon):
    """How the relation with a customer develops, in words and without amounts."""

    def new(self, **facts):
        return self.Profile.new(
            {"partner_id": self.customer.id, "company_id": self.company.id, **facts}
        )

    def test_age(self):
        for first, expected in (
            ("2026-05-20", "Customer for less than a month."),
            ("2026-05-01", "Customer for 1 month."),
            ("2025-06-01", "Customer for 1 year."),
            ("2023-04-01", "Customer for 3 years 2 months."),
            ("2024-07-15", "Customer for 1 year 10 months."),
        ):
            profile = self.new(
                order_count=3, first_order_date=first, as_of="2026-06-02 00:00:00"
            )
            with self.subTest(first):
                self.assertEqual(profile.lifecycle_relation, expected)

    def test_trend(self):
        for trend, expected in (
            ("up", "Customer for 3 years; buys more than in the year before."),
            ("down", "Customer for 3 years; buys less than in the year before."),
            (
                "stable",
                "Customer for 3 years; buys about as much as in the year before.",
            ),
        ):
            profile = self.new(
                order_count=3,
                first_order_date="2023-06-01",
                as_of="2026-06-02 00:00:00",
                value_trend=trend,
            )
            with self.subTest(trend):
                self.assertEqual(profile.lifecycle_relation, expected)

    def test_discount(self):
        for now, before, known, expected in (
            (0, 0, 0, "No discount in the last 12 months."),
            (0.12, 0, 0, "12.0 % discount in the last 12 months."),
            (0, 0, 3, "No discount in the last two years."),
            (
                0.12,
                0.08,
                3,
                (
                    "More discount than before: 12.0 % in the last 12 months, 8.0 % in "
                    "the year before."
                ),
            ),
            (
                0,
                0.08,
                3,
                (
                    "Less discount than before: 0.0 % in the last 12 months, 8.0 % in "
                    "the year before."
                ),
            ),
            (0.121, 0.12, 3, "12.1 % discount, as in the year before."),
        ):
            profile = self.new(
                order_count_12m=3,
                order_count_before=known,
                discount_ratio=now,
                discount_ratio_before=before,
            )
            with self.subTest(expected):
                self.assertEqual(
                    profile.lifecycle_discount, expected.replace(" %", f"{NBSP}%")
                )

    def test_service(self):
        for count, orders, before, orders_before, expected in (
            (0, 3, 0, 3, "No contact and no correction, only purchases."),
            (
                2,
                0,
                0,
                3,
                "Contacts and corrections in the last 12 months: 2, and no purchase.",
            ),
            (
                5,
                4,
                0,
                0,
                (
                    "Contacts and corrections in the last 12 months: 5, that is 1.2 "
                    "for each purchase."
                ),
            ),
            (
                5,
                10,
                8,
                4,
                (
                    "Contacts and corrections in the last 12 months: 5, that is 0.5 "
                    "for each purchase; in the year before 2.0."
                ),
            ),
        ):
            profile = self.new(
                order_count=9,
                order_count_12m=orders,
                order_count_before=orders_before,
                service_count_12m=count,
                service_count_before=before,
            )
            with self.subTest(expected):
                self.assertEqual(profile.lifecycle_service, expected)

    def test_risk_in_the_summary(self):
        """Not late, and yet a chance that has fallen: that is why."""
        for level, told in (("medium", True), ("low", False)):
            profile = self.new(
                order_count=2,
                rhythm_days=30,
                recency_ratio=1.5,
                probability_90=0.3,
                probability_kept=0.6,
                days_since_order=45,
                next_order_date="2026-05-17",
                risk_level=level,
            )
            with self.subTest(level):
                self.assertEqual(
                    f"60{NBSP}% as likely" in profile.lifecycle_summary, told
                )
