from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .action_common import ActionCommon


@tagged("post_install", "-at_install")
class TestActionForm(ActionCommon):
    """Who sets up an action, what is refused, and what is told before it acts."""

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
