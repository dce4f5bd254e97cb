from .common import LifecycleCommon


class FindCommon(LifecycleCommon):
    """A shop that learns, and what it would suggest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Affinity = cls.env["crm.lifecycle.affinity"]
        cls.Rule = cls.env["crm.lifecycle.suggestion.rule"]

    @classmethod
    def new_product(cls, name, price=10, categ=None, **values):
        categ = categ or cls.env["product.category"].create({"name": name})
        return cls.env["product.product"].create(
            {
                "name": name,
                "list_price": price,
                "taxes_id": False,
                "categ_id": categ.id,
                **values,
            }
        )

    @classmethod
    def buy(cls, partner, days, *products, quantity=1):
        lines = [(product, quantity, product.list_price) for product in products]
        return cls.order(days, *lines, partner=partner)

    @classmethod
    def learn(cls):
        cls.Affinity._learn(cls.company, cls.as_of)

    def find(self, *products, partner=None, limit=15):
        """:return: rows in order"""
        variants = self.env["product.product"]._search([("sale_ok", "=", True)])
        partner = partner or self.customer
        with self.days_ago(0):
            return self.Affinity._find(
                self.company,
                partner.ids,
                [product.product_tmpl_id.id for product in products],
                variants,
                limit,
            )[partner.id]

    def found(self, *products, **values):
        """:return: rows by product, of better choices the better choice"""
        rows = self.find(*products, **values)
        return {
            self.env["product.product"].browse(row["product_id"]): row
            for row in reversed(rows)
        }
