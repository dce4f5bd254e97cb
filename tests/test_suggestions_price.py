from odoo import Command
from odoo.tests import Form, tagged

from .suggestion_common import SuggestionCommon


@tagged("post_install", "-at_install")
class TestSuggestionsPrice(SuggestionCommon):
    """Prices and stock are those that the order line will have."""

    def assertPriced(self, pricelist=None, fiscal_position=None):
        """Each price shown is what the line costs once the product has been added.

        :return: the prices by product
        """
        currency = (pricelist or self.company).currency_id
        offered = self.offered(
            self.desk,
            currency_id=currency.id,
            pricelist_id=pricelist and pricelist.id,
            fiscal_position_id=fiscal_position and fiscal_position.id,
        )
        self.assertIn(self.chair, offered)
        with self.days_ago(0), Form(self.env["sale.order"]) as form:
            form.partner_id = self.customer
            if pricelist:
                form.pricelist_id = pricelist
            if fiscal_position:
                form.fiscal_position_id = fiscal_position
            for product in offered:
                with form.order_line.new() as line:
                    line.product_id = product
        self.assertEqual(form.record.currency_id, currency)
        for line in form.record.order_line:
            self.assertAlmostEqual(
                line.price_unit * (1 - line.discount / 100),
                offered[line.product_id]["price"],
                2,
                line.product_id.name,
            )
        return {product: row["price"] for product, row in offered.items()}

    def new_pricelist(self, currency=None, **rule):
        return self.env["product.pricelist"].create(
            {
                "name": "Price List",
                "currency_id": (currency or self.company.currency_id).id,
                "item_ids": [Command.create(rule)] if rule else [],
            }
        )

    def test_price(self):
        self.assertEqual(self.assertPriced()[self.chair], 30)

    def test_price_of_a_rule(self):
        pricelist = self.new_pricelist(
            compute_price="formula", price_discount=15, price_surcharge=3
        )
        prices = self.assertPriced(pricelist)
        self.assertEqual(prices[self.chair], 28.5)

    def test_price_with_visible_discount(self):
        self.env.user.group_ids |= self.env.ref("sale.group_discount_per_so_line")
        pricelist = self.new_pricelist(compute_price="percentage", percent_price=10)
        prices = self.assertPriced(pricelist)
        self.assertEqual(prices[self.chair], 27)

    def test_price_in_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 1.37)])
        pricelist = self.new_pricelist(
            currency, compute_price="percentage", percent_price=5
        )
        offered = self.offered(
            self.desk, pricelist_id=pricelist.id, currency_id=currency.id
        )
        self.assertIn("€", offered[self.chair]["price_label"])
        prices = self.assertPriced(pricelist)
        self.assertAlmostEqual(prices[self.chair], 30 * 1.37 * 0.95, 2)

    def test_price_per_unit_of_measure(self):
        self.seller.group_ids |= self.env.ref("uom.group_uom")
        self.lamp.uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(self.offered(self.desk)[self.lamp]["uom"], "Dozens")
        self.assertEqual(self.assertPriced()[self.lamp], 20)

    def test_price_with_included_taxes(self):
        """A fiscal position that takes away an included tax."""
        tax = self.env["account.tax"].create(
            {
                "name": "Included",
                "amount": 20,
                "type_tax_use": "sale",
                "price_include_override": "tax_included",
            }
        )
        self.chair.taxes_id = tax
        abroad = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self.env["account.tax"].create(
            {
                "name": "Nothing",
                "amount": 0,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
                "fiscal_position_ids": abroad.ids,
                "original_tax_ids": tax.ids,
            }
        )
        prices = self.assertPriced(fiscal_position=abroad)
        self.assertEqual(prices[self.chair], 25)

    def test_stock_of_the_warehouse(self):
        """What is free in the warehouse of the order; nothing for other goods."""
        self.env["stock.quant"]._update_available_quantity(
            self.chair, self.warehouse.lot_stock_id, 7
        )
        second = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "S2", "company_id": self.company.id}
        )
        offered = self.offered(self.desk)
        free = offered[self.chair]["free_qty"]
        self.assertGreater(free, 0)
        self.assertIs(offered[self.lamp]["free_qty"], False)
        offered = self.offered(self.desk, warehouse_id=second.id)
        self.assertEqual(offered[self.chair]["free_qty"], 0)
