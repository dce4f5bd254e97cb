from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import LifecycleCommon

NBSP = "\N{NO-BREAK SPACE}"


@tagged("post_install", "-at_install")
class TestValueExplanation(LifecycleCommon):
    """What a customer is worth, and how the relation develops, in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = new_test_user(
            cls.env,
            "lifecycle_own",
            "base.group_user,sales_team.group_sale_salesman",
        )
        cls.all = new_test_user(
            cls.env,
            "lifecycle_all",
            "base.group_user,sales_team.group_sale_salesman_all_leads",
        )

    def dimensions(self, profile, user=None):
        """:return: dict by label: points (None when there is no bar) and sentence"""
        profile = profile.with_user(user or self.all)
        return {
            row["label"]: (row["points"], row["reason"])
            for row in profile._explain_dimensions()
        }

    # --- dimensions

    def test_six_dimensions(self):
        """Two of the three others are worth less in everything."""
        self.desk.standard_price = 60
        others = [self.new_customer(name) for name in ("Small", "Middle", "Big")]
        for customer, price in zip(
            [*others, self.customer], (80, 90, 300, 100), strict=True
        ):
            for days in (10, 40, 75):
                order = self.order(days, (self.desk, 1, price), partner=customer)
                self.invoice(order, days)
        self.order(400, (self.chair, 1, 50))
        others[0].lifecycle_referrer_id = self.customer
        self.Profile._refresh_company(self.company, self.as_of)
        profile = self.Profile.search([("partner_id", "=", self.customer.id)])
        found = self.dimensions(profile)
        self.assertEqual(
            list(found),
            ["Revenue", "Margin", "Loyalty", "Payment", "Potential", "References"],
        )
        for label, points, sentence in (
            (
                "Revenue",
                200 / 3,
                (
                    f"Bought for ${NBSP}300.00 in the last 12 months, ${NBSP}50.00 in "
                    f"the year before. 67{NBSP}% of the other customers have less."
                ),
            ),
            (
                "Margin",
                200 / 3,
                (
                    f"After the cost of the products 40{NBSP}% of the price is left, "
                    f"about ${NBSP}120.00 in the last 12 months. 67{NBSP}% of the "
                    f"other customers have less. The cost of 86{NBSP}% of the "
                    "purchases is known."
                ),
            ),
            (
                "Loyalty",
                profile.loyalty_score,
                "Purchases in the last 12 months: 3. Customer for 1 year 1 month.",
            ),
            (
                "References",
                0,
                f"Customers referred: 1, invoiced ${NBSP}240.00 in all.",
            ),
        ):
            with self.subTest(label):
                self.assertAlmostEqual(found[label][0], points, 4)
                self.assertEqual(found[label][1], sentence)
        self.assertEqual(
            found["Payment"][1],
            "No invoice paid yet: an average customer's points. Has overdue invoices.",
        )
        self.assertRegex(
            found["Potential"][1],
            r"^Expected in the next 12 months: .*\. Hardly any other customer has less",
        )
        html = str(profile.with_user(self.all).value_explanation)
        self.assertEqual(html.count('role="progressbar"'), 6)

    def test_lowest_and_highest(self):
        """In words, not as 0 % or 100 %."""
        profile = self.Profile.new({"referral_count": 2, "referral_value": 10})
        for points, expected in (
            (None, "Worth 5."),
            (0, "Worth 5. Hardly any other customer has less."),
            (1, f"Worth 5. 1{NBSP}% of the other customers have less."),
            (99, f"Worth 5. 99{NBSP}% of the other customers have less."),
            (100, "Worth 5. Hardly any other customer has more."),
        ):
            with self.subTest(points=points):
                self.assertEqual(profile._compare("Worth 5.", points), expected)
        self.assertIn(
            f"in all. 30{NBSP}% of the other customers were invoiced less themselves.",
            profile._explain_references(30),
        )

    def test_others_are_looked_at_once_a_day(self):
        """Not whenever a profile is opened: it takes a look at everybody."""
        customers = [self.new_customer(name) for name in ("One", "Two")]
        for customer in customers:
            self.order(9, partner=customer)
        self.refresh(*customers)
        first, second = self.Profile.search(
            [("partner_id", "in", [each.id for each in customers])]
        )
        first._get_standing()
        second.fetch(["order_value_12m", "rhythm_days"])
        second._get_margin_12m()
        with self.assertQueryCount(1):  # whom the customer referred
            second._get_standing()

    def test_nothing_known(self):
        """One customer alone, no cost, no forecast: said, not guessed."""
        self.order(400)
        profile = self.refresh()
        found = self.dimensions(profile)
        self.assertEqual(
            found["Revenue"], (None, "Nothing bought in the last 12 months.")
        )
        self.assertEqual(
            found["Margin"],
            (None, "The cost of what this customer bought is not known."),
        )
        self.assertEqual(
            found["Potential"], (None, "Too little is known for a forecast.")
        )
        self.assertEqual(found["References"][1], "Has not referred anybody yet.")

    def test_prospect_has_no_value(self):
        self.order(4, confirm=False)
        profile = self.refresh()
        self.assertFalse(profile.value_explanation)
        self.assertFalse(profile.lifecycle_relation)
        self.assertFalse(profile.lifecycle_discount)
        self.assertFalse(profile.lifecycle_service)

    def test_own_documents_no_amounts(self):
        """Neither as an amount, nor as a place among the others."""
        self.desk.standard_price = 60
        self.customer.user_id = self.own
        friend = self.new_customer("Friend")
        friend.lifecycle_referrer_id = self.customer
        for days in (10, 40):
            self.invoice(self.order(days, (self.desk, 1, 987)), days)
            self.invoice(self.order(days, (self.desk, 1, 987), partner=friend), days)
        profile = self.refresh(self.customer, friend).filtered(
            lambda p: p.partner_id == self.customer
        )
        mine = profile.with_user(self.own)
        self.assertEqual(
            list(self.dimensions(profile, self.own)), ["Loyalty", "Payment"]
        )
        html = str(mine.value_explanation)
        self.assertNotRegex(html, r"987|1,974|have less|\$")
        self.assertEqual(mine.referral_count, 1)
        for name in (
            "money_at_stake",
            "margin",
            "margin_known_value",
            "order_value_12m",
            "order_value_before",
            "referral_value",
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                mine.read([name])
        with self.assertRaises(AccessError):
            self.customer.with_user(self.own).read(["lifecycle_money_at_stake"])
        # what he may see
        for name in ("risk_level", "value_trend", "discount_ratio"):
            mine.read([name])
        self.assertEqual(mine.lifecycle_relation, "Customer for 1 month.")
        self.assertEqual(
            self.customer.with_user(self.own).lifecycle_risk_level, profile.risk_level
        )

    # --- references

    def test_referrals(self):
        """Also by a contact of the customer; nobody refers himself."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        friends = [self.new_customer("Friend"), self.new_customer("Other Friend")]
        friends[0].lifecycle_referrer_id = contact
        friends[1].lifecycle_referrer_id = self.customer
        stranger = self.new_customer("No Customer Yet")
        stranger.lifecycle_referrer_id = self.customer
        self.order(9)
        for friend in friends:
            self.invoice(self.order(8, partner=friend), 8)
        profile = self.refresh(self.customer, *friends).filtered(
            lambda p: p.partner_id == self.customer
        )
        profile = profile.with_user(self.all)
        self.assertEqual(profile.referral_count, 2, "a stranger is not known here")
        self.assertEqual(profile.referral_value, 200)
        action = profile.action_open_referrals()
        found = self.env["res.partner"].with_user(self.all).search(action["domain"])
        self.assertEqual(
            found, friends[0] + friends[1] + stranger, "all who were referred"
        )
        with self.assertRaises(ValidationError):
            self.customer.lifecycle_referrer_id = contact
