from odoo import fields
from odoo.tests import tagged

from .shop_common import ShopMixin
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestActionsTour(ShopMixin, TourCase):
    """Stage actions in the browser, as those who need them with the least rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.stage = cls.env.ref("crm_lifecycle.stage_at_risk")
        cls.action = cls.env.ref("crm_lifecycle.action_at_risk")
        cls.seller = cls.new_seller()
        cls.manager = cls.new_seller(
            "lifecycle_manager", "sales_team.group_sale_manager"
        )
        cls.profile = cls.new_profile("Tour Customer", cls.seller)
        cls.theirs = cls.new_profile("Their Customer", cls.manager)

    @classmethod
    def new_profile(cls, name, user):
        partner = cls.env["res.partner"].create(
            {"name": name, "email": "customer@example.com", "user_id": user.id}
        )
        return cls.env["crm.lifecycle.profile"].create(
            {
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "stage_id": cls.stage.id,
            }
        )

    def move(self, profile, **values):
        return self.env["crm.lifecycle.transition"].create(
            {
                "profile_id": profile.id,
                "to_stage_id": self.stage.id,
                "date": fields.Date.today(),
                "cause": "document",
                **values,
            }
        )

    def run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_lifecycle.ir_cron_outbox").method_direct_trigger()

    def test_actions(self):
        """Look whom it would reach, then switch on; that alone acts on nobody."""
        self.move(self.profile)
        self.start_tour("/odoo", "crm_lifecycle_actions", login=self.manager.login)
        self.assertTrue(self.action.active)
        self.run_job()
        self.assertFalse(self.env["crm.lifecycle.outbox"].search([]))

    def test_held(self):
        self.action.active = True
        move = self.move(self.profile, is_baseline=True, hold_reason="old_document")
        self.start_tour("/odoo", "crm_lifecycle_held", login=self.manager.login)
        self.assertEqual(move.release_user_id, self.manager)
        self.run_job()
        self.assertEqual(self.profile.partner_id.activity_ids.user_id, self.seller)

    def test_action_log(self):
        self.action.active = True
        self.profile.partner_id.lifecycle_quiet = True
        moves = self.move(self.profile) + self.move(self.theirs)
        self.env["crm.lifecycle.outbox"]._enqueue(moves)
        self.run_job()
        self.start_tour("/odoo", "crm_lifecycle_action_log", login=self.seller.login)
        self.start_tour(
            f"/odoo/crm.lifecycle.profile/{self.profile.id}",
            "crm_lifecycle_action_log_profile",
            login=self.seller.login,
        )
