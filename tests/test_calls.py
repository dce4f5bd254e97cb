from datetime import timedelta

from freezegun import freeze_time
from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TODAY, fewest_queries
from .stage_common import StageCommon


@tagged("post_install", "-at_install")
class TestCalls(StageCommon):
    """Whom to call today, as a salesperson who sees his own documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env, "seller", "sales_team.group_sale_salesman,base.group_user"
        )
        cls.lead = new_test_user(
            cls.env, "lead", "sales_team.group_sale_salesman_all_leads,base.group_user"
        )
        cls.others = [
            cls.new_customer(name, user_id=cls.seller.id)
            for name in ("Late", "On Time")
        ]
        cls.customer.user_id = cls.seller
        for before in range(6):
            # late by twice the rhythm of 20 days, and on time
            cls.order(50 + 20 * before, partner=cls.others[0])
            cls.order(5 + 20 * before, partner=cls.others[1])
            # the same, with ten times the money
            cls.order(50 + 20 * before, (cls.desk, 10, 100))
        cls.Profile._refresh_company(cls.company, cls.as_of)
        cls.startClassPatcher(freeze_time(TODAY + timedelta(hours=12)))
        view = cls.env.ref("crm_lifecycle.crm_lifecycle_call_view_list")
        cls.order_of_calls = etree.fromstring(view.arch).get("default_order")

    def calls(self, user=None):
        """Names of the list, in its order."""
        return [profile.partner_id.name for profile in self.listed(user)]

    def listed(self, user=None):
        return (
            self.env["crm.lifecycle.profile"]
            .with_user(user or self.seller)
            .search([("is_call_due", "=", True)], order=self.order_of_calls)
        )

    def test_late_customers_by_what_a_call_can_save(self):
        self.assertEqual(self.calls(self.lead), ["Customer", "Late"])
        first, second = self.listed(self.lead)
        self.assertGreater(first.call_priority, 5 * second.call_priority)
        self.assertIn("times as long as usual", first.call_reason)

    def test_money_neither_orders_nor_adds_up_for_own_documents(self):
        """Same pause and rhythm, ten times the money: alike."""
        profiles = self.listed()
        (asked,) = profiles._read_group(
            [("id", "in", profiles.ids)], [], ["call_priority:array_agg"]
        )
        self.assertEqual(len(set(asked[0])), 1)
        self.assertEqual(self.calls(), ["Customer", "Late"], "by name")
        self.customer.name = "Zoe"
        self.assertEqual(self.calls(), ["Late", "Zoe"])
        with self.assertRaises(AccessError):
            profiles.read(["call_priority"])

    def test_a_missed_season_is_worth_a_call(self):
        """No chance is known of who buys every year."""
        profile = self.listed()[0]
        before = profile.sudo().call_priority
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lifecycle_profile SET probability_kept = NULL WHERE id = %s",
            [profile.id],
        )
        profile.invalidate_recordset()
        self.assertGreater(profile.sudo().call_priority, 0.5 * before)

    def test_who_is_planned_or_was_called_is_left_out(self):
        profile = self.listed()[0]
        profile.action_plan_calls()
        self.assertEqual(self.calls(), ["Late"])
        call = self.customer.activity_ids
        self.assertEqual(call.user_id, self.seller)
        self.assertEqual(call.date_deadline, fields.Date.today())
        call.with_user(self.seller).action_feedback()
        self.assertEqual(self.calls(), ["Late"], "called today")
        call.date_done -= timedelta(days=self.company.lifecycle_cooldown_days)
        self.assertEqual(self.calls(), ["Customer", "Late"])

    def test_offers_nothing_to_who_is_held_out(self):
        """Nor to who declined it."""
        self.env["crm.lifecycle.affinity"]._learn(self.company, self.as_of)
        profile = self.listed()[0]
        self.assertIn(self.desk.name, profile.call_offer)
        screen = {"partner_id": self.others[0].id, "company_id": self.company.id}
        row = {"product_id": self.desk.id, "kind": "reorder"}
        orders = self.env["sale.order"].with_user(self.seller)
        orders.lifecycle_suggestion_decline(screen, row, "has_it")
        late = self.listed()[1]
        self.assertNotIn(self.desk.name, late.call_offer or "")
        experiment = self.env["crm.lifecycle.holdout"].create(
            {"name": "Nearly all", "share": 0.999999}
        )
        experiment.action_start()
        profile.invalidate_recordset(["call_offer"])
        self.assertFalse(profile.call_offer)

    def test_offers_are_looked_up_for_the_whole_list_at_once(self):
        """And each customer is told what his own empty quotation would suggest."""
        values = {"name": "Lamp", "taxes_id": False}
        lamp = self.env["product.product"].create(values)
        many = [
            self.new_customer(f"Many {n}", user_id=self.seller.id) for n in range(9)
        ]
        for number, partner in enumerate(many):
            for before in range(3):
                product = (self.desk, self.chair, lamp)[number % 3]
                self.order(50 + 20 * before, (product, 1, 10), partner=partner)
        self.Profile._refresh_company(self.company, self.as_of)
        self.env["crm.lifecycle.affinity"]._learn(self.company, self.as_of)
        profiles = self.Profile.search([("partner_id", "in", [p.id for p in many])])
        profiles = profiles.with_user(self.seller)

        counted = {
            len(some): fewest_queries(
                self.env, lambda some=some: some.mapped("call_offer")
            )
            for some in (profiles[:3], profiles)
        }
        self.assertEqual(counted[3], counted[9])
        orders = self.env["sale.order"].with_user(self.seller)
        for profile in profiles:
            screen = {
                "partner_id": profile.partner_id.id,
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
                "date_order": fields.Datetime.now(),
            }
            rows = orders.lifecycle_suggestions(screen, [], 3)["suggestions"]
            expected = " · ".join(row["name"] for row in rows)
            self.assertEqual(profile.call_offer, expected)
        self.assertGreater(len(set(profiles.mapped("call_offer"))), 1)

    def test_activity_of_an_address_counts(self):
        branch = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.customer.id}
        )
        branch.activity_schedule("mail.mail_activity_data_call")
        self.assertEqual(self.calls(), ["Late"])

    def test_quotation_that_waits_for_an_answer(self):
        prospect = self.new_customer("Prospect", user_id=self.seller.id)
        order = self.order(2, (self.desk, 50, 100), partner=prospect, confirm=False)
        order.action_quotation_sent()
        self.refresh(prospect)
        self.assertNotIn("Prospect", self.calls(), "sent two days ago")
        order.date_order -= timedelta(days=1)
        self.refresh(prospect)
        self.assertEqual(self.calls()[0], "Prospect")

    def test_nobody_sees_the_customers_of_others(self):
        self.customer.user_id = False
        colleague = new_test_user(
            self.env, "colleague", "sales_team.group_sale_salesman,base.group_user"
        )
        profiles = self.env["crm.lifecycle.profile"].with_user(colleague)
        self.assertFalse(profiles.search([("is_call_due", "=", True)]))

    def test_plans_several_calls_at_once(self):
        self.listed().action_plan_calls()
        self.assertFalse(self.calls())
        planned = (self.customer | self.others[0]).activity_ids
        self.assertEqual(len(planned), 2)
