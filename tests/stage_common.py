from datetime import timedelta

from odoo import Command

from .common import LifecycleCommon


class StageCommon(LifecycleCommon):
    """Customers who move between the stages that come with the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages = {
            name: cls.env.ref(f"crm_lifecycle.stage_{name}")
            for name in ("target", "potential", "new", "active", "at_risk", "lost")
        }

    def first_run(self, *, days=20):
        """A customer who buys every 20 days, the last time so many days ago, in a
        company that has had its first run."""
        for before in range(5):
            self.order(days + 20 * before)
        self.Profile._refresh_company(self.company, self.as_of)
        return self.Profile.search([("partner_id", "=", self.customer.id)])

    def later(self, days):
        """The same customer so many days later, as the nightly run sees him."""
        return self.refresh(as_of=self.as_of + timedelta(days=days))

    def rule_on(self, stage, code):
        """A standard automation rule: stage is set to `stage`."""
        rule = self.env["base.automation"].create(
            {
                "name": "Rule",
                "model_id": self.env["ir.model"]._get_id("crm.lifecycle.profile"),
                "trigger": "on_stage_set",
                "trg_selection_field_id": False,
                "trg_field_ref": stage.id,
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Action",
                            "model_id": self.env["ir.model"]._get_id(
                                "crm.lifecycle.profile"
                            ),
                            "state": "code",
                            "code": code,
                        }
                    )
                ],
            }
        )
        self.env["base.automation"]._unregister_hook()
        self.env["base.automation"]._register_hook()
        self.addCleanup(self.env["base.automation"]._unregister_hook)
        return rule

    def first_run_of_others(self):
        others = self.new_customer("Other")
        for days in (90, 60, 30):
            self.order(days, partner=others)
        self.Profile._refresh_company(self.company, self.as_of)
