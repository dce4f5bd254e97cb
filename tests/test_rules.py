from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import TODAY, LifecycleCommon, fewest_queries


@tagged("post_install", "-at_install")
class TestRules(LifecycleCommon):
    """Other rules for the stages: who would move, and who really does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Stage = cls.env["crm.lifecycle.stage"]
        cls.active, cls.loyal, cls.lost = (
            cls.env.ref(f"crm_lifecycle.stage_{name}")
            for name in ("active", "loyal", "lost")
        )
        cls.manager = new_test_user(
            cls.env,
            "rules_manager",
            "sales_team.group_sale_manager",
            company_id=cls.company.id,
        )
        cls.seller = new_test_user(
            cls.env,
            "rules_seller",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
        )
        cls.startClassPatcher(
            patch.object(
                cls.env.registry["res.company"],
                "_lifecycle_as_of",
                lambda company: cls.as_of,
            )
        )
        cls.profiles = cls.make_customers()

    @classmethod
    def make_customers(cls):
        """Seven of them, of whom four are active or loyal and three are lost, in a
        company that has had its first run."""
        others = cls.env["res.partner"].create(
            [{"name": f"Other {number}"} for number in range(6)]
        )
        days = {partner: (5, 25, 45, 65) for partner in cls.customer + others[:3]}
        days.update((partner, (480, 500)) for partner in others[3:])
        orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "order_line": [Command.create({"product_id": cls.desk.id})],
                }
                for partner, dates in days.items()
                for _date in dates
            ]
        )
        orders.action_confirm()
        dates = [date for dates in days.values() for date in dates]
        for order, date in zip(orders, dates, strict=True):
            order.date_order = TODAY - timedelta(days=date)
        cls.Profile._refresh_company(cls.company, cls.as_of)
        return cls.Profile.search([("company_id", "=", cls.company.id)])

    def what_if(self, user=None, **rules):
        """:param rules: domain by the name of a stage's external id
        :return: a what-if with these rules, not applied"""
        what_if = self.env["crm.lifecycle.what.if"].with_user(user or self.manager)
        what_if = what_if.create({})
        for name, domain in rules.items():
            stage = self.env.ref(f"crm_lifecycle.stage_{name}")
            self.line(what_if, stage).domain = domain
        return what_if

    def line(self, what_if, stage):
        return what_if.line_ids.filtered(lambda line: line.stage_id == stage)

    def expected(self, line):
        line.invalidate_recordset(["expected_count"])
        return line.expected_count

    def stages_of(self, profiles):
        profiles.invalidate_recordset()
        return profiles.stage_id

    # --- what would happen

    def test_nothing_changed(self):
        what_if = self.what_if()
        self.assertEqual(what_if.preview["moves"], [])
        self.assertEqual(what_if.summary, "Nobody would change stage.")
        self.assertNotIn("Nobody can ever", what_if.warning)
        self.assertNotIn("no rule", what_if.warning)

    def test_moves_as_announced(self):
        """Counts and lists of the what-if are what applying does, as a baseline."""
        before = {profile: profile.stage_id for profile in self.profiles}
        what_if = self.what_if(lost="[('order_count', '>', 5000)]", loyal="[]")
        announced = {}
        for move in what_if.preview["moves"]:
            found = self.Profile.search(move["domain"])
            self.assertEqual(len(found), move["count"])
            for profile in found:
                announced[profile] = move["from"], move["to"]
        self.assertTrue(announced)
        self.assertEqual(self.stages_of(self.profiles[0]), before[self.profiles[0]])
        mails = self.env["mail.mail"].search_count([])
        messages = self.env["mail.message"].search_count([])
        what_if.action_apply()
        self.profiles.invalidate_recordset()
        moved = {
            profile: (before[profile].name, profile.stage_id.name)
            for profile in self.profiles
            if profile.stage_id != before[profile]
        }
        self.assertEqual(moved, announced)
        last = [profile.transition_ids.sorted("id")[-1] for profile in moved]
        self.assertTrue(all(move.is_baseline for move in last))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(self.env["mail.message"].search_count([]), messages)
        self.assertFalse(self.Profile._is_nightly_due(self.company, self.as_of))
        self.assertEqual(self.what_if().preview["moves"], [])

    def test_pinned_stay(self):
        profile = self.profiles.filtered(lambda p: p.partner_id == self.customer)
        profile.sudo().write({"is_pinned": True, "stage_id": self.lost.id})
        what_if = self.what_if()
        self.assertEqual(what_if.preview["moves"], [])
        line = self.line(what_if, self.lost)
        self.assertEqual(line.customer_count, line.expected_count)

    def test_order_and_use(self):
        """Order decides, and nobody is in a stage that is not used."""
        what_if = self.what_if()
        active = self.line(what_if, self.active)
        loyal = self.line(what_if, self.loyal)
        self.assertTrue(active.customer_count)
        active.is_used = False
        self.assertEqual(self.expected(active), 0)
        self.assertEqual(self.expected(loyal), active.customer_count)
        active.is_used = True
        active.sequence, loyal.sequence = loyal.sequence, active.sequence
        self.assertEqual(self.expected(loyal), active.customer_count)
        what_if.action_apply()
        self.assertLess(self.loyal.sequence, self.active.sequence)
        self.assertIn(self.loyal, self.stages_of(self.profiles))
        what_if.line_ids.is_used = False
        self.assertIn("At least one stage", what_if.error)
        with self.assertRaises(ValidationError):
            what_if.action_apply()

    def test_bad_rule(self):
        """It is told, and cannot be applied; nothing has changed."""
        before = self.lost.domain
        what_if = self.what_if(lost="[('partner_id.name', '=', 'x')]")
        self.assertIn("may only use facts and scores", what_if.error)
        self.assertFalse(what_if.preview)
        with self.assertRaises(ValidationError):
            what_if.action_apply()
        self.assertEqual(self.lost.domain, before)

    def test_query_count_independent_of_customers(self):
        def preview():
            what_if = self.what_if(loyal="[]")
            self.assertTrue(what_if.preview["moves"])
            self.Stage.search([]).mapped("customer_count")

        few = fewest_queries(self.env, preview)
        more = self.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(60)]
        )
        self.refresh(*more)
        many = fewest_queries(self.env, preview)
        self.assertLess(many, few + 10, "60 more customers")

    # --- back again

    def test_restore(self):
        """The rules before are kept, come back, and that can be undone as well."""
        before = {profile: profile.stage_id for profile in self.profiles}
        order = self.Stage.search([]).ids
        what_if = self.what_if(loyal="[]")
        self.line(what_if, self.loyal).sequence = -1
        moved = sum(move["count"] for move in what_if.preview["moves"])
        what_if.action_apply()
        self.assertEqual(self.stages_of(self.profiles), self.loyal)
        version = self.what_if().version_id
        self.assertEqual(version.moved_count, moved)
        self.assertEqual(version.create_uid, self.manager)
        self.assertIn("Loyal: (Pause against Rhythm ≤ 2", version.rules_text)
        new = self.Stage.create({"name": "Not there before"})
        back = self.what_if()
        back.action_restore_previous()
        self.assertEqual(sum(m["count"] for m in back.preview["moves"]), moved)
        back.action_apply()
        self.profiles.invalidate_recordset()
        self.assertEqual({p: p.stage_id for p in self.profiles}, before)
        self.assertEqual(self.Stage.search([]).ids, order)
        self.assertFalse(new.active, "it did not exist then")
        undo = self.env["crm.lifecycle.what.if"].browse(
            self.what_if().version_id.action_restore()["res_id"]
        )
        undo.with_user(self.manager).action_apply()
        self.assertEqual(self.stages_of(self.profiles), self.loyal)
        self.assertTrue(new.active)

    def test_direct_change_is_judged_soon(self):
        """By code or an import: a baseline, too, and not only at night."""
        nightly = self.env.ref("crm_lifecycle.ir_cron_nightly")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", nightly.id)])
        self.loyal.name = "Very loyal"
        again = self.env["ir.cron.trigger"].search([("cron_id", "=", nightly.id)])
        self.assertEqual(again, triggers)
        self.loyal.domain = "[('order_count', '>', 2)]"
        again = self.env["ir.cron.trigger"].search([("cron_id", "=", nightly.id)])
        self.assertGreater(len(again), len(triggers))

    def test_layout_of_a_rule_decides_nothing(self):
        self.loyal.domain = self.loyal.domain.replace(", ", " ,  ")
        self.loyal.write({"target_days": 3, "description": "Other words"})
        self.assertFalse(self.Profile._is_nightly_due(self.company, self.as_of))

    # --- who may

    def test_access(self):
        for user in (self.seller, new_test_user(self.env, "p", "base.group_portal")):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.what_if(user)
                with self.assertRaises(AccessError):
                    self.env["crm.lifecycle.rule.version"].with_user(user).search([])
                with self.assertRaises(AccessError):
                    self.loyal.with_user(user).domain = "[]"
        loyal = self.loyal.with_user(self.seller)
        self.assertIn("Last Pause against Rhythm < 4", loyal.rule_text)
        self.assertFalse(loyal.rule_warning)
        self.what_if(loyal="[]").action_apply()
        version = self.what_if().version_id
        self.assertTrue(version)
        with self.assertRaises(AccessError):
            version.moved_count = 0
        with self.assertRaises(AccessError):
            version.unlink()

    def test_other_company(self):
        """Counted are the customers of one company; others are told about."""
        other = self.setup_other_company(name="Other Company")["company"]
        own = self.Stage.create({"name": "Theirs", "company_id": other.id})
        what_if = self.what_if()
        self.assertNotIn(own, what_if.line_ids.stage_id)
        self.assertIn("other companies", what_if.warning)
        with self.assertRaises(AccessError):
            what_if.create({"company_id": other.id})
