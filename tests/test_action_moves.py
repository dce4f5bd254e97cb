from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from .stage_common import StageCommon


@tagged("post_install", "-at_install")
class TestActionMoves(StageCommon):
    """An e-mail on every stage: who gets one, and above all who does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "customer@example.com"
        cls.env["crm.lifecycle.action"].create(
            [
                {
                    "name": stage.name,
                    "stage_id": stage.id,
                    "active": True,
                    "kind": "email",
                    "template_id": cls.env.ref(
                        "crm_lifecycle.mail_template_welcome"
                    ).id,
                    "repeat_days": 0,
                }
                for stage in cls.env["crm.lifecycle.stage"].search([])
            ]
        )
        cls.company.lifecycle_cooldown_days = 0
        # what loading of documents itself writes is none of ours
        cls.before = cls.env["mail.mail"].search([])

    def mails(self):
        """What the job sent to customers since the last call."""
        with self.enter_registry_test_mode():
            self.env.ref("crm_lifecycle.ir_cron_outbox").method_direct_trigger()
        mails = self.env["mail.mail"].search(
            [("subject", "like", "Welcome"), ("model", "=", "res.partner")]
        )
        new = mails - self.before
        self.before |= new
        return new

    def test_first_run(self):
        self.assertTrue(self.first_run().stage_id)
        self.assertFalse(self.mails())

    def test_changed_rule(self):
        profile = self.first_run()
        stage = profile.stage_id
        self.stages["lost"].write({"domain": "[]", "sequence": -1})
        self.assertNotEqual(self.refresh().stage_id, stage)
        self.assertFalse(self.mails())

    def test_new_model(self):
        stage = self.first_run().stage_id
        as_of = self.as_of + timedelta(days=40)
        Model = self.env["crm.lifecycle.model"]
        Model._learn(self.company, as_of, *Model._read_population(self.company, as_of))
        self.assertNotEqual(self.refresh(as_of=as_of).stage_id, stage)
        self.assertFalse(self.mails())

    def test_import_of_old_orders(self):
        """Whoever gets orders of last year has not bought today."""
        self.first_run_of_others()
        self.order(30)
        profile = self.refresh()
        self.assertEqual(profile.transition_ids.hold_reason, "old_document")
        self.assertFalse(self.mails())

    def test_set_by_hand(self):
        """Whoever sets a stage, or gives it free, decides himself what to do."""
        profile = self.first_run()
        with self.days_ago(0):
            profile._pin(self.stages["lost"], "Moved abroad", False)
        self.assertEqual(profile.stage_id, self.stages["lost"])
        self.assertFalse(self.mails())
        with self.days_ago(0):
            profile.action_lifecycle_unpin()
        self.assertNotEqual(profile.stage_id, self.stages["lost"])
        self.assertFalse(self.mails())

    def test_set_by_hand_until(self):
        profile = self.first_run()
        with self.days_ago(0):
            profile._pin(self.stages["lost"], "Away", self.as_of.date())
        self.assertNotEqual(self.later(3).stage_id, self.stages["lost"])
        self.assertFalse(self.mails())

    def test_real_move(self):
        """One e-mail for one move, whoever looks how often."""
        self.first_run()
        profile = self.later(40)
        self.assertEqual(profile.stage_id, self.stages["at_risk"])
        self.assertEqual(len(self.mails()), 1)
        self.assertFalse(self.mails())
        self.later(40)
        self.env["crm.lifecycle.outbox"]._enqueue(profile.transition_ids)
        self.assertFalse(self.mails(), "noted before")
        self.later(120)
        self.assertEqual(len(self.mails()), 1)

    def test_newcomer(self):
        self.first_run_of_others()
        self.order(1)
        self.assertEqual(self.refresh().stage_id, self.stages["new"])
        self.assertEqual(len(self.mails()), 1)

    @mute_logger("odoo.addons.crm_lifecycle.models.crm_lifecycle_move")
    def test_raising_automation_rule(self):
        """Whose move fails gets nothing, the others get theirs."""
        other = self.new_customer("Other", email="other@example.com")
        for before in range(5):
            self.order(20 + 20 * before, partner=other)
        self.first_run()
        self.rule_on(
            self.stages["at_risk"],
            f"if record.partner_id.id == {other.id}: raise UserError('No')",
        )
        self.refresh(self.customer, other, as_of=self.as_of + timedelta(days=40))
        self.assertEqual(self.mails().recipient_ids, self.customer)
