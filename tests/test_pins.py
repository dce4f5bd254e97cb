from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import TODAY
from .stage_common import StageCommon


@tagged("post_install", "-at_install")
class TestPins(StageCommon):
    """A stage set by hand, by a salesperson with own documents only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            "pinning_seller",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
        )
        cls.customer.user_id = cls.seller

    def pin(self, profile, stage, until=None, user=None):
        with self.days_ago(0):
            self.env["crm.lifecycle.pin"].with_user(user or self.seller).create(
                {
                    "profile_id": profile.id,
                    "stage_id": stage.id,
                    "reason": "Shop reopens in June",
                    "date_until": until,
                }
            ).action_pin()
            self.env.flush_all()

    def unpin(self, profile, user=None):
        with self.days_ago(0):
            profile.with_user(user or self.seller).action_lifecycle_unpin()
            self.env.flush_all()

    def last_move(self, profile):
        return profile.transition_ids.sorted("id")[-1]

    def assertPinned(self, profile, stage):
        self.assertTrue(profile.is_pinned)
        self.assertEqual(profile.stage_id, stage)

    def assertFree(self, profile):
        self.assertEqual(profile.stage_id, profile.rule_stage_id)
        for name in ("is_pinned", "pin_reason", "pin_user_id", "pin_date", "pin_until"):
            self.assertFalse(profile[name], name)

    def test_pin(self):
        """Who, when and why is kept, and the move shows in history and chatter."""
        profile = self.first_run()
        before = profile.stage_id
        self.rule_on(
            self.stages["lost"], "record.partner_id.write({'comment': 'pinned'})"
        )
        profile = profile.with_context(tracking_disable=False, mail_notrack=False)
        self.pin(profile, self.stages["lost"])
        self.assertPinned(profile, self.stages["lost"])
        self.assertEqual(profile.rule_stage_id, before)
        self.assertEqual(profile.pin_user_id, self.seller)
        self.assertEqual(profile.pin_date, TODAY.date())
        self.assertEqual(
            profile.pin_explanation,
            f"Stage set by hand by {self.seller.name} on 06/01/2026: "
            "Shop reopens in June",
        )
        move = self.last_move(profile)
        self.assertEqual((move.from_stage_id, move.cause), (before, "pin"))
        self.assertEqual(move.with_user(self.seller).reason, "Shop reopens in June")
        self.assertFalse(move.is_baseline)
        self.assertIn("pinned", self.customer.comment, "automation rules run")

    def test_chatter(self):
        """Stage and reason are told in the name of who set them."""
        profile = self.first_run()
        env = self.env(
            user=self.seller, context={"tracking_disable": False, "mail_notrack": False}
        )
        profile.with_env(env)._pin(self.stages["lost"], "Moved away", False)
        self.cr.flush()
        message = profile.message_ids.filtered("tracking_value_ids")
        self.assertEqual(message.author_id, self.seller.partner_id)
        told = message.sudo().tracking_value_ids.mapped("new_value_char")
        self.assertLessEqual({"Lost", "Moved away"}, set(told))

    def test_stays_while_the_rules_go_on(self):
        profile = self.first_run()
        self.pin(profile, self.stages["new"])
        moves = len(profile.transition_ids)
        for days in (40, 300):
            self.later(days)
            self.assertPinned(profile, self.stages["new"])
        self.assertEqual(profile.rule_stage_id, self.stages["lost"])
        self.assertEqual(profile.recency_ratio, 16, "scores go on")
        self.stages["lost"].domain = "[('order_count', '>', 1000)]"
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertPinned(profile, self.stages["new"])
        self.assertEqual(len(profile.transition_ids), moves)

    def test_pin_of_the_present_stage(self):
        """Is no move, and keeps him there."""
        profile = self.first_run()
        stage, since = profile.stage_id, profile.stage_date
        moves = len(profile.transition_ids)
        self.pin(profile, stage)
        self.later(300)
        self.assertPinned(profile, stage)
        self.assertEqual(profile.stage_date, since)
        self.assertEqual(len(profile.transition_ids), moves)

    def test_release_by_hand(self):
        profile = self.first_run()
        stage = profile.stage_id
        self.pin(profile, self.stages["lost"])
        self.unpin(profile)
        self.assertFree(profile)
        self.assertEqual(profile.stage_id, stage)
        self.assertEqual(self.last_move(profile).cause, "unpin")
        moves = len(profile.transition_ids)
        self.unpin(profile)
        self.assertEqual(len(profile.transition_ids), moves, "nothing to release")

    def test_release_when_the_day_has_passed(self):
        """The last day counts; the night after releases, also without a move."""
        profile = self.first_run()
        stage = profile.stage_id
        self.pin(profile, self.stages["lost"], TODAY.date() + timedelta(days=3))
        self.later(3)
        self.assertPinned(profile, self.stages["lost"])
        self.Profile._refresh_company(self.company, self.as_of + timedelta(days=4))
        profile.invalidate_recordset()
        self.assertFree(profile)
        self.assertEqual(profile.stage_id, stage)
        move = self.last_move(profile)
        self.assertEqual((move.cause, move.is_baseline), ("unpin", False))
        self.pin(profile, stage, TODAY.date())
        moves = len(profile.transition_ids)
        self.later(5)
        self.assertFree(profile)
        self.assertEqual(len(profile.transition_ids), moves)

    def test_pin_before_the_first_model(self):
        self.order(20)
        profile = self.refresh()
        self.pin(profile, self.stages["lost"])
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertPinned(profile, self.stages["lost"])
        self.assertEqual(profile.transition_ids.mapped("cause"), ["pin"])

    def test_access(self):
        """For the customers that one sees, by salespeople only."""
        profile = self.first_run()
        other = new_test_user(self.env, "other", "sales_team.group_sale_salesman")
        accountant = new_test_user(self.env, "acc", "account.group_account_invoice")
        for user in (other, accountant):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.pin(profile, self.stages["lost"], user=user)
        wizard = self.env["crm.lifecycle.pin"].with_user(other)
        wizard = wizard.create(
            {"profile_id": profile.id, "stage_id": profile.stage_id.id, "reason": "?"}
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.read(["rule_stage_id"])
        self.pin(profile, self.stages["lost"])
        for user in (other, accountant):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.unpin(profile, user=user)
        self.assertPinned(profile, self.stages["lost"])
        with self.assertRaises(AccessError):
            profile.with_user(self.seller).is_pinned = False

    def test_what_cannot_be_set(self):
        profile = self.first_run()
        with self.assertRaisesRegex(ValidationError, "passed"):
            self.pin(profile, self.stages["lost"], TODAY.date() - timedelta(days=1))
        elsewhere = self.env["crm.lifecycle.stage"].create(
            {
                "name": "Elsewhere",
                "company_id": self.setup_other_company(name="Other")["company"].id,
            }
        )
        with self.assertRaisesRegex(ValidationError, "another company"):
            self.pin(profile, elsewhere, user=self.env.user)

    # --- what goes with it

    def test_merged(self):
        """One profile per company remains, with its own history and its pin."""
        double = self.new_customer("Customer bis")
        for days in (15, 35):
            self.order(days, partner=double)
        profile = self.first_run()
        theirs = self.Profile.search([("partner_id", "=", double.id)])
        self.pin(profile, self.stages["new"])
        moves = profile.transition_ids
        self.pin(theirs, self.stages["lost"], user=self.env.user)
        self.merge(double)
        profile = self.refresh()
        self.assertFalse(theirs.exists())
        self.assertPinned(profile, self.stages["new"])
        self.assertEqual(profile.order_count, 7)
        self.assertEqual(profile.transition_ids, moves)

    def test_merged_into_one_without_profile(self):
        """He takes over the other's, and is no newcomer."""
        profile = self.first_run()
        remaining = self.new_customer("Without documents")
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            [self.customer.id, remaining.id], remaining
        )
        self.env.invalidate_all()
        moves = profile.transition_ids
        self.assertEqual(self.refresh(remaining), profile)
        self.assertEqual(profile.transition_ids, moves)

    def merge(self, double):
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            [self.customer.id, double.id], self.customer
        )
        self.env.invalidate_all()

    def test_archived_contact(self):
        """He moves on, and can be seen among the archived ones."""
        profile = self.first_run()
        self.customer.action_archive()
        self.later(300)
        self.assertFalse(profile.active)
        self.assertEqual(profile.stage_id, self.stages["lost"])

    # --- time in stage

    def test_stage_days(self):
        profile = self.first_run()
        young = self.Profile.sudo().create(
            {
                "partner_id": self.new_customer("Young").id,
                "company_id": self.company.id,
                "stage_date": TODAY.date() + timedelta(days=4),
            }
        )
        both = profile + young.sudo(False)
        ours = [("id", "in", both.ids)]
        with self.days_ago(-10):
            self.env.invalidate_all()
            self.assertEqual(both.mapped("stage_days"), [10, 6])
            for operator, days, found in (
                (">", 6, profile),
                (">=", 6, both),
                ("<", 10, young),
                ("<=", 10, both),
                ("=", 10, profile),
                ("!=", 10, young),
                ("in", [6, 10], both),
            ):
                with self.subTest(operator, days=days):
                    domain = [*ours, ("stage_days", operator, days)]
                    self.assertEqual(set(self.Profile.search(domain)), set(found))
            self.assertEqual(
                self.Profile.search(ours, order="stage_days").ids,
                [young.id, profile.id],
            )
            self.assertEqual(
                self.Profile._read_group(ours, [], ["stage_days:avg"]), [(8,)]
            )
            self.assertTrue(self.Profile.fields_get()["stage_days"]["sortable"])
