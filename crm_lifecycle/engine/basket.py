"""What is still missing from the order that is being written."""

from __future__ import annotations

import numpy as np

from . import defaults, ease, ranking, reorder
from .cross import with_empty_row

DEFAULTS = defaults.TASKS["basket"]
CHOICES = {
    "habit": (0.1, 0.25, 0.5, 1.0, 2.0, 4.0),
    "half_life": (3.0, 6.0, 15.0, 40.0),
    "repeat": (0.0, 0.5),
    "ridge": (0.5, 1.0, 3.0, 10.0),
    "popular": (0.02, 0.2),
}
BLOCK = 1000


class Basket:
    """Scores of products for orders, by what is on them and what the customer buys.

    :param history: see :class:`~.history.History`
    :param max_products: products on most orders, which are compared; what else the
        customer has bought before competes by his habit alone
    """

    def __init__(self, history, max_products=3000):
        self.history = history
        ordered = np.bincount(history.product, minlength=history.products)
        most = np.argsort(-ordered, kind="stable")[:max_products]
        self.core = most[ordered[most] > 0]
        self.share = ordered[self.core] / max(history.orders.sum(), 1)
        self._known = {}

    def suggest(self, customers, visible, settings, limit=ranking.PLACES):
        """Products to add to each order, best first.

        ::

            V B + habit * share of his orders with it + popular * share of all orders

        V: the products on the order; B: EASE on all orders, the ridge a multiple of the
        mean number of orders of a product; the share of his orders as in
        :mod:`~.reorder`.

        :param customers: number of the customer of each order, -1 for an unknown one
        :param visible: sparse matrix of orders by products, 1 for what is on them
        :return: products, shape (orders, limit), ends of rows ``ranking.NOTHING``
        """
        weights = self.weights(settings["ridge"])
        bought = self._habits(settings)
        visible = visible.tocsr()
        prior = np.float32(settings["popular"]) * self.share
        parts = [np.zeros((0, limit), int)]
        for rows in np.array_split(
            np.arange(len(customers)), len(customers) // BLOCK + 1
        ):
            own, shown = bought[customers[rows]], visible[rows]
            scores = np.asarray(shown[:, self.core] @ weights) + prior
            parts.append(self._best(scores, own, shown, limit))
        return np.concatenate(parts)

    def _best(self, scores, own, shown, limit):
        """Best of the compared products and of the customer's others."""
        history, core = self.history, self.core
        scores = scores + own[:, core].toarray()
        scores[shown[:, core].toarray() > 0] = -np.inf
        place = ranking.best(scores, limit)
        row, column = np.nonzero(place != ranking.NOTHING)
        place = place[row, column]
        compared = np.zeros(history.products, bool)
        compared[core] = True
        rest = own.tocoo()
        kept = ~compared[rest.col]
        kept &= ~np.isin(
            rest.row * history.products + rest.col,
            shown.tocoo().row * history.products + shown.tocoo().col,
        )
        return ranking.best_of_groups(
            np.append(row, rest.row[kept]),
            np.append(core[place], rest.col[kept]),
            np.append(scores[row, place], rest.data[kept]),
            len(scores),
            limit,
        )

    def _habits(self, settings):
        """Customers by products; the last row, which -1 means, is empty."""
        history = self.history
        name = tuple(settings[key] for key in ("habit", "half_life", "repeat"))
        if self._known.get("habit") != name:
            options = {**reorder.DEFAULTS, "due": 0, "days": 0, "demand": 0}
            options.update(half_life=settings["half_life"], repeat=settings["repeat"])
            own = history.bought(settings["habit"] * reorder.weights(history, options))
            self._known["habits"] = with_empty_row(own)
            self._known["habit"] = name
        return self._known["habits"]

    def weights(self, ridge):
        """Coefficients of EASE on all orders, shape (core products, core products)."""
        if "matrix" not in self._known:
            order = self.history.baskets()[:, self.core]
            self._known["matrix"] = ease.gram(order)
        if self._known.get("ridge") != ridge:
            gram = self._known["matrix"]
            mean = gram.diagonal().mean() if gram.size else 1.0
            self._known["weights"] = ease.regression(gram, ridge * mean)
            self._known["ridge"] = ridge
        return self._known["weights"]
