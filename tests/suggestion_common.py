from .common import LifecycleCommon
from .shop_common import ShopMixin


class SuggestionCommon(ShopMixin, LifecycleCommon):
    """A shop in which something can be suggested.

    Two customers bought desk, chair and lamp, and one of them the big desk later; two
    others a plant. The seller may see his own documents only, and none of these is his.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.new_seller()
        cls.env.user.group_ids |= cls.env.ref("product.group_product_pricelist")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.lamp, cls.big_desk, cls.plant = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "list_price": price,
                    "taxes_id": False,
                    "categ_id": category.id,
                }
                for name, price, category in (
                    ("Lamp", 20, cls.chair.categ_id.create({"name": "Lamp"})),
                    ("Big Desk", 200, cls.desk.categ_id),
                    ("Plant", 5, cls.chair.categ_id.create({"name": "Plant"})),
                )
            ]
        )
        cls.buyers = cls.env["res.partner"].union(
            *(cls.new_customer(f"Buyer {number}") for number in range(4))
        )
        together = [(cls.desk, 1, 100), (cls.chair, 1, 30), (cls.lamp, 1, 20)]
        for buyer in cls.buyers[:2]:
            cls.order(20, *together, partner=buyer)
        cls.order(5, (cls.big_desk, 1, 200), partner=cls.buyers[0])
        for buyer in cls.buyers[2:]:
            cls.order(9, (cls.plant, 1, 5), partner=buyer)
        cls.learn()

    @classmethod
    def learn(cls):
        cls.env["crm.lifecycle.affinity"]._learn(cls.company, cls.as_of)

    def suggest(self, *products, limit=15, user=None, partner=None, **values):
        """What the seller is shown on a quotation with these products."""
        screen = {
            "partner_id": (partner or self.customer).id,
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "warehouse_id": self.warehouse.id,
            "date_order": "2026-06-01 10:00:00",
            "state": "draft",
            "locked": False,
            **values,
        }
        self.env.flush_all()
        with self.days_ago(0):
            return (
                self.env["sale.order"]
                .with_user(user or self.seller)
                .lifecycle_suggestions(
                    screen, [self.line(product) for product in products], limit
                )
            )

    @staticmethod
    def line(product):
        """:param product: a product, a saved line that the screen does not show, or
        (product, quantity, unit)"""
        if getattr(product, "_name", None) == "sale.order.line":
            return {"id": product.id}
        if not isinstance(product, tuple):
            return {"product_id": product.id}
        product, quantity, unit = product
        return {
            "product_id": product.id,
            "product_uom_qty": quantity,
            "product_uom_id": unit.id,
        }

    def offered(self, *products, **values):
        """:return: what is suggested, by product"""
        return {
            self.env["product.product"].browse(suggestion["product_id"]): suggestion
            for suggestion in self.suggest(*products, **values)["suggestions"]
        }

    def assertNothing(self, result, words):
        self.assertEqual(result["suggestions"], [])
        self.assertIn(words, result["message"])

    def hide(self, product):
        self.env["ir.rule"].create(
            {
                "name": "Hidden product",
                "model_id": self.env["ir.model"]._get_id("product.template"),
                "domain_force": [("id", "!=", product.product_tmpl_id.id)],
            }
        )
