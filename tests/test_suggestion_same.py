import numpy as np

from odoo.tests import tagged

from odoo.addons.crm_lifecycle.engine.quotation import Quotation

from .find_common import FindCommon


@tagged("post_install", "-at_install")
class TestSuggestionSame(FindCommon):
    """What SQL suggests is what the evaluation grades: the same scores."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = np.random.default_rng(0)
        categories = cls.env["product.category"].create(
            [{"name": f"Category {number}"} for number in range(3)]
        )
        cls.products = cls.env["product.product"].union(
            *(
                cls.new_product(f"P{n}", 5.0 * (n + 1), categories[n % 3])
                for n in range(12)
            )
        )
        cls.buyers = [cls.new_customer(f"Buyer {number}") for number in range(14)]
        for buyer in cls.buyers:
            taste = rng.choice(12, 5, replace=False)
            for days in rng.choice(300, 3, replace=False):
                some = (cls.products[i] for i in rng.choice(taste, 3, replace=False))
                cls.buy(buyer, int(days) + 1, *some)
        cls.settings = {
            "cross": {"ridge": 2.0, "half_life": 180.0, "trend": 0.35, "popular": 0.5},
            "basket": {"half_life": 6.0, "repeat": 0.5, "popular": 0.2},
            "reorder": {"half_life": 8.0, "demand": 0.2, "due": 0.4, "days": 60.0},
        }
        Model = cls.env["crm.lifecycle.suggestion.model"]
        for task in ("cross", "basket", "reorder", "upsell"):
            settings = {**Model._get_settings(cls.company)[task]}
            settings |= cls.settings.get(task, {})
            Model._remember(cls.company, task, cls.as_of, settings, {"cases": 0})
        cls.learn()
        Affinity = cls.Affinity
        buyers = Affinity._get_buyer_ids(cls.company, cls.as_of)
        parts = [Affinity._read_purchases(cls.company, cls.as_of, buyers)]
        cls.past = past = Affinity._get_past(cls.company, cls.as_of, parts, buyers)
        cls.quotation = Quotation(
            past.history, past.category, past.price, Model._get_settings(cls.company)
        )

    def assertSame(self, buyer, ordered, expected):
        """:param expected: scores by product number"""
        found = {
            row["product_id"]: row["weight"]
            for row in self.find(*ordered, partner=buyer, limit=50)
            if row["kind"] != "up_sell"
        }
        self.assertGreater(len(found), 3)
        for product in self.products - self.env["product.product"].union(*ordered):
            number = np.searchsorted(self.past.templates, product.product_tmpl_id.id)
            self.assertAlmostEqual(
                found.get(product.id, 0), expected[number], 5, product.name
            )

    def number(self, buyer):
        return np.array([np.searchsorted(self.past.customers, buyer.id)])

    def test_order(self):
        for buyer, product in zip(self.buyers[:5], self.products, strict=False):
            visible = self.past.templates == product.product_tmpl_id.id
            scores = self.quotation.basket_scores(
                self.number(buyer), visible[None].astype(np.float32)
            )
            self.assertSame(buyer, [product], scores.toarray()[0])

    def test_empty_order(self):
        """What he bought by the reorder model, what he did not by the cross model."""
        for buyer in self.buyers[:5]:
            scores = self.quotation.empty_scores(self.number(buyer))
            self.assertSame(buyer, [], scores.toarray()[0])
