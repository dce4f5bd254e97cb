from odoo import Command
from odoo.tests import Form, tagged

from odoo.addons.crm_lifecycle.models import crm_lifecycle_find_rules

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

    def test_better_choice_for_the_quantity_of_the_line(self):
        """Two dozens of the desk become 24 of the big one, at the price of so many."""
        pricelist = self.new_pricelist(
            compute_price="fixed", fixed_price=150, min_quantity=24
        )
        pricelist.item_ids.write(
            {
                "applied_on": "1_product",
                "product_tmpl_id": self.big_desk.product_tmpl_id.id,
            }
        )
        dozens = self.env.ref("uom.product_uom_dozen")
        for quantity, unit, price in (
            (2, dozens, 150),
            (2, self.desk.uom_id, 200),
            (24, self.desk.uom_id, 150),
        ):
            row = self.offered((self.desk, quantity, unit), pricelist_id=pricelist.id)
            row = row[self.big_desk]
            with self.subTest(quantity=quantity, unit=unit.name):
                self.assertEqual(row["replaces"], self.desk.id)
                self.assertEqual(row["price"], price)
                self.assertEqual(row["difference"], price - 100)
                self.assertEqual(row["quantity"], 24 if price == 150 else 2)

    def test_margin_of_a_better_choice(self):
        """Known when both costs are, without taxes, in the currency of the order."""
        self.desk.standard_price, self.big_desk.standard_price = 60, 0
        self.assertIsNone(self.offered(self.desk)[self.big_desk]["margin"])
        self.big_desk.standard_price = 110
        self.assertEqual(self.offered(self.desk)[self.big_desk]["margin"], 50)
        tax = {
            "name": "Included",
            "amount": 25,
            "price_include_override": "tax_included",
        }
        self.big_desk.taxes_id = self.env["account.tax"].create(tax)
        self.assertEqual(self.offered(self.desk)[self.big_desk]["margin"], 10)
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2)])
        pricelist = self.new_pricelist(currency)
        values = {"pricelist_id": pricelist.id, "currency_id": currency.id}
        row = self.offered(self.desk, **values)[self.big_desk]
        self.assertAlmostEqual(row["margin"], 20)
        self.assertIn("€", row["margin_label"])

    def test_margin_for_readers_of_the_cost_only(self):
        self.desk.standard_price, self.big_desk.standard_price = 60, 110
        cost = self.env["product.product"]._fields["standard_price"]
        self.patch(cost, "groups", "sales_team.group_sale_manager")
        row = self.offered(self.desk)[self.big_desk]
        self.assertFalse(row["margin"] or row["margin_label"])
        row = self.offered(self.desk, user=self.env.user)[self.big_desk]
        self.assertEqual(row["margin"], 50)

    def test_usual_quantity(self):
        """What he takes each time is priced and added by that quantity."""
        pricelist = self.new_pricelist(
            compute_price="percentage", percent_price=50, min_quantity=12
        )
        row = {
            "kind": "reorder",
            "product_id": self.chair.id,
            "source": None,
            "on_order": False,
            "support": 3,
            "quantity": 12.0,
            "due_days": 4,
            "last_date": "2026-05-01",
            "origin": "learned",
            "rule_id": None,
        }
        Affinity = self.env.registry["crm.lifecycle.affinity"]
        self.patch(Affinity, "_find", lambda *args: {self.customer.id: [dict(row)]})
        offered = self.offered(pricelist_id=pricelist.id)[self.chair]
        self.assertEqual((offered["quantity"], offered["price"]), (12, 15))
        self.assertTrue(offered["is_usual"])
        self.assertEqual(offered["kind_label"], "Time to reorder")
        self.assertEqual(
            offered["reason"],
            "Bought last on 05/01/2026; needed again around 05/28/2026",
        )
        row.update(due_days=None, quantity=1.0)
        offered = self.offered()[self.chair]
        self.assertFalse(offered["is_usual"])
        self.assertEqual(offered["kind_label"], "Buy again")
        self.assertEqual(offered["reason"], "Bought 3 times, last on 05/01/2026")
        row.update(support=1)
        reason = self.offered()[self.chair]["reason"]
        self.assertEqual(reason, "Bought before, on 05/01/2026")

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
        in_warehouse = self.chair.with_context(warehouse_id=self.warehouse.id)
        self.assertEqual(free, in_warehouse.free_qty)
        self.assertIs(offered[self.lamp]["free_qty"], False)
        offered = self.offered(self.desk, warehouse_id=second.id)
        self.assertEqual(offered[self.chair]["free_qty"], 0)

    def test_substitute_for_what_is_out_of_stock(self):
        """A declared alternative is offered though it is not dearer, as long as there
        is some of it and none of what is on the order."""
        self.patch(
            crm_lifecycle_find_rules,
            "DECLARED_FIELDS",
            [("optional_product_ids", "up_sell")],
        )
        cheap = self.plant
        (self.desk | cheap).is_storable = True
        self.desk.product_tmpl_id.optional_product_ids = cheap.product_tmpl_id
        Quant = self.env["stock.quant"]
        shelf = self.warehouse.lot_stock_id

        def is_offered(**values):
            self.env.invalidate_all()
            row = self.offered(self.desk, **values).get(cheap, {})
            return row.get("kind") == "up_sell" and row

        self.assertFalse(is_offered(), "there is none of it either")
        Quant._update_available_quantity(cheap, shelf, 5)
        row = is_offered()
        self.assertEqual(row["replaces"], self.desk.id)
        self.assertEqual(row["kind_label"], "Substitute")
        self.assertEqual(row["reason"], "Instead of Desk, which is out of stock")
        self.assertEqual(row["difference"], -95)
        self.assertFalse(is_offered(state="sale"), "the order itself took the stock")
        Quant._update_available_quantity(self.desk, shelf, 5)
        self.assertFalse(is_offered())
