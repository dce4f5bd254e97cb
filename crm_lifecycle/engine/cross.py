"""What a customer has never bought, but customers like him have."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from . import defaults, ease, ranking

DEFAULTS = defaults.TASKS["cross"]
CHOICES = {
    "ridge": (2.0, 7.0, 20.0, 60.0),
    "orders": (0.0, 0.5),
    "trend": (0.0, 0.35),
    "half_life": (0.0, 60.0, 180.0),
    "categories": (0.0, 0.3),
    "popular": (0.05, 0.5),
}
# Customers scored at once, and categories that take part with their customers.
BLOCK = 1000
MAX_CATEGORIES, MIN_CUSTOMERS = 500, 5


class Cross:
    """Scores of products for customers, by what they bought: EASE on customers.

    :param history: see :class:`~.history.History`
    :param category: of each product, numbers from 0, shape (products,)
    :param max_products: most bought products that are compared and suggested
    """

    def __init__(self, history, category, max_products=3000):
        self.history = history
        most = np.argsort(-history.buyers, kind="stable")[:max_products]
        self.core = most[history.buyers[most] > 0]
        self.category = np.asarray(category)
        self._known = {}
        self._by_category = self._categories()

    def scores(self, customers, settings):
        """What each customer is to be offered.

        ::

            (X B + popular * share of all customers who bought it) * demand ^ trend

        X has a column per product (1 if bought, less if long ago) and per category
        (logarithm of its orders, times ``categories``); B is EASE on
        X'X + orders * O'O with orders O, and the ridge a multiple of the mean
        number of buyers of a product.

        :param customers: their numbers, -1 for an unknown one
        :param settings: see ``DEFAULTS``; half_life in days, 0 for none
        :return: shape (customers, core products)
        """
        columns, weights = self._learned(settings)
        history, core = self.history, self.core
        share = history.buyers[core] / max((history.orders > 0).sum(), 1)
        scores = columns[customers] @ weights + np.float32(settings["popular"]) * share
        return scores * history.demand[core] ** settings["trend"]

    def suggest(self, customers, settings, limit=ranking.PLACES):
        """New products for each customer, best first.

        :return: products, shape (customers, limit), ends of rows ``ranking.NOTHING``
        """
        bought = with_empty_row(self.history.bought()[:, self.core])
        core = np.append(self.core, ranking.NOTHING)  # NOTHING is the last place
        parts = [np.zeros((0, limit), int)]
        for block in np.array_split(customers, len(customers) // BLOCK + 1):
            scores = self.scores(block, settings)
            scores[bought[block].toarray() > 0] = -np.inf
            parts.append(core[ranking.best(scores, limit)])
        return np.concatenate(parts)

    @property
    def kinds(self):
        """Numbers of the categories that take part."""
        return self._by_category[1]

    def weights(self, settings):
        """Coefficients for the core products: of having bought each of them, and of the
        logarithm of one more than the purchases in each of ``kinds``."""
        weights = self._learned(settings)[1]
        return np.split(weights, [len(self.core)])

    def _learned(self, settings):
        """Columns of all customers, and their coefficients for the core products."""
        name = tuple(settings[key] for key in ("categories", "orders", "half_life"))
        if self._known.get("gram") != name:
            self._known = {"gram": name}
            self._known["columns"] = columns = self._columns(settings)
            gram = ease.gram(columns)
            if settings["orders"]:
                order = self.history.baskets()[:, self.core]
                both = ease.gram(order)
                both *= np.float32(settings["orders"])
                gram[: len(both), : len(both)] += both
            self._known["matrix"] = gram
        if self._known.get("ridge") != settings["ridge"]:
            gram, size = self._known["matrix"], len(self.core)
            mean = self.history.buyers[self.core].mean() if size else 1.0
            ridge = settings["ridge"] * mean
            self._known["weights"] = ease.regression(gram, ridge)[:, :size]
            self._known["ridge"] = settings["ridge"]
        return self._known["columns"], self._known["weights"]

    def _columns(self, settings):
        history = self.history
        weight = None
        if settings["half_life"]:
            weight = 0.5 ** (history.last / settings["half_life"])
        columns = [history.bought(weight)[:, self.core]]
        if settings["categories"]:
            columns.append(settings["categories"] * self._by_category[0])
        return with_empty_row(sparse.hstack(columns, "csr", np.float32))

    def _categories(self):
        """Customers by categories, logarithm of one more than the rows bought; and the
        numbers of these categories."""
        history = self.history
        size = self.category.max(initial=0) + 1
        one = np.ones(len(history.customer), np.float32)
        place = (history.customer, self.category[history.product])
        rows = sparse.csr_matrix((one, place), (history.customers, size))
        rows = rows.log1p()
        customers = np.bincount(rows.indices, minlength=size)
        most = np.argsort(-customers, kind="stable")[:MAX_CATEGORIES]
        most = most[customers[most] >= MIN_CUSTOMERS]
        return rows[:, most], most


def with_empty_row(matrix):
    """The matrix with a last row, which -1 means, of customers without purchases."""
    empty = sparse.csr_matrix((1, matrix.shape[1]), dtype=np.float32)
    return sparse.vstack([matrix, empty], "csr")
