"""What the quotation suggests, from the links and figures that it keeps.

The same arithmetic as the SQL of ``models/crm_lifecycle_find.py``, for the evaluation
and for the test that compares the two. It differs from the models of ``cross.py``,
``basket.py``, ``reorder.py`` and ``upsell.py`` only in what was left out of the
coefficients to keep few of them: of a product its ten largest, of a category its fifty.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from . import affinity, ranking, reorder
from .cross import with_empty_row
from .defaults import DEARER, LATEST, MUCH_DEARER, NEW
from .links import groups
from .upsell import UpSell


class Quotation:
    """Suggestions by links, asked in the same way as the models.

    :param history: see :class:`~.history.History`
    :param category, price: of each product
    :param settings: of each task
    """

    def __init__(self, history, category, price, settings):
        self.history, self.settings = history, settings
        self.category = np.asarray(category, np.int64)
        self.price = price
        self.figures = affinity.figures(history)
        self.popular = affinity.popular(history)["other"]
        link, kind = affinity.cross_sell(history, category, settings["cross"])
        self.buyers = self._matrix(link["product"], link)
        size = self.category.max(initial=0) + 1
        self.kinds = self._matrix(kind["category"], kind, size)
        link = affinity.bought_together(history, settings["basket"])
        self.together = self._matrix(link["product"], link)
        self.upsell = UpSell(history, category, price)
        link = affinity.up_sell(self.upsell, settings["upsell"])
        self.variety = self._matrix(link["product"], link)

    def suggest_cross(self, customers, _settings=None, limit=ranking.PLACES):
        """New products for each customer, best first."""
        scores = self._new(customers, self._latest()[customers])
        known = with_empty_row(self.history.bought())[customers]
        return self._best(scores - scores.multiply(known), known, limit)

    def suggest_basket(self, customers, visible, _settings=None, limit=ranking.PLACES):
        """What to add to each order, best first."""
        visible = visible.tocsr()
        return self._best(self.basket_scores(customers, visible), visible, limit)

    def basket_scores(self, customers, visible):
        """Orders by products; ``visible`` are those on the order."""
        settings, visible = self.settings["basket"], sparse.csr_matrix(visible)
        own = self.habits(settings, settings["habit"], demand=0, due=0, days=0)
        own = own[customers]
        new = self._new(customers, self._latest()[customers].maximum(visible))
        new = new - new.multiply(own > 0)
        scores = (visible @ self.together + own + NEW * new).tocsr()
        share = self.figures["order_share"][scores.indices]
        scores.data += settings["popular"] * share
        return scores

    def empty_scores(self, customers):
        """Customers by products, of an order without any yet."""
        own = self.habits(self.settings["reorder"], 1.0)[customers]
        new = self._new(customers, self._latest()[customers])
        return own + NEW * (new - new.multiply(own > 0))

    def suggest_reorder(self, customers, _settings=None, limit=ranking.PLACES):
        """What each customer is most likely to buy again."""
        own = self.habits(self.settings["reorder"], 1.0)[customers]
        return self._best(own, own[:, :0], limit)

    def suggest_upsell(self, customers, kinds, _settings=None, limit=ranking.PLACES):
        """Dearer products of a type than each customer usually takes; those that he
        knows come last."""
        settings, model = self.settings["upsell"], self.upsell
        share, shrink = model.shares(settings), settings["shrink"]
        bought = with_empty_row(self.history.bought())
        usual = model.usual_prices(customers, kinds)
        found = np.full((len(customers), limit), ranking.NOTHING)
        for row, (customer, kind) in enumerate(zip(customers, kinds, strict=True)):
            products = model.types[kind]
            own = np.intersect1d(bought[customer].indices, products)
            score = (
                self.variety[own].sum(axis=0).A1[products]
                + share[products] * (shrink / (self.history.buyers[own] + shrink)).sum()
            )
            score = score / score.max(initial=1e-9) - np.isin(products, own)
            rate = model.price[products] / usual[row]
            fit = (rate >= DEARER) & (rate <= MUCH_DEARER)
            best = products[fit][np.argsort(-score[fit], kind="stable")[:limit]]
            found[row, : len(best)] = best
        return found

    def habits(self, settings, coefficient, **changed):
        """Customers by products, see ``reorder.weights``; the last row is empty."""
        options = {**reorder.DEFAULTS, **settings, **changed}
        weight = coefficient * reorder.weights(self.history, options)
        return with_empty_row(self.history.bought(weight))

    def _latest(self):
        """Customers by products: 1 for the 200 products that he bought last, less if
        that is long ago and the settings say so."""
        history, half_life = self.history, self.settings["cross"]["half_life"]
        customer, product = history.pairs
        order = np.lexsort((product, history.last, customer))
        kept = np.zeros(len(order), bool)
        kept[order] = groups(customer[order])[0] < LATEST
        weight = kept.astype(float)
        if half_life:
            weight *= 0.5 ** (history.last / half_life)
        return with_empty_row(history.bought(weight))

    def _new(self, customers, latest):
        """Scores of products by what the customers of these products bought."""
        settings, history = self.settings["cross"], self.history
        size = self.category.max(initial=0) + 1
        ones = np.ones(len(history.customer), np.float32)
        place = (history.customer, self.category[history.product])
        bought = sparse.csr_matrix((ones, place), (history.customers, size))
        bought = with_empty_row(bought.log1p())[customers]
        popular = np.zeros(history.products, np.float32)
        popular[self.popular] = 1e-9  # so that they take part
        popular = sparse.csr_matrix(np.ones((len(customers), 1))) @ popular[None]
        scores = latest @ self.buyers + bought @ self.kinds
        scores = sparse.csr_matrix(scores + sparse.csr_matrix(popular))
        figures, place = self.figures, scores.indices
        scores.data += settings["popular"] * figures["buyer_share"][place]
        scores.data *= figures["demand"][place] ** settings["trend"]
        return scores

    def _best(self, scores, without, limit):
        scores = scores.tocoo()
        kept = scores.data > 0
        if without.shape == scores.shape:
            taken = without.tocsr()[scores.row, scores.col]
            kept &= np.asarray(taken).ravel() == 0
        return ranking.best_of_groups(
            *(part[kept] for part in (scores.row, scores.col, scores.data)),
            scores.shape[0],
            limit,
        )

    def _matrix(self, row, link, rows=None):
        size = self.history.products
        place = (row, link["other"])
        weight = link["weight"].astype(np.float32)
        return sparse.csr_matrix((weight, place), (rows or size, size))
