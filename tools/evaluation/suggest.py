"""Suggestions for queries, by the functions of the engine."""

import numpy as np
import pandas as pd
from scipy import sparse

from engine import basket, choose, cross, ranking, reorder, upsell

TASKS = ("cross", "basket", "reorder", "upsell")


def read_queries(path, task):
    """One row per query, or for a basket per visible product: key, and customer,
    product or type where the task has them."""
    queries = pd.read_csv(path, dtype=str, keep_default_na=False)
    wanted = {"basket": {"key"}, "upsell": {"key", "type"}}.get(task, {"key"})
    missing = wanted - {*queries.columns}
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}")
    if "customer" not in queries:
        queries["customer"] = queries.key
    if "product" not in queries:
        queries["product"] = ""
    return queries


def suggest(goods, task, queries, settings=None):
    """The ten best products for every query.

    :param settings: else the ones that the past before the cut speaks for
    :return: frame of key, product and rank
    """
    history = goods.history
    if settings is None:
        settings, _ = choose.choose(task, history, goods.category, goods.price)
    single = queries.drop_duplicates("key")
    customers = goods.customers.get_indexer(single.customer)
    # The row after the last customer is one without purchases.
    found, taken = _TASKS[task](goods, queries, single, customers, settings)
    ranking.fill(found, _popular(history), taken)
    row, place = np.nonzero(found != ranking.NOTHING)
    return pd.DataFrame(
        {
            "key": single.key.to_numpy()[row],
            "product": goods.products.to_numpy()[found[row, place]],
            "rank": place + 1,
        }
    )


def _cross(goods, queries, single, customers, settings):
    found = _nothing(customers)
    known = customers >= 0
    model = cross.Cross(goods.history, goods.category)
    found[known] = model.suggest(customers[known], settings)
    bought = goods.history.bought()

    def taken(row):
        return bought[customers[row]].indices if known[row] else []

    return found, taken


def _reorder(goods, queries, single, customers, settings):
    found = _nothing(customers)
    known = customers >= 0
    found[known] = reorder.suggest(goods.history, customers[known], settings)
    return found, lambda row: []


def _basket(goods, queries, single, customers, settings):
    product = goods.products.get_indexer(queries["product"])
    row = pd.Index(single.key).get_indexer(queries.key)
    shown = np.unique(np.stack((row, product))[:, product >= 0], axis=1)
    shape = (len(single), len(goods.products))
    ones = np.ones(shown.shape[1], np.float32)
    visible = sparse.csr_matrix((ones, tuple(shown)), shape)
    model = basket.Basket(goods.history)
    found = model.suggest(customers, visible, settings)
    return found, lambda row: visible[row].indices


def _upsell(goods, queries, single, customers, settings):
    kinds = goods.categories.get_indexer(single.type)
    model = upsell.UpSell(goods.history, goods.category, goods.price)
    found = model.suggest(customers, kinds, settings)
    # Of a type without a dearer product, at least one of the type.
    for row in np.flatnonzero(found[:, 0] == ranking.NOTHING):
        others = model.types.get(kinds[row], [])[: found.shape[1]]
        found[row, : len(others)] = others
    return found, lambda row: []


_TASKS = {
    "cross": _cross,
    "basket": _basket,
    "reorder": _reorder,
    "upsell": _upsell,
}


def _nothing(customers):
    return np.full((len(customers), ranking.PLACES), ranking.NOTHING)


def _popular(history):
    """Products by the customers who bought them lately."""
    fresh = history.fresh_buyers(upsell.HALF_LIFE)
    order = np.argsort(-fresh, kind="stable")
    return order[history.buyers[order] > 0]
