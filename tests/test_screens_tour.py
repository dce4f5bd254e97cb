from odoo.tests import tagged

from .shop_common import ShopMixin
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestScreensTour(ShopMixin, TourCase):
    """What a salesperson with own documents only sees and does in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.new_seller()
        cls.desk, cls.chair = cls.new_products(Desk=100, Chair=30)
        cls.customer = cls.env["res.partner"].create(
            {"name": "Tour Customer", "is_company": True, "user_id": cls.seller.id}
        )
        cls.new_order(cls.customer, 10, cls.desk, user_id=cls.seller.id)
        for number in range(6):
            other = cls.env["res.partner"].create({"name": f"Other {number}"})
            for days in (25, 45, 65, 85):
                cls.new_order(other, days, cls.desk + cls.chair)
        cls.env["crm.lifecycle.profile"]._refresh_company(cls.env.company)
        cls.profile = cls.customer.lifecycle_id

    def test_screens(self):
        """Stage, score and why, from Contacts and from Sales."""
        self.assertEqual(self.profile.stage_id.name, "New")
        self.start_tour(
            "/odoo/contacts", "crm_lifecycle_screens", login=self.seller.login
        )

    def test_story(self):
        """Customer, quotation, suggestion, confirmation; the live queue moves him."""
        contact = f"/odoo/contacts/{self.customer.id}"
        self.start_tour(contact, "crm_lifecycle_story", login=self.seller.login)
        live = self.env.ref("crm_lifecycle.ir_cron_live")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", live.id)])
        self.assertTrue(triggers, "the queue is read at once, not in ten minutes")
        self.assertEqual(self.profile.stage_id.name, "New")
        with self.enter_registry_test_mode():
            live.method_direct_trigger()
        self.profile.invalidate_recordset()
        self.assertEqual(self.profile.stage_id.name, "Active")
        self.start_tour(contact, "crm_lifecycle_story_end", login=self.seller.login)

    def test_pin(self):
        """A salesperson with own documents only sets the stage of his customer by
        hand, and gives it free again."""
        self.start_tour(
            f"/odoo/customer-lifecycle/{self.profile.id}",
            "crm_lifecycle_pin",
            login=self.seller.login,
        )
        self.assertFalse(self.profile.is_pinned)
        self.assertEqual(
            self.profile.transition_ids.sorted("id").mapped("cause"),
            ["first_run", "pin", "unpin"],
        )
