from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestRulesTour(TourCase):
    """A sales manager changes rules in the browser; a salesperson reads them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.active, cls.loyal = (
            cls.env.ref(f"crm_lifecycle.stage_{name}") for name in ("active", "loyal")
        )
        for role in ("salesman", "manager"):
            new_test_user(
                cls.env,
                f"rules_{role}",
                f"sales_team.group_sale_{role}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
        desk = cls.env["product.product"].create({"name": "Desk", "list_price": 100})
        for number in range(5):
            partner = cls.env["res.partner"].create(
                {"name": f"Rules Customer {number}"}
            )
            for days in (5, 25, 45, 65):
                order = cls.env["sale.order"].create(
                    {
                        "partner_id": partner.id,
                        "order_line": [Command.create({"product_id": desk.id})],
                    }
                )
                order.action_confirm()
                order.date_order = fields.Datetime.now() - timedelta(days=days)
        cls.env["crm.lifecycle.profile"]._refresh_company(cls.company)
        action = cls.env.ref("crm_lifecycle.crm_lifecycle_stage_action")
        cls.stages = f"/odoo/action-{action.id}"

    def test_what_if(self):
        """Change a rule, see who would move, apply, and take it back."""
        rule = self.active.domain
        self.assertTrue(self.active.customer_count)
        self.start_tour(
            self.stages, "crm_lifecycle_rules_change", login="rules_manager"
        )
        self.env.invalidate_all()
        self.assertEqual(self.active.customer_count, 0)
        self.assertTrue(self.loyal.customer_count)
        self.start_tour(
            self.stages, "crm_lifecycle_rules_restore", login="rules_manager"
        )
        self.env.invalidate_all()
        self.assertEqual(self.active.domain, rule)
        self.assertEqual(self.loyal.customer_count, 0)
        mails = self.env["mail.mail"].search([])
        self.assertFalse(mails.filtered(lambda mail: "Rules Customer" in str(mail)))

    def test_new_stage(self):
        self.start_tour(self.stages, "crm_lifecycle_stage_new", login="rules_manager")
        stage = self.env["crm.lifecycle.stage"].search([("name", "=", "Tour Stage")])
        self.assertEqual(self.env["crm.lifecycle.stage"].search([])[-1], stage)

    def test_salesperson_reads(self):
        self.start_tour(self.stages, "crm_lifecycle_stage_read", login="rules_salesman")
