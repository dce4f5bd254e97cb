from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .tour_common import TourCase

# Some weights, so that the tour does not depend on those that the addon comes with.
WEIGHTS = {
    "recency": 25.0,
    "frequency": 20.0,
    "value": 15.0,
    "tenure": 10.0,
    "breadth": 10.0,
    "payment": 10.0,
    "delivery": 5.0,
    "returns": 5.0,
}


@tagged("post_install", "-at_install")
class TestSegmentsTour(TourCase):
    """The matrix and the weights of the loyalty score in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        for role in ("salesman_all_leads", "manager"):
            new_test_user(
                cls.env,
                f"segments_{role}",
                f"sales_team.group_sale_{role}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )

    def test_matrix(self):
        stages = {"Ann": "loyal", "Ben": "at_risk"}
        for name, score in (("Ann", 90), ("Ben", 20)):
            self.env["crm.lifecycle.profile"].create(
                {
                    "partner_id": self.env["res.partner"]
                    .create({"name": f"Segment {name}"})
                    .id,
                    "company_id": self.company.id,
                    "stage_id": self.env.ref(f"crm_lifecycle.stage_{stages[name]}").id,
                    "order_count": 3,
                    "value_tier": "A",
                    "loyalty_score": score,
                    "expected_value": 100,
                }
            )
        self.start_tour(
            "/odoo/customer-lifecycle",
            "crm_lifecycle_segments",
            login="segments_salesman_all_leads",
        )
        self.start_tour(
            "/odoo/customer-segments",
            "crm_lifecycle_segments_edit",
            login="segments_manager",
        )

    def test_weights(self):
        desk = self.env["product.product"].create({"name": "Desk", "list_price": 100})
        for number in range(4):
            partner = self.env["res.partner"].create(
                {"name": f"Weights Customer {number}"}
            )
            for days in (5, 25, 45 + 10 * number):
                order = self.env["sale.order"].create(
                    {
                        "partner_id": partner.id,
                        "order_line": [Command.create({"product_id": desk.id})],
                    }
                )
                order.action_confirm()
                order.date_order = fields.Datetime.now() - timedelta(days=days)
        self.env["crm.lifecycle.profile"]._refresh_company(self.company)
        self.env["crm.lifecycle.model"]._change_weights(self.company, WEIGHTS)
        profile = partner.lifecycle_id
        before = profile.loyalty_score
        for tour in ("weights", "weights_restore"):
            self.start_tour(
                "/odoo/loyalty-weights",
                f"crm_lifecycle_{tour}",
                login="segments_manager",
            )
            self.env.invalidate_all()
            is_restored = profile.loyalty_score == before
            self.assertEqual(is_restored, tour == "weights_restore")
        self.start_tour(
            f"/odoo/customer-lifecycle/{profile.id}",
            "crm_lifecycle_documents",
            login="segments_manager",
        )
