"""Suggestions for queries, by the functions of the engine."""

import numpy as np
import pandas as pd
from scipy import sparse

from engine import choose, ranking
from engine.basket import Basket
from engine.cross import Cross
from engine.reorder import Reorder
from engine.upsell import HALF_LIFE, UpSell

from .goods import customer_names

COLUMNS = {
    "cross": ["key"],
    "basket": ["key", "customer", "product"],
    "reorder": ["key"],
    "upsell": ["key", "customer", "type"],
}


def read_queries(path, task):
    """One row per query or, for a basket, per product that is on it."""
    queries = pd.read_csv(path, dtype=str, keep_default_na=False)
    if "customer" not in queries and "key" in queries:
        queries["customer"] = queries.key
    missing = {*COLUMNS[task]} - {*queries.columns}
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}")
    return queries.assign(customer=customer_names(queries.customer))


def answer(goods, task, queries):
    """The ten best products for every query, with the settings that the past before the
    cut speaks for.

    :return: frame of key, product and rank
    """
    past = (goods.history, goods.category, goods.price)
    settings, _ = choose.choose(task, *past)
    single = queries.drop_duplicates("key")
    # The engine knows an unknown customer as -1, which is what pandas calls him.
    customers = goods.customers.get_indexer(single.customer)
    bought = goods.history.bought()

    def known(row):
        return bought[customers[row]].indices if customers[row] >= 0 else []

    if task == "cross":
        model = Cross(goods.history, goods.category)
        found, taken = model.suggest(customers, settings), known
    elif task == "reorder":
        found, taken = Reorder(goods.history).suggest(customers, settings), _none
    elif task == "basket":
        visible = _visible(goods, single, queries)
        found = Basket(goods.history).suggest(customers, visible, settings)

        def taken(row):
            return visible[row].indices

    else:
        kinds = goods.categories.get_indexer(single.type)
        model = UpSell(goods.history, goods.category, goods.price)
        found, taken = model.suggest(customers, kinds, settings), _none
        # Of a type without a dearer product, at least its most bought ones.
        for row in np.flatnonzero(found[:, 0] == ranking.NOTHING):
            others = model.types.get(kinds[row], [])[: found.shape[1]]
            found[row, : len(others)] = others
    ranking.fill(found, popular(goods.history), taken)
    row, place = np.nonzero(found != ranking.NOTHING)
    return pd.DataFrame(
        {
            "key": single.key.to_numpy()[row],
            "product": goods.products.to_numpy()[found[row, place]],
            "rank": place + 1,
        }
    )


def popular(history):
    """Products by the customers who bought them lately."""
    fresh = history.fresh_buyers(HALF_LIFE)
    order = np.argsort(-fresh, kind="stable")
    return order[history.buyers[order] > 0]


def _visible(goods, single, queries):
    """Orders by products, 1 for what is on them."""
    product = goods.products.get_indexer(queries["product"])
    row = pd.Index(single.key).get_indexer(queries.key)
    place = np.unique(np.stack((row, product))[:, product >= 0], axis=1)
    ones = np.ones(place.shape[1], np.float32)
    return sparse.csr_matrix((ones, tuple(place)), (len(single), len(goods.products)))


def _none(row):
    return []
