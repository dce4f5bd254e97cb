from unittest.mock import patch

from odoo.tests import tagged

from .action_common import ActionCommon

RUN = "odoo.addons.crm_lifecycle.models.crm_lifecycle_outbox_run"


@tagged("post_install", "-at_install")
class TestOutboxWaiting(ActionCommon):
    """What is not done yet, and when it is looked at again."""

    def test_cool_down(self):
        """Two e-mails have some days between them; an activity need not wait."""
        self.company.lifecycle_cooldown_days = 7
        self.new_action()
        self.new_action()
        self.new_action(kind="activity", activity_type_id=self.call.id)
        first, second, activity = self.enter()
        self.run_job()
        self.assertRow(first, "done")
        self.assertRow(second, "waiting", "cool_down")
        self.assertRow(activity, "done")
        self.run_job(6)
        self.assertRow(second, "waiting", "cool_down")
        self.run_job(8)
        self.assertRow(second, "done")
        self.assertEqual(len(self.mails()), 2)

    def test_daily_cap(self):
        """The others wait for tomorrow, and need not be looked at before."""
        self.new_action(daily_cap=2)
        profiles = [self.new_profile(f"Customer{number}") for number in range(5)]
        rows = self.enter(*profiles)
        self.run_job()
        self.assertEqual(rows.mapped("state"), ["done"] * 2 + ["waiting"] * 3)
        self.assertEqual(set(rows[2:].mapped("reason")), {"cap"})
        self.assertEqual(
            set(rows[2:].mapped("date_due")), {self.company._lifecycle_as_of()}
        )
        self.run_job(1)
        self.assertEqual(rows.mapped("state"), ["done"] * 4 + ["waiting"])

    def test_condition(self):
        """As soon as it holds; looked at again only when the numbers changed."""
        self.new_action(condition="[('delivery_count', '>=', 1)]", wait_days=30)
        row = self.enter()
        self.run_job()
        self.assertRow(row, "waiting", "condition")
        with patch(f"{RUN}.CrmLifecycleOutbox._execute") as execute:
            self.run_job()
        self.assertFalse(execute.called)
        self.profile.delivery_count = 1
        self.env.flush_all()
        self.env.cr.execute(  # in a test all happens at the same moment
            "UPDATE crm_lifecycle_profile SET write_date = write_date + '1 second'"
        )
        self.run_job()
        self.assertRow(row, "done")

    def test_condition_in_vain(self):
        self.new_action(condition="[('delivery_count', '>=', 1)]", wait_days=30)
        row = self.enter()
        self.run_job(1)
        self.assertRow(row, "waiting", "condition")
        self.run_job(31)
        self.assertRow(row, "skipped", "too_late")

    def test_after_earlier_step(self):
        """Counted from the day when that was done."""
        first = self.new_action(delay_days=2)
        self.new_action(
            kind="activity",
            activity_type_id=self.call.id,
            after_action_id=first.id,
            delay_days=10,
        )
        earlier, later = self.enter()
        self.run_job(1)
        self.assertRow(later, "waiting", "earlier_step")
        self.run_job(3)
        self.assertRow(earlier, "done")
        self.run_job(12)
        self.assertRow(later, "waiting")
        self.run_job(14)
        self.assertRow(later, "done")

    def test_earlier_step_not_done(self):
        """Whatever the reason; done by hand, the later step goes on from there."""
        self.customer.email = False
        first = self.new_action()
        self.new_action(
            kind="activity", activity_type_id=self.call.id, after_action_id=first.id
        )
        earlier, later = self.enter()
        self.run_job()
        self.assertRow(earlier, "skipped", "no_email")
        self.assertRow(later, "skipped", "step_missing")
        self.customer.email = "new@example.com"
        earlier.action_retry()
        self.run_job()
        self.assertEqual((earlier + later).mapped("state"), ["done", "done"])

    def test_earlier_step_switched_off(self):
        first = self.new_action(active=False)
        self.new_action(after_action_id=first.id)
        row = self.enter()
        self.run_job()
        self.assertRow(row, "skipped", "step_missing")
