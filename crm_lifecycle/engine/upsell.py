"""A dearer product of the same type than the customer usually takes."""

from __future__ import annotations

import numpy as np

from . import defaults, ranking
from .links import groups

DEFAULTS = defaults.TASKS["upsell"]
CHOICES = {"shrink": (5.0, 20.0, 80.0), "fresh": (0.0, 0.3, 0.6)}
# Most bought products of a type that are compared.
MAX_PRODUCTS = 1500
HALF_LIFE = 120.0
# Numbers of common customers that are kept for the next query.
MAX_CELLS = 10_000_000


class UpSell:
    """Dearer products of a type, by what the customer bought of it.

    :param history: see :class:`~.history.History`
    :param category: type of each product, numbers from 0, shape (products,)
    :param price: of each product in one currency, shape (products,); products without
        a positive price are dearer than none
    """

    def __init__(self, history, category, price):
        self.history = history
        self.price = np.where(np.isfinite(price) & (np.asarray(price) > 0), price, 0.0)
        self.category = np.asarray(category, np.int64)
        most = np.lexsort((-history.buyers, self.category))
        most = most[history.buyers[most] > 0]
        most = most[groups(self.category[most])[0] < MAX_PRODUCTS]
        parts = np.split(most, np.flatnonzero(np.diff(self.category[most])) + 1)
        self.types = {int(self.category[part[0]]): part for part in parts if part.size}
        self.bought = history.bought()
        self.fresh = history.fresh_buyers(HALF_LIFE)
        self._columns, self._both, self._cells = self.bought.tocsc(), {}, 0
        self._own = {}

    def usual_prices(self, customers, kinds):
        """Mean price of what each customer bought of each type, every order counting
        once; nan if he bought nothing of it."""
        history, size = self.history, self.category.max(initial=0) + 1
        priced = self.price[history.product] > 0
        customer, product = history.customer[priced], history.product[priced]
        keys, place = np.unique(
            customer * size + self.category[product], return_inverse=True
        )
        paid = np.bincount(place, self.price[product], minlength=len(keys))
        mean = paid / np.maximum(np.bincount(place, minlength=len(keys)), 1)
        wanted = np.asarray(customers) * size + kinds
        found = np.searchsorted(keys, wanted)
        known = np.append(keys, -1)[found] == wanted
        return np.where(known & (customers >= 0), np.append(mean, 0)[found], np.nan)

    def suggest(self, customers, kinds, settings, limit=ranking.PLACES):
        """Dearer products that each customer has not bought yet, best first; then those
        that he has bought.

        ::

            sum over his products i of
                (both(i, j) + shrink * share j) / (buyers i + shrink)
            * (fresh share j / share j) ^ fresh

        share: of the purchases of the type by distinct customers; a fresh one counts
        half for every 120 days. Without a product of his own, the share alone.

        :param customers: number of the customer of each query, -1 for an unknown one
        :param kinds: type of each query
        :return: products, shape (queries, limit), ends of rows ``ranking.NOTHING``
        """
        found = np.full((len(customers), limit), ranking.NOTHING)
        usual = self.usual_prices(customers, kinds)
        for row in np.lexsort((customers, kinds)):
            query = customers[row], kinds[row], usual[row]
            products, score = self._one(*query, settings)
            best = products[np.argsort(-score, kind="stable")[:limit]]
            found[row, : len(best)] = best
        return found

    def weights(self, kind, rows, settings):
        """What each of some products says for all of its type; see :meth:`suggest`.

        :param rows: places of the products at hand among those of the type
        :return: shape (rows, products of the type), 0 for a product and itself
        """
        buyers, share, fresh = self._shares(kind)
        weight = self._pairs(kind)[rows] + settings["shrink"] * share
        weight /= (buyers[rows] + settings["shrink"])[:, None]
        weight *= (fresh / share) ** settings["fresh"]
        weight[np.arange(len(rows)), rows] = 0
        return weight

    def common(self, kind, settings, least=1):
        """Of :meth:`weights` of all products of a type, what common buyers say; nothing
        where there are fewer than ``least`` of them. The rest is, for all products at
        hand, the sum of ``shrink / (buyers + shrink)``, times :meth:`shares`."""
        buyers, share, fresh = self._shares(kind)
        both = self._pairs(kind)
        weight = both * (both >= least) / (buyers + settings["shrink"])[:, None]
        weight *= (fresh / share) ** settings["fresh"]
        weight[np.diag_indices_from(weight)] = 0
        return weight

    def shares(self, settings):
        """Share of each product in the purchases of its type, fresh ones counting more;
        0 if nobody bought it."""
        found = np.zeros(self.history.products)
        for kind, products in self.types.items():
            _buyers, share, fresh = self._shares(kind)
            found[products] = share * (fresh / share) ** settings["fresh"]
        return found

    def _shares(self, kind):
        """Buyers of each product of a type, and the shares of all and of fresh ones."""
        products = self.types[kind]
        buyers, fresh = self.history.buyers[products], self.fresh[products]
        return buyers, buyers / buyers.sum(), fresh / fresh.sum()

    def _one(self, customer, kind, usual, settings):
        products = self.types.get(kind)
        if products is None:
            return np.zeros(0, int), np.zeros(0)
        own = np.zeros(0, int)
        if customer >= 0:
            own = self._owned(customer, kind)
        if own.size:
            score = self.weights(kind, own, settings).sum(axis=0)
        else:
            score = self.shares(settings)[products]
        known = np.zeros(len(products))
        known[own] = 1
        dearer = self.price[products] > 0
        if usual > 0:
            dearer = self.price[products] >= defaults.DEARER * usual
        # What he knows comes after all that he does not.
        score = score / (score.max() or 1.0) - known
        return products[dearer], score[dearer]

    def _owned(self, customer, kind):
        """Places of what a customer bought, among the products of a type; remembered,
        because the same is asked with other settings."""
        key = customer, kind
        if key not in self._own:
            bought = self.bought.indices[slice(*self.bought.indptr[customer:][:2])]
            self._own[key] = np.flatnonzero(np.isin(self.types[kind], bought))
        return self._own[key]

    def _pairs(self, kind):
        """Customers who bought both, for the products of one type."""
        if kind not in self._both:
            bought = self._columns[:, self.types[kind]]
            if self._cells > MAX_CELLS:
                self._both.clear()
                self._cells = 0
            self._both[kind] = (bought.T @ bought).toarray()
            self._cells += self._both[kind].size
        return self._both[kind]
