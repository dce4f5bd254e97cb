from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .action_common import ActionCommon


@tagged("post_install", "-at_install")
class TestHeld(ActionCommon):
    """Held moves act when somebody who may releases them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "lifecycle_manager",
            "sales_team.group_sale_manager",
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.action = cls.new_action()
        cls.held = {"is_baseline": True, "hold_reason": "too_many"}

    def test_release(self):
        """Those who are still in the stage get what they would have got."""
        left = self.new_profile("Left")
        self.assertFalse(self.enter(self.profile, left, **self.held))
        left.stage_id = self.elsewhere
        moves = (self.profile + left).transition_ids
        moves.with_user(self.manager).action_release()
        self.assertEqual(moves.release_user_id, self.manager)
        self.run_job()
        self.assertEqual(len(self.mails()), 1)
        self.assertFalse(self.mails(left.partner_id))
        moves.with_user(self.manager).action_release()
        self.run_job()
        self.assertEqual(len(self.mails()), 1, "once, however often it is pressed")

    def test_release_only_what_is_held(self):
        """Among many that are chosen, others may be: nothing is done for them."""
        self.enter(is_baseline=True, cause="rules")
        moves = self.profile.transition_ids
        moves.with_user(self.manager).action_release()
        self.assertFalse(moves.release_user_id)
        self.assertFalse(self.env["crm.lifecycle.outbox"].search([]))

    def test_released_after_he_came_back(self):
        """He is in the stage again for another reason, which has acted itself."""
        self.enter(**self.held)
        held = self.profile.transition_ids
        self.enter(stage=self.elsewhere)
        self.enter()
        held.with_user(self.manager).action_release()
        self.run_job()
        self.assertEqual(len(self.mails()), 1)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_who_may_release(self):
        self.enter(**self.held)
        all_documents = new_test_user(
            self.env, "lifecycle_all", "sales_team.group_sale_salesman_all_leads"
        )
        accountant = new_test_user(
            self.env,
            "lifecycle_accountant",
            "base.group_user,account.group_account_invoice",
        )
        portal = new_test_user(self.env, "lifecycle_portal", "base.group_portal")
        moves = self.profile.transition_ids
        for user in (self.seller, all_documents, accountant, portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                moves.with_user(user).action_release()
        elsewhere = self.env["res.company"].create({"name": "Other Company"})
        self.manager.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            moves.with_user(self.manager).action_release()
        self.assertFalse(moves.release_user_id)


@tagged("post_install", "-at_install")
class TestLogAccess(ActionCommon):
    """Who reads the log: one user for each group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Log = cls.env["crm.lifecycle.outbox"]

    def user(self, group, **values):
        groups = group if "portal" in group else f"base.group_user,{group}"
        return new_test_user(self.env, group.split(".")[1], groups, **values)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_readers(self):
        self.new_action()
        theirs = self.new_profile("Theirs")
        rows = self.enter(self.profile, theirs)
        self.assertEqual(self.Log.with_user(self.seller).search([]).ids, rows[0].ids)
        for group in ("group_sale_salesman_all_leads", "group_sale_manager"):
            user = self.user(f"sales_team.{group}")
            self.assertEqual(
                set(self.Log.with_user(user).search([]).ids), set(rows.ids)
            )
        for group in ("account.group_account_invoice", "base.group_portal"):
            with self.subTest(group), self.assertRaises(AccessError):
                self.Log.with_user(self.user(group)).search([])
        elsewhere = self.env["res.company"].create({"name": "Other Company"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "sales_team.group_sale_manager",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        self.assertFalse(self.Log.with_user(stranger).search([]))

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_nobody_writes(self):
        self.new_action()
        row = self.enter()
        manager = self.user("sales_team.group_sale_manager")
        for user in (self.seller, manager):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    row.with_user(user).state = "done"
                with self.assertRaises(AccessError):
                    row.with_user(user).unlink()
        with self.assertRaises(AccessError):
            row.with_user(self.seller).read(["error"])
        with self.assertRaises(AccessError):
            row.with_user(self.seller).action_retry()
        self.customer.lifecycle_quiet = True
        self.run_job()
        self.customer.lifecycle_quiet = False
        row.with_user(manager).action_retry()
        self.run_job()
        self.assertRow(row, "done")

    def test_profile_counts(self):
        self.new_action()
        self.enter()
        profile = self.profile.with_user(self.seller)
        self.assertEqual(profile.outbox_count, 1)
        domain = profile.action_open_outbox()["domain"]
        self.assertEqual(self.Log.with_user(self.seller).search_count(domain), 1)
        accountant = self.user("account.group_account_invoice")
        self.assertEqual(self.profile.with_user(accountant).outbox_count, 0)

    def test_interrupted_server_action(self):
        """Started, and nobody knows how far it came: reported, never repeated."""
        self.new_server_action("record.write({'ref': 'twice'})")
        row = self.enter()
        row.state = "started"
        self.run_job()
        self.assertRow(row, "failed", "unfinished")
        self.assertFalse(self.customer.ref)
        row.with_user(self.user("sales_team.group_sale_manager")).action_retry()
        self.run_job()
        self.assertRow(row, "done")
        self.assertEqual(self.customer.ref, "twice")
