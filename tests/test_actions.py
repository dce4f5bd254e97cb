from odoo import Command
from odoo.tests import tagged

from .action_common import ActionCommon


@tagged("post_install", "-at_install")
class TestActions(ActionCommon):
    """What an action does when a customer enters its stage."""

    def test_email(self):
        """One e-mail, in the customer's language, in the name of the company."""
        self.env["res.lang"]._activate_lang("es_ES")
        self.template.with_context(lang="es_ES").subject = "Bienvenido"
        self.customer.write({"lang": "es_ES", "user_id": False})
        self.new_action()
        row = self.enter()
        self.assertFalse(self.mails(), "not in the transaction of the move")
        self.run_job()
        self.assertRow(row, "done")
        mail = self.mails()
        self.assertEqual(len(mail), 1)
        self.assertEqual(row.mail_id, mail.id)
        self.assertEqual(mail.state, "outgoing", "sent by Odoo's own queue")
        self.assertEqual(mail.subject, "Bienvenido")
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(self.company.email_formatted or "OdooBot", mail.email_from)
        self.assertIn(self.company.name, mail.body_html)

    def test_email_of_the_company(self):
        """Each company writes in its own name."""
        other = self.env["res.company"].create(
            {"name": "Other Company", "email": "other@example.com"}
        )
        self.new_action()
        profile = self.new_profile("Customer", company=other)
        self.enter(profile)
        self.run_job()
        mail = self.mails(profile.partner_id)
        self.assertIn("other@example.com", mail.email_from)
        self.assertIn("Other Company", mail.body_html)

    def test_email_on_the_profile(self):
        """A template may use facts and scores."""
        template = self.env["mail.template"].create(
            {
                "name": "On the profile",
                "model_id": self.env["ir.model"]._get_id("crm.lifecycle.profile"),
                "subject": "Orders: {{ object.order_count }}",
                "partner_to": "{{ object.partner_id.id }}",
            }
        )
        self.profile.order_count = 3
        self.new_action(template_id=template.id)
        row = self.enter()
        self.run_job()
        mail = self.env["mail.mail"].browse(row.mail_id)
        self.assertEqual(mail.subject, "Orders: 3")
        self.assertEqual(mail.recipient_ids, self.customer)

    def test_examples(self):
        """They are switched off; each does what it says, e-mails without blanks."""
        examples = self.env["crm.lifecycle.action"].with_context(active_test=False)
        data = self.env["ir.model.data"].search(
            [("module", "=", "crm_lifecycle"), ("model", "=", "crm.lifecycle.action")]
        )
        examples = examples.browse(data.mapped("res_id"))
        self.assertEqual(len(examples), 8)
        self.assertFalse(any(examples.mapped("active")))
        examples.active = True
        for stage, actions in examples.grouped("stage_id").items():
            profile = self.new_profile(stage.name, user_id=self.seller.id)
            profile.delivery_count = 1
            rows = self.enter(profile, stage=stage)
            self.assertEqual(rows.action_id, actions)
            for days in (0, 14, 28, 44):
                self.run_job(days)
            self.assertEqual(set(rows.mapped("state")), {"done"})
            self.assertEqual(
                len(self.mails(profile.partner_id)),
                len(actions.filtered(lambda action: action.kind == "email")),
            )
            for mail in self.mails(profile.partner_id):
                self.assertIn(f"Hello {stage.name},", mail.body_html)
                self.assertIn(self.seller.email, mail.email_from)

    def test_win_back_never_begins_with_an_offer(self):
        """First contact, then an offer, then the question why, in this order."""
        steps = [
            self.env.ref(f"crm_lifecycle.action_win_back_{name}")
            for name in ("contact", "offer", "why")
        ]
        self.assertEqual(
            [step.after_action_id.id for step in steps],
            [False, steps[0].id, steps[1].id],
        )
        self.assertNotIn("offer", steps[0].template_id.body_html)

    def test_activity(self):
        """For the salesperson, on the contact, and in his list of activities only."""
        self.new_action(
            kind="activity", activity_type_id=self.call.id, activity_note="<p>Ask.</p>"
        )
        before = self.env["mail.mail"].search_count([])
        row = self.enter()
        self.run_job()
        self.assertRow(row, "done")
        activity = self.customer.activity_ids
        self.assertEqual(row.activity_id, activity.id)
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual((activity.summary, activity.note), ("Action", "<p>Ask.</p>"))
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_activity_for_whom(self):
        """Else for the person chosen; for nobody, it is not done."""
        action = self.new_action(kind="activity", activity_type_id=self.call.id)
        self.customer.user_id = False
        row = self.enter()
        self.run_job()
        self.assertRow(row, "skipped", "no_user")
        action.user_id = self.colleague
        row.action_retry()
        self.run_job()
        self.assertEqual(self.customer.activity_ids.user_id, self.colleague)

    def test_activity_of_a_salesperson_of_another_company(self):
        """He may not even see this company."""
        other = self.env["res.company"].create({"name": "Other Company"})
        self.seller.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        self.new_action(
            kind="activity", activity_type_id=self.call.id, user_id=self.colleague.id
        )
        self.enter()
        self.run_job()
        self.assertEqual(self.customer.activity_ids.user_id, self.colleague)

    def test_plan(self):
        """A plan, with a person of its own for one of its activities."""
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Plan",
                "res_model": "res.partner",
                "template_ids": [
                    Command.create({"activity_type_id": self.call.id}),
                    Command.create(
                        {
                            "activity_type_id": self.call.id,
                            "responsible_type": "other",
                            "responsible_id": self.env.user.id,
                        }
                    ),
                ],
            }
        )
        self.new_action(kind="activity", activity_plan_id=plan.id)
        row = self.enter()
        self.run_job()
        self.assertRow(row, "done")
        self.assertEqual(
            self.customer.activity_ids.user_id, self.seller | self.env.user
        )

    def test_server_action(self):
        """On the contact or on the profile."""
        self.new_server_action("record.write({'ref': 'contact'})")
        self.new_server_action(
            "record.partner_id.write({'comment': 'profile'})", "crm.lifecycle.profile"
        )
        rows = self.enter()
        self.run_job()
        self.assertEqual(rows.mapped("state"), ["done", "done"])
        self.assertEqual(self.customer.ref, "contact")
        self.assertIn("profile", self.customer.comment)

    def test_from_stage(self):
        self.new_action(from_stage_ids=[Command.set(self.elsewhere.ids)])
        self.assertTrue(self.enter())
        self.assertFalse(self.enter(), "comes from the stage itself")
        new = self.new_profile("New")
        self.assertFalse(self.enter(new, from_stage_id=False), "comes from nowhere")

    def test_delay(self):
        self.new_action(delay_days=10)
        row = self.enter()
        self.run_job(9)
        self.assertRow(row, "waiting")
        self.run_job(11)
        self.assertRow(row, "done")
