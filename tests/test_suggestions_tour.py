from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestSuggestionsTour(HttpCase):
    """A seller who sees his own documents only works with the suggestions."""

    def test_suggestions(self):
        company = self.env.company
        seller = new_test_user(
            self.env,
            "lifecycle_tour",
            "sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        desks = self.env["product.category"].create({"name": "Tour Desks"})
        desk, big_desk, chair, plant = self.env["product.product"].create(
            [
                {"name": name, "list_price": price, "taxes_id": False, **values}
                for name, price, values in (
                    ("Tour Desk", 100, {"categ_id": desks.id}),
                    ("Tour Big Desk", 180, {"categ_id": desks.id}),
                    ("Tour Chair", 30, {}),
                    ("Tour Plant", 5, {}),
                )
            ]
        )
        self.env["res.partner"].create({"name": "Tour Customer"})
        baskets = [desk + chair, desk + chair + big_desk, desk + chair, plant, plant]
        for number, products in enumerate(baskets):
            self.env["sale.order"].create(
                {
                    "partner_id": self.env["res.partner"]
                    .create({"name": f"Buyer {number}"})
                    .id,
                    "order_line": [
                        Command.create({"product_id": product.id})
                        for product in products
                    ],
                }
            ).action_confirm()
        self.env["crm.lifecycle.affinity"]._learn(company, company._lifecycle_as_of())
        self.start_tour(
            "/odoo/sales/new", "crm_lifecycle_suggestions", login=seller.login
        )
        order = self.env["sale.order"].search([("user_id", "=", seller.id)])
        self.assertEqual(order.partner_id.name, "Tour Customer")
        self.assertEqual(order.state, "sale")
        self.assertEqual(
            [(line.name, line.price_unit) for line in order.order_line],
            [("Tour Desk", 100), ("Extras", 0), ("Tour Chair", 30)],
        )
