from datetime import datetime
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .replay_common import ReplayCommon

REPLAY = "odoo.addons.crm_lifecycle.models.crm_lifecycle_replay"


@tagged("post_install", "-at_install")
class TestReplayRun(ReplayCommon):
    """How history is rebuilt: in units of work, resumable, other work first."""

    def test_goes_on_where_it_was(self):
        """A unit of work leaves nothing to be repeated; a second rebuilding gives the
        same, also when the first run's own row was superfluous."""
        self.histories()
        replay = self.first_run()
        with patch(f"{REPLAY}.BATCH", 1), self.days_ago(0):
            run = replay._run()
            while not replay.customer_done_count:
                next(run)
            run.close()
            self.assertEqual(replay.state, "rebuilding")
            self.assertEqual(replay.customer_count, 3)
            done = self.Transition.search(
                [("company_id", "=", self.company.id), ("is_reconstructed", "=", True)],
                order="date, id",
            )
            first = done.profile_id.partner_id
            self.assertEqual(len(first), 1, "one of the three, whoever it is")
            with patch.object(type(replay), "_learn", side_effect=AssertionError):
                for _left in replay._run():
                    pass
        self.assertEqual(replay.state, "done")
        self.assertEqual(replay.customer_done_count, 3)
        self.assertEqual(replay.progress, 100)
        self.assertEqual(
            self.past(first, is_reconstructed=True), done, "not done twice"
        )
        before = self.rows()
        again = self.Replay._request(self.company)
        self.assertNotEqual(again, replay)
        self.assertEqual(self.Replay._request(self.company), again, "waits already")
        self.rebuild(again)
        self.assertEqual(self.rows(), before)

    def test_access(self):
        """A sales manager may ask for it, after the first run; nobody else."""
        manager = new_test_user(
            self.env,
            "manager",
            groups="sales_team.group_sale_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        elsewhere = self.setup_other_company(name="Elsewhere")["company"]
        elsewhere.lifecycle_start = datetime(2026, 1, 1)
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(UserError):
            self.company.with_user(manager).action_lifecycle_rebuild()
        self.order(100)
        replay = self.first_run()
        self.rebuild(replay)
        with self.assertRaises(AccessError):
            self.company.with_user(seller).action_lifecycle_rebuild()
        with self.assertRaises(AccessError):
            elsewhere.with_user(manager).action_lifecycle_rebuild()
        self.company.with_user(manager).action_lifecycle_rebuild()
        self.assertEqual(self.Replay.search_count([]), 2)
        with self.assertRaises(AccessError):
            replay.with_user(seller).read(["state"])
        self.assertEqual(replay.with_user(manager).state, "done")

    def test_cron(self):
        """As the cron worker runs it: the live queue first, the night before it."""
        self.histories()
        replay = self.first_run()
        cron = self.env.ref("crm_lifecycle.ir_cron_replay")
        Dirty = self.env["crm.lifecycle.dirty"].sudo()
        self.cr.precommit.run()
        Dirty.search([]).unlink()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(replay.state, "waiting", "the night's work comes first")
        Dirty._mark([(self.customer.id, self.company.id)])
        self.cr.precommit.run()
        with self.days_ago(0), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(replay.state, "done")
        self.assertFalse(Dirty.search_count([]))
        self.assertTrue(self.past(is_reconstructed=True))

    @mute_logger("odoo.addons.crm_lifecycle.models.ir_cron")
    def test_bad_customer(self):
        """One who cannot be computed is left as he is; the others are rebuilt."""
        self.histories()
        replay = self.first_run()
        original = type(self.Profile)._prepare_facts

        def prepare_facts(profiles, company, partner_ids, as_of, model):
            if self.other.id in partner_ids:
                raise ValueError("Poisoned")
            original(profiles, company, partner_ids, as_of, model)

        with self.days_ago(0):
            for _quarter in replay._get_quarters():
                replay._run_unit()
            with patch.object(type(self.Profile), "_prepare_facts", prepare_facts):
                for _left in replay._run():
                    pass
        self.assertEqual(replay.state, "done")
        self.assertTrue(self.past(is_reconstructed=True))
        self.assertFalse(self.past(self.other, is_reconstructed=True))
        self.assertTrue(self.past(self.other, cause="first_run"))

    def test_time_is_over(self):
        """Odoo calls a job ten times even when its time is over: nothing is begun."""
        self.order(5)
        replay = self.first_run()
        cron = self.env["ir.cron"]
        with patch.object(type(cron), "_commit_progress") as progress:
            late = self.Replay.with_context(cron_end_time=0.0)
            late._cron_replay()
            self.Profile.with_context(cron_end_time=0.0)._cron_nightly()
        self.assertEqual(replay.state, "waiting")
        self.assertEqual(progress.call_count, 2)
        progress.assert_called_with(remaining=1)
