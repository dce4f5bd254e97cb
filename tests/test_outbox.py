from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .action_common import ActionCommon

RUN = "odoo.addons.crm_lifecycle.models.crm_lifecycle_outbox_run"


@tagged("post_install", "-at_install")
class TestOutbox(ActionCommon):
    """What is done, what is not, and that the log says why."""

    def test_only_real_moves(self):
        """Nothing is even noted for those that nobody is to be contacted about."""
        self.new_action()
        for values in (
            {"is_baseline": True, "cause": "rules"},
            {"is_baseline": True, "is_reconstructed": True},
            {"is_baseline": True, "hold_reason": "too_many"},
            {"cause": "pin"},
            {"cause": "unpin"},
        ):
            with self.subTest(values):
                self.assertFalse(self.enter(**values))
        self.assertTrue(self.enter(cause="time"))

    def assertSkipped(self, reason, **values):
        """Somebody enters the stage, and nothing is done because of `reason`."""
        action = self.new_action(**values)
        row = self.enter()
        self.run_job()
        self.assertRow(row, "skipped", reason)
        self.assertFalse(self.mails())
        return action, row

    def test_profile_deleted(self):
        """The log of what was done stays; what was not is not done any more. Who is
        excluded loses his profile at once."""
        self.new_action()
        rows = self.enter()
        other = self.new_profile("Other")
        rows += self.enter(other)
        self.customer.lifecycle_excluded = True
        other.unlink()
        self.run_job()
        self.assertEqual(rows.mapped("reason"), ["excluded", "gone"])
        self.assertEqual(rows.mapped("state"), ["skipped", "skipped"])

    def test_profile_deleted_restored(self):
        """Also where the foreign keys were made in another order: by a restore."""
        self.env.cr.execute(
            """
            ALTER TABLE crm_lifecycle_transition
              DROP CONSTRAINT crm_lifecycle_transition_profile_id_fkey,
               ADD CONSTRAINT crm_lifecycle_transition_profile_id_fkey
                   FOREIGN KEY (profile_id) REFERENCES crm_lifecycle_profile
                   ON DELETE CASCADE
            """
        )
        self.test_profile_deleted()

    def test_quiet(self):
        self.customer.lifecycle_quiet = True
        self.assertSkipped("quiet")

    def test_archived(self):
        self.customer.active = False
        self.assertSkipped("archived")

    def test_no_email(self):
        self.customer.email = False
        self.assertSkipped("no_email")

    def test_blacklisted(self):
        self.env["mail.blacklist"]._add("CUSTOMER@example.com")
        self.assertSkipped("blacklisted")

    def test_blacklisted_contact(self):
        """It is asked to whom the template writes, not whose stage changed."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "email": "contact@example.com"}
        )
        template = self.template.copy({"partner_to": str(contact.id)})
        self.env["mail.blacklist"]._add("contact@example.com")
        self.assertSkipped("blacklisted", template_id=template.id)

    def test_switched_off(self):
        action = self.new_action()
        row = self.enter()
        action.active = False
        self.run_job()
        self.assertRow(row, "skipped", "inactive")
        self.assertFalse(self.enter(self.new_profile("Other")), "not even noted")

    def test_left_the_stage(self):
        self.new_action(delay_days=1)
        anyway = self.new_action(delay_days=1, even_if_left=True)
        left, done = self.enter()
        self.enter(stage=self.elsewhere)
        self.run_job(2)
        self.assertRow(left, "skipped", "left")
        self.assertRow(done, "done")
        self.assertEqual(done.action_id, anyway)

    def test_left_and_came_back(self):
        """Another stay in the stage is another reason to act, the first is over."""
        self.new_action(delay_days=1)
        first = self.enter()
        self.enter(stage=self.elsewhere)
        second = self.enter()
        self.run_job(2)
        self.assertRow(first, "skipped", "left")
        self.assertRow(second, "done")

    def test_history_rebuilt_meanwhile(self):
        """What the documents say about the past is no move."""
        self.new_action(delay_days=1)
        row = self.enter()
        self.env["crm.lifecycle.transition"].create(
            {
                "profile_id": self.profile.id,
                "to_stage_id": self.elsewhere.id,
                "date": "2020-01-31",
                "is_baseline": True,
                "is_reconstructed": True,
            }
        )
        self.run_job(2)
        self.assertRow(row, "done")

    def test_repeated(self):
        self.company.lifecycle_cooldown_days = 0
        self.new_action(repeat_days=30)
        self.assertRow(self.enter_later(0), "done")
        self.assertRow(self.enter_later(29), "skipped", "repeated")
        self.assertRow(self.enter_later(31), "done")
        self.assertEqual(len(self.mails()), 2)

    def enter_later(self, days):
        """Enter the stage (once more) and run the job so many days from now."""
        self.enter(stage=self.elsewhere)
        row = self.enter()
        self.run_job(days)
        return row

    def test_condition_at_once(self):
        self.assertSkipped("too_late", condition="[('delivery_count', '>=', 1)]")

    @mute_logger(RUN)
    def test_error_stops_nobody_else(self):
        """A template or server action that raises is reported, the others are done."""
        broken = self.template.copy(
            {"subject": "{{ object.name == 'Customer' and object.nonsense }}"}
        )
        self.company.lifecycle_cooldown_days = 0
        self.new_action(template_id=broken.id)
        self.new_server_action("record.write({'ref': 'half'})\nraise UserError('No')")
        self.new_action()
        template, server, done = self.enter()
        self.run_job()
        self.assertRow(template, "failed", "error")
        self.assertIn("nonsense", template.error)
        self.assertRow(server, "failed", "error")
        self.assertEqual(server.error, "UserError: No")
        self.assertFalse(self.customer.ref)
        self.assertRow(done, "done")
        self.assertEqual(len(self.mails()), 1)

    def test_time_is_up(self):
        """The job ends after the row at hand and comes back for the rest."""
        self.new_action()
        rows = self.enter(*[self.new_profile(f"Customer{n}") for n in range(3)])
        Cron = self.env.registry["ir.cron"]
        with patch.object(Cron, "_commit_progress", return_value=0) as progress:
            self.env["crm.lifecycle.outbox"]._cron_run()
        self.assertEqual(rows.mapped("state"), ["done", "waiting", "waiting"])
        self.assertTrue(progress.call_args.kwargs["remaining"])
        self.assertGreater(fields.Datetime.now() + timedelta(1), rows[1].date_due)
