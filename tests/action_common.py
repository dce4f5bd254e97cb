from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests.common import TransactionCase, new_test_user


class ActionCommon(TransactionCase):
    """Customers who enter a stage that has actions, and the job that does them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.stage = cls.env.ref("crm_lifecycle.stage_at_risk")
        cls.elsewhere = cls.env.ref("crm_lifecycle.stage_active")
        cls.template = cls.env.ref("crm_lifecycle.mail_template_welcome")
        cls.call = cls.env.ref("mail.mail_activity_data_call")
        cls.seller = new_test_user(
            cls.env,
            "lifecycle_seller",
            "sales_team.group_sale_salesman",
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.colleague = new_test_user(
            cls.env,
            "lifecycle_colleague",
            "sales_team.group_sale_salesman",
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.profile = cls.new_profile("Customer", user_id=cls.seller.id)
        cls.customer = cls.profile.partner_id

    @classmethod
    def new_profile(cls, name, company=None, **values):
        """A customer, who has been Active for some time."""
        partner = (
            cls.env["res.partner"]
            .with_context(mail_auto_subscribe_no_notify=True)
            .create(
                {
                    "name": name,
                    "email": f"{name.lower().replace(' ', '.')}@example.com",
                    **values,
                }
            )
        )
        return cls.env["crm.lifecycle.profile"].create(
            {
                "partner_id": partner.id,
                "company_id": (company or cls.company).id,
                "stage_id": cls.elsewhere.id,
                "rule_stage_id": cls.elsewhere.id,
            }
        )

    @classmethod
    def new_action(cls, **values):
        """An e-mail, if nothing else is said."""
        return cls.env["crm.lifecycle.action"].create(
            {
                "name": "Action",
                "stage_id": cls.stage.id,
                "active": True,
                "kind": "email",
                "template_id": cls.template.id,
                **values,
            }
        )

    @classmethod
    def new_server_action(cls, code, model="res.partner", **values):
        server_action = cls.env["ir.actions.server"].create(
            {
                "name": "Server action",
                "model_id": cls.env["ir.model"]._get_id(model),
                "state": "code",
                "code": code,
            }
        )
        return cls.new_action(
            kind="server", server_action_id=server_action.id, **values
        )

    def enter(self, *profiles, stage=None, **values):
        """Customers enter a stage, and what is to be done is noted.

        :return: the rows of the log
        """
        stage = stage or self.stage
        moves = self.env["crm.lifecycle.transition"]
        for profile in profiles or self.profile:
            moves += moves.create(
                {
                    "profile_id": profile.id,
                    "from_stage_id": profile.stage_id.id,
                    "to_stage_id": stage.id,
                    "date": fields.Date.today(),
                    "cause": "document",
                    **values,
                }
            )
            profile.stage_id = stage
        self.env["crm.lifecycle.outbox"]._enqueue(moves)
        return self.env["crm.lifecycle.outbox"].search(
            [("transition_id", "in", moves.ids)], order="id"
        )

    def run_job(self, days=0):
        """The job of the stage actions, so many days from now."""
        job = self.env.ref("crm_lifecycle.ir_cron_outbox")
        moment = fields.Datetime.now() + timedelta(days=days)
        with freeze_time(moment), self.enter_registry_test_mode():
            job.method_direct_trigger()

    def mails(self, *partners):
        return self.env["mail.mail"].search(
            [
                ("model", "=", "res.partner"),
                ("res_id", "in", [p.id for p in partners] or self.customer.ids),
            ]
        )

    def assertRow(self, row, state, reason=False):
        self.assertEqual((row.state, row.reason), (state, reason), row.error)
