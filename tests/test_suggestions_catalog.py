from odoo.tests import tagged

from .suggestion_common import SuggestionCommon


@tagged("post_install", "-at_install")
class TestSuggestionsCatalog(SuggestionCommon):
    """Odoo's product catalog marks what is suggested for its order, and finds it."""

    def catalog(self, order, user=None):
        """The products as a seller reads them in the catalog of `order`."""
        self.env.flush_all()
        action = order.with_user(user or self.seller).action_add_from_catalog()
        return (
            self.env["product.product"]
            .with_user(user or self.seller)
            .with_context(action["context"])
        )

    def search(self, products, operator, value):
        with self.days_ago(0):
            return products.search([("lifecycle_suggested_as", operator, value)])

    def setUp(self):
        super().setUp()
        self.quotation = self.order(0, confirm=False, user_id=self.seller.id)

    def test_badge(self):
        products = self.catalog(self.quotation)
        with self.days_ago(0):
            values = {
                product: products.browse(product.id).lifecycle_suggested_as
                for product in (self.desk, self.chair, self.big_desk)
            }
        self.assertEqual(
            values,
            {self.desk: False, self.chair: "cross_sell", self.big_desk: "up_sell"},
        )
        mark = products.browse(self.big_desk.id).lifecycle_suggestion
        self.assertEqual(mark, f"up_sell:{self.desk.product_tmpl_id.id}:0")

    def test_filter(self):
        products = self.catalog(self.quotation)
        suggested = self.search(products, "!=", False)
        self.assertEqual(suggested & self.desk, self.desk.browse())
        self.assertIn(self.chair, suggested)
        self.assertIn(self.desk, self.search(products, "=", False))
        self.assertNotIn(self.chair, self.search(products, "=", False))
        self.assertEqual(self.search(products, "in", ["up_sell"]), self.big_desk)

    def test_never_for_an_excluded_customer(self):
        self.customer.lifecycle_excluded = True
        products = self.catalog(self.quotation)
        self.assertFalse(self.search(products, "!=", False))

    def test_never_what_was_declined_or_is_not_for_sale(self):
        suggested = self.search(self.catalog(self.quotation), "!=", False)
        self.assertEqual(suggested & (self.chair | self.lamp), self.chair | self.lamp)
        screen = {
            "id": self.quotation.id,
            "partner_id": self.customer.id,
            "company_id": self.company.id,
        }
        row = {"product_id": self.chair.id, "kind": "cross_sell"}
        with self.days_ago(0):
            self.quotation.with_user(self.seller).lifecycle_suggestion_decline(
                screen, row, "has_it"
            )
        self.lamp.sale_ok = False
        suggested = self.search(self.catalog(self.quotation), "!=", False)
        self.assertIn(self.big_desk, suggested)
        self.assertFalse(suggested & (self.chair | self.lamp))

    def test_never_for_a_held_out_customer(self):
        experiment = self.env["crm.lifecycle.holdout"].create(
            {"name": "Nearly all", "share": 0.999999}
        )
        with self.days_ago(1):
            experiment.action_start()
        products = self.catalog(self.quotation)
        self.assertFalse(self.search(products, "!=", False))

    def test_outside_the_catalog_of_a_sale(self):
        products = self.env["product.product"].with_user(self.seller)
        self.assertFalse(self.search(products, "!=", False))
        self.assertFalse(products.browse(self.chair.id).lifecycle_suggested_as)
