from odoo import Command
from odoo.tests import tagged

from .common import fewest_queries, new_variants
from .suggestion_common import SuggestionCommon


@tagged("post_install", "-at_install")
class TestSuggestions(SuggestionCommon):
    """What is offered on a quotation, to whom, and why."""

    def test_goes_with_the_order(self):
        offered = self.offered(self.desk)
        self.assertEqual(offered[self.chair]["kind"], "cross_sell")
        self.assertEqual(
            offered[self.chair]["reason"], "Often bought together with Desk"
        )
        self.assertNotIn(self.desk, offered)

    def test_same_order_before_same_customer(self):
        """The desk's buyers, one more than of the chair, have a vase, of another day;
        with the desk, the chair of its orders comes first."""
        values = {"name": "Vase", "list_price": 5, "taxes_id": False}
        vase = self.env["product.product"].create(values)
        for buyer in self.buyers[:2] | self.new_customer("Third"):
            self.order(8, (self.desk, 1, 100), partner=buyer)
            self.order(7, (vase, 1, 5), partner=buyer)
        self.learn()
        names = [row["name"] for row in self.suggest(self.desk)["suggestions"]]
        self.assertLess(names.index("Chair"), names.index("Vase"))

    def test_better_choice(self):
        offered = self.offered(self.desk)[self.big_desk]
        self.assertEqual(offered["kind"], "up_sell")
        self.assertEqual(
            offered["reason"], "Other customers who bought Desk chose this better one"
        )
        self.assertEqual(offered["price"], 200)
        self.assertEqual(offered["difference"], 100)
        self.assertNotEqual(self.offered().get(self.big_desk, {})["kind"], "up_sell")

    def test_better_choice_nobody_made_yet(self):
        """No customer is claimed who does not exist."""
        self.env["sale.order"].search(
            [("partner_id", "=", self.buyers[0].id), ("amount_total", "=", 200)]
        ).partner_id = self.new_customer("Only Big")
        self.learn()
        self.assertEqual(
            self.offered(self.desk)[self.big_desk]["reason"],
            "A more expensive choice of the same kind as Desk",
        )

    def test_better_choice_is_dearer_for_this_customer(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Cheap Big Desk",
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "1_product",
                            "product_tmpl_id": self.big_desk.product_tmpl_id.id,
                            "compute_price": "fixed",
                            "fixed_price": 90,
                        }
                    )
                ],
            }
        )
        offered = self.offered(self.desk, pricelist_id=pricelist.id)
        self.assertNotIn("up_sell", {row["kind"] for row in offered.values()})

    def test_goes_with_what_he_bought_before(self):
        """Also when a colleague sold it, whose order the seller may not see; and not
        what the customer has already."""
        order = self.order(3, (self.desk, 1, 100), (self.lamp, 1, 20))
        order.user_id = self.env.user
        self.assertFalse(
            self.env["sale.order"]
            .with_user(self.seller)
            .search([("id", "=", order.id)])
        )
        offered = self.offered()
        self.assertEqual(offered[self.chair]["kind"], "cross_sell")
        self.assertIn(
            "which this customer bought before", offered[self.chair]["reason"]
        )
        self.assertEqual(offered[self.lamp]["kind"], "reorder")

    def test_new_customer(self):
        offered = self.offered(partner=self.new_customer("New"))
        self.assertEqual({row["kind"] for row in offered.values()}, {"popular"})
        self.assertEqual(offered[self.desk]["reason"], "Popular with your customers")

    def test_customer_of_direct_invoices(self):
        self.direct_invoice(3)
        self.assertEqual(self.offered()[self.chair]["kind"], "cross_sell")

    def test_contact_of_a_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.buyers[0].id}
        )
        offered = self.offered(partner=contact)
        self.assertEqual(offered[self.plant]["kind"], "popular")
        self.assertEqual(offered[self.desk]["kind"], "reorder")

    def test_bought_variant(self):
        """Of a product with variants, the one that this customer buys."""
        first, second = new_variants(self.env, name="Carpet")
        self.order(4, (second, 1, 10))
        self.order(3, (first, 1, 10), partner=self.buyers[1])
        self.learn()
        offered = self.offered()
        self.assertIn(second, offered)
        self.assertNotIn(first, offered)
        self.assertNotIn(second, self.offered(first), "the product is on the order")

    def test_limit(self):
        self.assertEqual(len(self.suggest(self.plant, limit=2)["suggestions"]), 2)
        kinds = [row["kind"] for row in self.suggest(self.desk, limit=2)["suggestions"]]
        self.assertEqual(kinds, ["cross_sell", "up_sell"])

    def test_more_suggestions_take_no_more_queries(self):
        values = [{"name": f"Toy {n}", "list_price": 3 + n} for n in range(20)]
        toys = self.env["product.product"].create(values)
        toys.taxes_id = False
        for buyer in self.buyers[:3]:
            for days in (30, 12):
                lines = [(toy, 1, toy.list_price) for toy in toys]
                self.order(days, (self.desk, 1, 100), *lines, partner=buyer)
        self.order(40, *((toy, 1, toy.list_price) for toy in toys[:9]))
        self.learn()
        counted = {
            limit: fewest_queries(
                self.env, lambda limit=limit: self.suggest(self.desk, limit=limit)
            )
            for limit in (5, 15)
        }
        self.assertEqual(len(self.suggest(self.desk)["suggestions"]), 15)
        self.assertEqual(counted[5], counted[15])
        self.assertLessEqual(counted[15], 25)

    def test_source_the_user_may_not_see(self):
        """A rule that hides the bought product hides its name from the reason."""
        self.order(3, (self.desk, 1, 100))
        self.hide(self.desk)
        reason = self.offered()[self.chair]["reason"]
        self.assertNotIn("Desk", reason)

    # --- an answer when there is nothing

    def test_no_customer(self):
        self.assertNothing(
            self.suggest(self.desk, partner_id=False), "Choose a customer"
        )

    def test_nothing_learned(self):
        for model in ("affinity", "product"):
            self.env[f"crm.lifecycle.{model}"].search([]).sudo().unlink()
        self.assertNothing(self.suggest(self.desk), "Nothing to suggest yet")

    def test_everything_on_the_order(self):
        products = self.desk, self.chair, self.lamp, self.big_desk, self.plant
        self.assertNothing(self.suggest(*products), "on this order already")
