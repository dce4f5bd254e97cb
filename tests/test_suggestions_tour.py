from odoo import Command
from odoo.tests import tagged

from .common import new_variants
from .shop_common import ShopMixin
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestSuggestionsTour(ShopMixin, TourCase):
    """A seller who sees his own documents only works with the suggestions."""

    def test_suggestions(self):
        company = self.env.company
        seller = self.new_seller(group="sales_team.group_sale_salesman,uom.group_uom")
        desk, big, huge, chair, plant, carpet = self.make_products()
        self.make_customer()
        baskets = [
            desk + chair,
            desk + chair + big,
            desk + chair + big + huge,
            plant + carpet,
            plant + carpet,
        ]
        for number, products in enumerate(baskets):
            buyer = self.env["res.partner"].create({"name": f"Buyer {number}"})
            self.new_order(buyer, 0, products)
        self.env["crm.lifecycle.affinity"]._learn(company, company._lifecycle_as_of())
        self.start_tour(
            "/odoo/sales/new", "crm_lifecycle_suggestions", login=seller.login
        )
        order = self.env["sale.order"].search([("user_id", "=", seller.id)])
        self.assertEqual(order.partner_id.name, "Tour Customer")
        self.assertEqual(order.state, "sale")
        self.assertCountEqual(
            [
                (line.name, line.price_unit, line.product_uom_id.name)
                for line in order.order_line
            ],
            [
                ("Tour Big Desk", 324, "Units"),
                ("Tour Desk", 180, "Units"),
                ("Extras", 0, False),
                ("Tour Chair", 54, "Dozens"),
                ("Tour Carpet (Blue)", 18, "Units"),
            ],
        )
        self.assertLedger(order, {big, chair, carpet, desk}, plant)

    def make_products(self):
        desks = self.env["product.category"].create({"name": "Tour Desks"})
        dozens = self.env.ref("uom.product_uom_dozen")
        products = self.env["product.product"].create(
            [
                {
                    "name": name,
                    "list_price": price,
                    "standard_price": price / 2,
                    "taxes_id": False,
                    **values,
                }
                for name, price, values in (
                    ("Tour Desk", 100, {"categ_id": desks.id}),
                    ("Tour Big Desk", 180, {"categ_id": desks.id}),
                    ("Tour Huge Desk", 300, {"categ_id": desks.id}),
                    ("Tour Chair", 30, {"uom_id": dozens.id}),
                    ("Tour Plant", 5, {}),
                )
            ]
        )
        # the first one: nobody knows yet which this customer likes
        red, blue = new_variants(self.env, name="Tour Carpet", list_price=10)
        red.active = False
        return *products, blue

    def make_customer(self):
        """He pays in euros, two of which are a dollar here, and 10 % less."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        euro.rate_ids.create({"currency_id": euro.id, "rate": 2, "name": "2020-01-01"})
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Tour Euros",
                "currency_id": euro.id,
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 10})
                ],
            }
        )
        self.env["res.partner"].create(
            {"name": "Tour Customer", "property_product_pricelist": pricelist.id}
        )

    def assertLedger(self, order, added, declined):
        """What was shown beside the saved order is known, with what became of it."""
        ledger = self.env["crm.lifecycle.suggestion"].search(
            [("partner_id", "=", order.partner_id.id)]
        )
        lines = ledger.line_id
        self.assertEqual(set(lines.product_id), added)
        self.assertEqual(set(ledger.order_id), {order})
        refused = ledger.filtered("date_declined")
        self.assertEqual(refused.product_id, declined)
        self.assertEqual(refused.decline_reason, "too_expensive")
        shown = ledger.filtered(lambda row: not row.line_id and not row.date_declined)
        self.assertIn("Tour Huge Desk", shown.product_id.mapped("name"))
