"""Settings of the suggestions that a company's own past speaks for.

What is suggested on an earlier day is compared with what was bought after it; a
setting is changed where that gains more than chance would. The engine's defaults stand
where the past is too short to tell.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from . import basket, cross, ranking, reorder, upsell

# Days that suggestions are compared with, at most, and the earlier days looked from.
WINDOW, FOLDS = 60, 3
# Fewer cases decide nothing; more than so many per earlier day are drawn by lot.
ENOUGH, CASES = 50, 1000
# Gain in standard errors that changes a setting.
GAIN = 2.0
# Products compared in the trial of a setting.
MAX_PRODUCTS = 1200


def choose(task, history, category, price):
    """Coordinate ascent on the mean NDCG over all trials: one setting after the other
    takes the value that gains most, if the mean gain per case is above its standard
    error.

    :param task: cross, basket, reorder or upsell
    :param history: see :class:`~.history.History`
    :param category, price: of each product
    :return: the settings, and the NDCG of the defaults and of the settings on ``cases``
    """
    module = {"cross": cross, "basket": basket, "reorder": reorder, "upsell": upsell}
    settings = dict(module[task].DEFAULTS)
    made = [TRIALS[task](*fold, category, price) for fold in _folds(history)]
    gains = _gains(made, settings)
    graded = {"cases": len(gains)}
    if len(gains) < ENOUGH:
        return settings, graded
    graded["defaults"] = float(gains.mean())
    for name, values in module[task].CHOICES.items():
        kept = gains
        for value in values:
            tried = {**settings, name: value}
            found = kept if value == settings[name] else _gains(made, tried)
            gain = found - kept
            error = gain.std() / np.sqrt(len(gain))
            if gain.mean() > GAIN * error and found.mean() > gains.mean():
                gains, chosen = found, value
                settings = {**settings, name: chosen}
    return settings, {**graded, "chosen": float(gains.mean())}


def _folds(history):
    """The past as known on earlier days, and what was bought in the days after each."""
    window = min(WINDOW, history.span // 4)
    for number in range(1, FOLDS + 1):
        cut = history.as_of - number * window
        before = history.before(cut)
        if window and before.day.size:
            later = (history.day >= cut) & (history.day < cut + window)
            yield before, _rows(history, later)


def _gains(trials, settings):
    """NDCG of each case of all trials."""
    found = [trial(settings) for trial in trials]
    found = np.concatenate([np.zeros(0), *found])
    return found[np.isfinite(found)]


def _cross(before, later, category, price):
    """Products that each customer bought for the first time."""
    model = cross.Cross(before, category, MAX_PRODUCTS)
    row, product = _new(before, later)
    customers, row, product = _drawn(row, product)

    def trial(settings):
        found = model.suggest(customers, settings)
        return ranking.gains(found, row, product, before.products)[0]

    return trial


def _basket(before, later, category, price):
    """One product of each order, by the others."""
    model = basket.Basket(before, MAX_PRODUCTS)
    days = later[1].max(initial=0) + 1
    key = later[0] * days + later[1]
    size = np.unique(key, return_inverse=True, return_counts=True)
    kept = size[2][size[1]] > 1
    orders, order, product = _drawn(key[kept], later[2][kept])
    # The product that the lot hides: the first of the order in a random sequence.
    lot = np.random.default_rng(0).permutation(len(order))
    hidden = lot[np.unique(order[lot], return_index=True)[1]]
    seen = np.ones(len(order), bool)
    seen[hidden] = False
    shape = (len(orders), before.products)
    ones = np.ones(seen.sum(), np.float32)
    visible = sparse.csr_matrix((ones, (order[seen], product[seen])), shape)
    customers = orders // days

    def trial(settings):
        found = model.suggest(customers, visible, settings)
        return ranking.gains(found, order[hidden], product[hidden], before.products)[0]

    return trial


def _reorder(before, later, category, price):
    """The known products of the next order."""
    first = np.full(before.customers, np.iinfo(np.int64).max)
    np.minimum.at(first, later[0], later[1])
    kept = later[1] == first[later[0]]
    row, product = _known(before, [column[kept] for column in later])
    customers, row, product = _drawn(row, product)

    def trial(settings):
        found = reorder.suggest(before, customers, settings)
        return ranking.gains(found, row, product, before.products)[0]

    return trial


def _upsell(before, later, category, price):
    """Dearer products of a type that each customer bought for the first time."""
    model = upsell.UpSell(before, category, price)
    customer, product = _new(before, later)
    category = np.asarray(category)
    kinds = category.max(initial=0) + 1
    usual = model.usual_prices(customer, category[product])
    dearer = model.price[product] >= upsell.DEARER * usual
    key = (customer * kinds + category[product])[dearer]
    cases, row, product = _drawn(key, product[dearer])
    customers, kind = np.divmod(cases, kinds)

    def trial(settings):
        found = model.suggest(customers, kind, settings)
        return ranking.gains(found, row, product, before.products)[0]

    return trial


TRIALS = {"cross": _cross, "basket": _basket, "reorder": _reorder, "upsell": _upsell}


def _rows(history, rows):
    return [getattr(history, name)[rows] for name in ("customer", "day", "product")]


def _known(before, later):
    """Customer and product of what was bought again, each pair once."""
    key = np.unique(later[0] * before.products + later[2])
    customer, product = before.pairs
    key = key[np.isin(key, customer * before.products + product)]
    return np.divmod(key, max(before.products, 1))


def _new(before, later):
    """Customer and product of what known customers bought for the first time."""
    key = np.unique(later[0] * before.products + later[2])
    customer, product = before.pairs
    key = key[~np.isin(key, customer * before.products + product)]
    customer, product = np.divmod(key, max(before.products, 1))
    known = before.orders[customer] > 0
    return customer[known], product[known]


def _drawn(case, product):
    """At most ``CASES`` of the cases, in order.

    :return: the cases drawn, and for each of their products the case's place and the
        product
    """
    cases = np.unique(case)
    if len(cases) > CASES:
        cases = np.random.default_rng(0).choice(cases, CASES, replace=False)
        cases.sort()
    kept = np.isin(case, cases)
    return cases, np.searchsorted(cases, case[kept]), product[kept]
