"""Learning to predict from the company's own earlier days.

The purchase process ranks customers well, but is too sure of itself and, in a changing
company, wrong about the level. So the company is looked at from earlier days (cuts), as
if each were today, and what came after is compared with what the process said:

- Correction: ridge-logistic regression of "ordered again" on the process and the
  features of :mod:`features`; Poisson regression of the number of orders.
- Level: how many ordered for each whom the process expected. The correction moves
  customers against each other; their sum is the process's, times this.
- Choice: what grades best on days (or customers) held out: the process, its
  correction, or a plain rule. A rule that wins is used.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import optimize, special

from . import features, grades, ridge
from .horizon import Horizon, Regression, corrected, log_odds

# Fewer customers, or fewer of a kind (ordered, or not), teach no correction.
ENOUGH_CUSTOMERS = 100
ENOUGH_OF_A_KIND = 20
PENALTY, COUNT_PENALTY = 30.0, 100.0
LEAST = 1e-3
# Standard deviation of the logarithmic odds of an order from one period to the next,
# as far as the process does not foresee it.
LEVEL_SPREAD = 0.3
METHODS = {
    "process": (),
    "corrected": features.CORRECTION,
    "recency": ("silence",),
    "rfm": ("rfm",),
    "inactive": ("inactive",),
    "interval": ("silence_ratio",),
}


def learn(days, window, cuts, past, now):
    """Learn to predict within ``days``.

    :param window: days after each cut over which purchases were counted
    :param cuts: day numbers, the newest first
    :param past: :class:`horizon.View` at each cut
    :param now: :class:`horizon.View` of today
    :return: :class:`horizon.Horizon`
    """
    plain = Horizon(days, window, len(cuts), "process", None, None, {})
    if not _enough(past, now):
        return plain
    trust = _trust(window, cuts, _ordered(past))
    ended = [
        view for cut, view in zip(cuts, past, strict=True) if cut + window <= cuts[0]
    ]
    if ended and _learnable(ended):
        trained, tested = ended, past[:1]
    else:
        # They come sorted by their history: every second is half of each kind.
        trained = [view.part(slice(0, None, 2)) for view in past]
        tested = [view.part(slice(1, None, 2)) for view in past]
    method, found = _choose(trained, tested, trust)
    [chance] = _learn_chance(METHODS[method], past, [now], trust)
    orders = None
    if _orders_improve(trained, tested, trust):
        [orders] = _learn_orders(past, [now], trust, window / days)
    return dataclasses.replace(
        plain, method=method, chance=chance, orders=orders, grades=found
    )


def rivals(days, window, cuts, past, now):
    """The chance that each method, learned from all of the past, gives today; of the
    process alone when that is too little. Parameters as of :func:`learn`."""
    if not _enough(past, now):
        return {"process": now.chance}
    trust = _trust(window, cuts, _ordered(past))
    return {
        method: _chance(*_learn_chance(names, past, [now], trust), now)
        for method, names in METHODS.items()
    }


def _enough(past, now):
    ordered = _ordered(past)
    return len(now.chance) >= ENOUGH_CUSTOMERS and (
        min(ordered.sum(), (~ordered).sum()) >= ENOUGH_OF_A_KIND
    )


def _ordered(views):
    return np.concatenate([view.bought > 0 for view in views] or [np.zeros(0, bool)])


def _chance(regression, view):
    odds = log_odds(regression, view)
    return view.chance if odds is None else special.expit(odds)


def _trust(window, cuts, ordered):
    """Which part of the change of level that was seen is believed.

    Seen over one period, half; over two periods, two thirds; and less where so few
    customers were seen that it may be chance.

    :param ordered: of all customers at all cuts
    """
    span = window + cuts[0] - cuts[-1]
    yes, no = ordered.sum() / len(cuts), (~ordered).sum() / len(cuts)
    chance = 1 / yes + 1 / no
    return span / (span + window) * LEVEL_SPREAD**2 / (LEVEL_SPREAD**2 + chance)


def _learnable(views):
    ordered = _ordered(views)
    return min(ordered.sum(), (~ordered).sum()) >= ENOUGH_OF_A_KIND


def _choose(trained, tested, trust):
    """The method to use, and the grades of all, learned on the one and graded on the
    other.

    Another method takes the place of the correction when its loss is smaller by more
    than one standard error of the difference; of several the best.
    """
    ordered = _ordered(tested)
    found, losses = {}, {}
    for method, names in METHODS.items():
        learned = _learn_chance(names, trained, tested, trust)
        chances = list(map(_chance, learned, tested))
        found[method] = _known(grades.probability(np.concatenate(chances), ordered))
        losses[method] = grades.losses(np.concatenate(chances), ordered)
    better = {"corrected": 0.0}
    for method, loss in losses.items():
        gain = losses["corrected"] - loss
        if gain.mean() > gain.std() / np.sqrt(len(gain)):
            better[method] = gain.mean()
    return max(better, key=better.get), found


def _known(graded):
    """Without the grades that cannot be told, as when all or none ordered: the model is
    stored as JSON, which has no nan."""
    return {name: value for name, value in graded.items() if np.isfinite(value)}


def _orders_improve(trained, tested, trust):
    """Whether corrected numbers of orders have the smaller Poisson deviance."""
    plain = corrections = 0.0
    learned = _learn_orders(trained, tested, trust)
    for regression, view in zip(learned, tested, strict=True):
        plain += _poisson_loss(view.orders, view.bought)
        corrections += _poisson_loss(corrected(regression, view), view.bought)
    return corrections < plain


def _poisson_loss(expected, bought):
    expected = np.maximum(expected, LEAST)
    return float((expected - bought * np.log(expected)).sum())


def _learn_chance(names, past, views, trust):
    """Regression for the chance, with the level of each of ``views``; None for each
    without features."""
    if not names:
        return [None] * len(views)
    ordered = [(view.bought > 0) * 1.0 for view in past]
    result = _regress(names, past, ordered)
    change = np.mean(
        [
            _log_odds(happened.mean()) - _log_odds(view.chance.mean())
            for happened, view in zip(ordered, past, strict=True)
        ]
    )

    def level(view):
        target = special.expit(_log_odds(view.chance.mean()) + trust * change)
        odds = log_odds(result, view)
        return optimize.brentq(
            lambda add: special.expit(odds + add).mean() - target, -99, 99
        )

    return [dataclasses.replace(result, level=float(level(view))) for view in views]


def _learn_orders(past, views, trust, reach=1.0):
    """Regression for the number of orders, with the level of each of ``views``.

    :param reach: share of the horizon over which it was learned; of what is multiplied
        over a longer time only as much is believed
    """
    bought = [view.bought for view in past]
    result = _regress(features.CORRECTION, past, bought, True, "orders")
    weights = tuple(reach * weight for weight in result.weights)
    result = dataclasses.replace(result, weights=weights)
    change = np.mean(
        [np.log((view.bought.sum() + 1) / (view.orders.sum() + 1)) for view in past]
    )

    def level(view):
        return trust * change + np.log(
            (view.orders.sum() + LEAST) / (corrected(result, view).sum() + LEAST)
        )

    return [dataclasses.replace(result, level=float(level(view))) for view in views]


def _regress(names, past, outcomes, offset=False, base="process"):
    """Weights of the features; each cut has a level of its own, so that they are
    learned from differences between customers, not between times.

    :param offset: whether the feature ``base`` is also there with its full weight,
        which the correction may then not outweigh
    """
    stacked = {n: np.concatenate([view.values[n] for view in past]) for n in names}
    blank = Regression(
        names=tuple(names),
        means=tuple(float(stacked[name].mean()) for name in names),
        spreads=tuple(max(float(stacked[name].std()), LEAST) for name in names),
        weights=(),
        offset=offset,
    )
    low = [0.0 if name in features.RISING else -np.inf for name in names]
    high = [0.0 if name in features.FALLING else np.inf for name in names]
    known = np.zeros(len(np.concatenate(outcomes)))
    if offset:
        known = stacked[base]
        low[names.index(base)] = -blank.spreads[names.index(base)]
    cut = np.repeat(np.arange(len(past)), [len(outcome) for outcome in outcomes])
    weights = ridge.fit(
        np.column_stack(blank.columns(stacked)),
        np.concatenate(outcomes),
        known,
        (np.array(low), np.array(high)),
        np.eye(len(past))[cut],
        counts=base == "orders",
        penalty=COUNT_PENALTY if base == "orders" else PENALTY,
    )
    return dataclasses.replace(blank, weights=tuple(map(float, weights[: len(names)])))


def _log_odds(share):
    share = np.clip(share, LEAST, 1 - LEAST)
    return float(np.log(share) - np.log1p(-share))
