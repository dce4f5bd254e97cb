from datetime import date

from odoo.tests import new_test_user, tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestExplanation(LifecycleCommon):
    """A profile in words: from this customer's figures, for this reader."""

    def words(self, **facts):
        """:return: the summary of a customer with these facts and scores"""
        profile = self.Profile.new({"partner_id": self.customer.id, **facts})
        return profile.lifecycle_summary

    def test_not_bought_yet(self):
        day = {"last_lead_date": date(2026, 5, 3), "last_quotation_date": "2026-05-09"}
        self.assertEqual(self.words(), "Has never bought; nothing is under way.")
        self.assertEqual(
            self.words(lead_open_count=1, **day),
            "Has never bought; last lead of 05/03/2026.",
        )
        self.assertEqual(
            self.words(lead_open_count=1, quotation_count=1, **day),
            "Has never bought; last quotation of 05/09/2026.",
        )
        self.assertEqual(
            self.words(quotation_count=2, quotation_sent_count=1, round_count=3, **day),
            "Has never bought; last quotation of 05/09/2026, no answer yet. Quotations "
            "and meetings so far: 3.",
        )
        self.assertEqual(
            self.words(lead_open_count=1, opportunity_open_count=1, **day),
            "Has never bought; has an open opportunity; last lead of 05/03/2026.",
        )
        self.assertEqual(
            self.words(meeting_count=1, round_count=1),
            "Has never bought; somebody is in touch, without a lead or quotation.",
        )

    def test_outcome(self):
        day = {"last_outcome_date": date(2026, 5, 20)}
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        for facts, expected in (
            (
                {"last_outcome": "lost", "lost_reason_id": reason.id},
                (
                    "Has never bought; the last opportunity was lost on 05/20/2026: "
                    "Too dear."
                ),
            ),
            (
                {"last_outcome": "lost"},
                "Has never bought; the last opportunity was lost on 05/20/2026.",
            ),
            (
                {"last_outcome": "no_decision"},
                (
                    "Has never bought; no decision, the last quotation ended on "
                    "05/20/2026."
                ),
            ),
            (
                {"last_outcome": "won"},
                (
                    "Has never bought; the last opportunity was won on 05/20/2026, but "
                    "there is no order yet."
                ),
            ),
        ):
            with self.subTest(facts):
                self.assertEqual(self.words(**day, **facts), expected)
        reason_of_move = self.env["crm.lifecycle.transition"].new(
            {
                "facts": {
                    "order_count": 0,
                    "last_outcome": "lost",
                    "last_outcome_date": "2026-05-20",
                    "lost_reason_id": reason.id,
                }
            }
        )
        self.assertEqual(
            reason_of_move.reason,
            "Has never bought; the last opportunity was lost on 05/20/2026: Too dear.",
        )

    def test_bought(self):
        often = {
            "order_count": 9,
            "rhythm_days": 12.2,
            "next_order_date": date(2026, 5, 3),
        }
        for facts, expected in (
            (
                {**often, "days_since_order": 40, "recency_ratio": 3.27},
                (
                    "Buys about every 12 days; last purchase 40 days ago, 3.3 times as "
                    "long as usual."
                ),
            ),
            (
                {**often, "days_since_order": 1, "recency_ratio": 0.08},
                (
                    "Buys about every 12 days; last purchase yesterday, the next one "
                    "is expected on 05/03/2026."
                ),
            ),
            (
                {**often, "days_since_order": 20, "recency_ratio": 1.7},
                (
                    "Buys about every 12 days; last purchase 20 days ago, the next one "
                    "was expected on 05/03/2026."
                ),
            ),
            (
                {**often, "recency_ratio": 0, "return_ratio": 5, "last_gap": 60},
                "Buys about every 12 days; came back today after 60 days.",
            ),
            (
                {
                    **often,
                    "rhythm_days": 1.2,
                    "recency_ratio": 3,
                    "days_since_order": 4,
                },
                (
                    "Buys about every day; last purchase 4 days ago, 3.0 times as "
                    "long as usual."
                ),
            ),
            (
                {
                    "order_count": 1,
                    "rhythm_days": 30,
                    "days_since_order": 6,
                    "recency_ratio": 0.2,
                },
                "Bought once, 6 days ago; others come back after about 30 days.",
            ),
            (
                {
                    "order_count": 1,
                    "rhythm_days": 30,
                    "days_since_order": 90,
                    "recency_ratio": 3,
                },
                (
                    "Bought once, 90 days ago. Most customers who buy again do it "
                    "sooner: half of them within 30 days."
                ),
            ),
            ({"order_count": 1, "days_since_order": 6}, "Last purchase 6 days ago."),
        ):
            with self.subTest(facts):
                self.assertEqual(self.words(**facts), expected)

    def test_kinds_of_buyers(self):
        """Everybody's pause in the words of his own rhythm, and with his chance."""
        yearly = {
            "order_count": 3,
            "rhythm_kind": "yearly",
            "rhythm_days": 365.2,
            "next_order_date": date(2026, 8, 17),
            "probability_90": 0.01,
        }
        project = {
            "order_count": 24,
            "rhythm_kind": "project",
            "rhythm_days": 243,
            "days_since_order": 50,
            "next_order_date": date(2026, 12, 17),
        }
        late = {
            "order_count": 9,
            "rhythm_kind": "regular",
            "rhythm_days": 3,
            "recency_ratio": 3.3,
            "days_since_order": 10,
            "probability_90": 0.98,
        }
        for facts, expected in (
            (
                {**yearly, "days_since_order": 200, "recency_ratio": 0.6},
                (
                    "Buys every year around August; last purchase 200 days ago, the "
                    "next one is expected on 08/17/2026."
                ),
            ),
            (
                {**yearly, "days_since_order": 430, "recency_ratio": 2.4},
                (
                    "Buys every year around August; last purchase 430 days ago: has "
                    "missed the season."
                ),
            ),
            (
                {**yearly, "days_since_order": 800, "recency_ratio": 8.2},
                (
                    "Buys every year around August; last purchase 800 days ago: has "
                    "missed two seasons or more."
                ),
            ),
            (
                {**project, "recency_ratio": 0.2},
                (
                    "Buys in projects, about every 8 months; last purchase 50 days "
                    "ago, the next one is expected on 12/17/2026."
                ),
            ),
            (
                {**late, "probability_kept": 0.98},
                (
                    "Buys about every 3 days; last purchase 10 days ago, 3.3 times as "
                    "long as usual. Still about as likely to buy as right after a "
                    "purchase."
                ),
            ),
            (
                {**late, "probability_kept": 0.284},
                (
                    "Buys about every 3 days; last purchase 10 days ago, 3.3 times as "
                    "long as usual. Now 28\N{NO-BREAK SPACE}% as likely to buy as "
                    "right after a purchase."
                ),
            ),
            (
                {**late, "probability_kept": 0.004},
                (
                    "Buys about every 3 days; last purchase 10 days ago, 3.3 times as "
                    "long as usual. Now hardly likely to buy again."
                ),
            ),
            (
                {
                    "order_count": 1,
                    "rhythm_days": 30,
                    "days_since_order": 200,
                    "recency_ratio": 5,
                },
                (
                    "Bought once, 200 days ago. Nearly all customers who buy again do "
                    "it sooner: half of them within 30 days."
                ),
            ),
        ):
            with self.subTest(facts):
                self.assertEqual(self.words(**facts), expected)

    def test_language_of_the_reader(self):
        """Dates and numbers as the reader writes them; nothing is stored."""
        self.env["res.lang"]._activate_lang("fr_FR")
        reader = new_test_user(
            self.env,
            "lifecycle_french",
            "sales_team.group_sale_salesman_all_leads",
            lang="fr_FR",
        )
        self.order(3, confirm=False)
        profile = self.refresh()
        self.assertIn("05/29/2026", profile.lifecycle_summary)
        french = profile.with_user(reader).with_context(lang="fr_FR")
        self.assertIn("29/05/2026", french.lifecycle_summary)
