import re
from datetime import date

from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestLoyaltyExplanation(LifecycleCommon):
    """The loyalty score part by part, in sentences with this customer's figures."""

    def test_score_adds_up(self):
        """The points shown are those of the score, each out of what it can give."""
        for days in (10, 30, 55):
            self.invoice(self.order(days, (self.desk, 2, 100)), days)
        self.Profile._refresh_company(self.company, self.as_of)
        profile = self.Profile.search([("partner_id", "=", self.customer.id)])
        rows = re.findall(
            r"([\d.]+)\s*<span[^>]*> of (\d+)</span>", str(profile.loyalty_explanation)
        )
        self.assertEqual(len(rows), 8)
        points, weights = zip(*rows, strict=True)
        self.assertAlmostEqual(sum(map(float, points)), profile.loyalty_score, 1)
        self.assertEqual(sum(map(int, weights)), 100)
        for sentence in (
            "Buys about every 22 days; customers usually buy every 22 days.",
            "First purchase on 04/07/2026, last on 05/22/2026.",
            "Purchases in 12 months: 3.",
            "Purchases of $\N{NO-BREAK SPACE}600.00, compared with",
            "Different products: 1; categories: 1.",
            "No invoice paid yet: an average customer&#39;s points.",
            "overdue invoices",
            "No delivery yet",
            "Nothing was sent back or credited.",
        ):
            self.assertIn(sentence, str(profile.loyalty_explanation))

    def test_part_sentences(self):
        """Of who bought once, and of who sent something back."""
        day = date(2026, 5, 20)
        profile = self.Profile.new(
            {
                "order_count": 1,
                "days_since_order": 12,
                "rhythm_days": 29.6,
                "first_order_date": day,
                "last_order_date": day,
                "return_count": 2,
                "refund_ratio": 0.1234,
            }
        )
        self.assertEqual(
            profile._explain_recency(),
            "Last purchase 12 days ago; others come back after about 30 days.",
        )
        self.assertEqual(
            profile._explain_tenure(), "First and only day of purchase: 05/20/2026."
        )
        self.assertEqual(
            profile._explain_returns(),
            "Returns: 2; credited share of what was invoiced: 12.3\N{NO-BREAK SPACE}%.",
        )

    def test_payment(self):
        for facts, expected in (
            ({"payment_delay": 12.4}, "Pays on average 12 days after the due date."),
            ({"payment_delay": -3}, "Pays on average 3 days before the due date."),
            ({"payment_delay": 0.2}, "Pays on the due date."),
            (
                {"payment_delay": 1, "amount_overdue": 5},
                "Pays on average 1 day after the due date. Has overdue invoices.",
            ),
        ):
            profile = self.Profile.new({"invoice_paid_count": 2, **facts})
            with self.subTest(facts):
                self.assertEqual(profile._explain_payment(), expected)

    def test_no_score_no_explanation(self):
        profile = self.Profile.new({"partner_id": self.customer.id})
        self.assertFalse(profile.loyalty_explanation)
