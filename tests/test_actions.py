from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

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
        action.user_id = self.env.user
        row.action_retry()
        self.run_job()
        self.assertEqual(self.customer.activity_ids.user_id, self.env.user)

    def test_activity_of_a_salesperson_of_another_company(self):
        """He may not even see this company."""
        other = self.env["res.company"].create({"name": "Other Company"})
        self.seller.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        self.new_action(
            kind="activity", activity_type_id=self.call.id, user_id=self.env.user.id
        )
        self.enter()
        self.run_job()
        self.assertEqual(self.customer.activity_ids.user_id, self.env.user)

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

    def test_configuration(self):
        """What cannot work is refused."""
        stage = self.env["crm.lifecycle.stage"].create({"name": "Other"})
        first = self.new_action()
        order_template = self.env.ref("sale.email_template_edi_sale")
        for values in (
            {"kind": "activity"},
            {"kind": "server"},
            {"template_id": order_template.id},
            {"template_id": False},
            {"condition": "[('partner_id.name', '=', 'x')]"},
            {"condition": "nonsense"},
            {"after_action_id": first.id, "stage_id": stage.id},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.new_action(**values)
        with self.assertRaises(ValidationError):
            first.after_action_id = first

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_who_configures(self):
        """Sales administrators, with the form; server actions stay Odoo's business."""
        manager = new_test_user(
            self.env, "lifecycle_manager", "sales_team.group_sale_manager"
        )
        form = Form(self.env["crm.lifecycle.action"].with_user(manager))
        form.name = "Welcome"
        form.stage_id = self.stage
        form.kind = "email"
        form.template_id = self.template
        action = form.save()
        self.assertFalse(action.active, "whoever wants it switches it on")
        server = self.new_server_action("pass").with_user(manager)
        self.assertIn("Server action", server.summary)
        with self.assertRaises(AccessError):
            server.server_action_id = False
        with self.assertRaises(AccessError):
            action.with_user(self.seller).name = "Mine"
        self.assertTrue(action.with_user(self.seller).name, "named in the log")

    def test_preview(self):
        """Whom it would reach, before it is switched on; then nobody in hindsight."""
        others = [self.new_profile(f"Other{number}") for number in range(3)]
        others[0].partner_id.lifecycle_quiet = True
        others[1].partner_id.email = False
        action = self.new_action(active=False)
        self.enter(*others)
        self.enter(date=fields.Date.today() - timedelta(days=5))
        self.enter(self.new_profile("Held"), is_baseline=True)
        self.assertEqual(action.reached_count, 1)
        self.assertIn("today: 3; of them", action.preview)
        self.assertIn("30 days: 4; on the busiest day: 3", action.preview)
        reached = action.action_open_reached()
        self.assertEqual(reached["domain"], [("id", "in", others[2].ids)])
        action.active = True
        self.run_job()
        self.assertFalse(self.mails(*(other.partner_id for other in others)))

    def test_preview_while_typing(self):
        """A condition that cannot be read does not close the form."""
        self.enter()
        with Form(self.env["crm.lifecycle.action"]) as form:
            form.name = "Action"
            form.stage_id = self.stage
            form.kind = "email"
            form.template_id = self.template
            form.condition = "nonsense"
            self.assertIn("Cannot be told", form.preview)
            form.condition = "[]"
            self.assertIn("today: 1", form.preview)
