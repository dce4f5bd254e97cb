"""Forecasts learned from purchases: process, business time, and every horizon.

Without the purchases as events, or with too few of them, there is no
:class:`Forecast`, and the purchase process on plain days speaks alone.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from . import (
    features,
    horizon,
    learning,
    purchase,
    purchases,
    regularity,
    rhythm,
    season,
)

# More customers than this teach no more than as many of them.
SAMPLE = 30_000
MOST_CUTS = 6
# Days between cuts, and days of history before the first one, at least.
STEP, HISTORY = 14, 28
SEASON_PARAMETERS = season.PARTS - 1


@dataclasses.dataclass(frozen=True)
class Forecast:
    """What was learned of a company's purchases.

    - context: purchase process, business time and yardsticks of the features
    - horizons: predictions within several numbers of days
    """

    context: features.Context
    horizons: tuple[horizon.Horizon, ...]

    @classmethod
    def from_dict(cls, values):
        """Back from a dict, also by way of JSON."""
        learned = [horizon.Horizon.from_dict(each) for each in values["horizons"]]
        return cls(features.Context.from_dict(values["context"]), tuple(learned))


def fit(events, customers, as_of, horizons, parameters):
    """Learn from the purchases of all customers.

    :param events: see :mod:`purchases`
    :param customers: number of customers the events refer to
    :param as_of: day number of the excluding bound
    :param horizons: numbers of days to predict within, at least one
    :param parameters: purchase process of the company on plain days
    :return: :class:`Forecast`, or None when nobody bought twice
    """
    lessons = _lessons(events, customers, as_of, horizons, parameters)
    if lessons is None:
        return None
    _buyers, context, lessons = lessons
    return Forecast(context, tuple(learning.learn(*lesson) for lesson in lessons))


def rivals(events, customers, as_of, days, parameters):
    """What the process, its correction and plain rules say, each learned from the
    same past. Parameters as of :func:`fit`.

    :return: rows of the customers who bought, and for each method their chance of an
        order within ``days``; None when nobody bought twice
    """
    lessons = _lessons(events, customers, as_of, (days,), parameters)
    if lessons is None:
        return None
    buyers, _context, (lesson,) = lessons
    return buyers, learning.rivals(*lesson)


def _lessons(events, customers, as_of, horizons, parameters):
    """What there is to learn from: rows of those who bought, the context, and for each
    horizon what :func:`learning.learn` takes. None when nobody bought twice."""
    events = purchases.tidy(events, customers, as_of)
    events, buyers = purchases.by_history(events)
    facts = purchases.facts(events, len(buyers), as_of)
    if not (facts["order_count"] > 1).any():
        return None
    factors = season.fit(events, parameters, as_of)
    steady = factors and _process(facts, factors, as_of)
    if steady and _likelier(steady, factors, parameters, events):
        parameters = steady
    else:
        factors = None
    some, number = purchases.sample(events, len(buyers), SAMPLE)
    middle = sorted(horizons)[len(horizons) // 2]
    kind = _kind(some, number, as_of, middle, factors)
    if kind != regularity.KINDS[0]:
        parameters = _process(facts, factors, as_of, kind)
    context = _context(facts, parameters, factors, as_of)
    seen, lessons = {}, []
    for days in horizons:
        window, cuts = _cuts(events, as_of, days)
        past = []
        for cut in cuts:
            if cut not in seen:
                seen[cut] = _at(some, number, cut, factors, kind)
            rows, then, known = seen[cut]
            bought = purchases.orders_between(some, number, cut, cut + window)[rows]
            past.append(horizon.look(then, known, cut, window, bought))
        now = horizon.look(facts, context, as_of, days)
        lessons.append((days, window, cuts, past, now))
    return buyers, context, lessons


def look_back(forecast, events, customers, as_of, days):
    """What would have been forecast on an earlier day by what was learned, and what
    came of it. Parameters as of :func:`fit`.

    :param forecast: its result
    :return: facts of then, chance of an order, expected orders, and money that came
        within the days, of at most ``days``, since; None without such a day
    """
    if forecast is None:
        return None
    events = purchases.tidy(events, customers, as_of)
    window, cuts = _cuts(events, as_of, days)
    if not cuts:
        return None
    events, buyers = purchases.by_history(events)
    events, number = purchases.sample(events, len(buyers), SAMPLE)
    process, factors = forecast.context.purchase, forecast.context.season
    rows, facts, context = _at(
        events, number, cuts[0], factors, (process.model, process.k)
    )
    learned = _nearest(forecast, days)
    chance, orders = horizon.predict(learned, facts, context, cuts[0], window)
    within = (events["day"] >= cuts[0]) & (events["day"] < cuts[0] + window)
    money = np.bincount(
        events["customer"][within], events["amount"][within], minlength=number
    )
    return facts, chance, orders, money[rows]


def predict(forecast, facts, as_of, days):
    """Chance of an order and expected orders within ``days``, shape (n,) each.

    A number of days that was not learned takes the corrections of the nearest one.

    :param facts: facts of customers who bought
    """
    return horizon.predict(
        _nearest(forecast, days), facts, forecast.context, as_of, days
    )


def kept(forecast, facts, as_of, days):
    """Chance of an order within ``days`` as a share of what it would be with the same
    history and the last purchase today, shape (n,). See ``horizon.kept``.

    :param facts: facts of customers who bought
    """
    silence = np.maximum(as_of - 1 - facts["last_order_day"], 0)
    moved = ("first_order_day", "last_order_day")
    fresh = {**facts, **{name: facts[name] + silence for name in moved}}
    learned, context = _nearest(forecast, days), forecast.context
    return horizon.kept(
        learned.chance,
        horizon.look(facts, context, as_of, days),
        horizon.look(fresh, context, as_of, days),
    )


def _nearest(forecast, days):
    return min(
        forecast.horizons,
        key=lambda learned: abs(np.log(learned.days / max(days, 1))),
    )


def _cuts(events, as_of, days):
    """Days to look from, newest first, and over how many days after each."""
    start = events["day"].min()
    span = as_of - start
    window = int(min(days, span // 2))
    oldest = start + max(span / 4, min(window, 60), HISTORY)
    step = max(window // 3, STEP)
    cuts = [as_of - window - step * number for number in range(MOST_CUTS)]
    return window, [float(cut) for cut in cuts if window and cut >= oldest]


def _kind(events, customers, as_of, days, factors):
    """Which process foresees best who bought in the ``days`` before ``as_of``."""
    window, cuts = _cuts(events, as_of, days)
    if not cuts:
        return regularity.KINDS[0]
    facts = purchases.facts(events, customers, cuts[0])
    rows = facts["order_count"] > 0
    facts = {name: values[rows] for name, values in facts.items()}
    bought = purchases.orders_between(events, customers, cuts[0], cuts[0] + window)

    def chances(kind):
        parameters = _process(facts, factors, cuts[0], kind)
        context = _context(facts, parameters, factors, cuts[0])
        return features.chance(facts, context, cuts[0], window)

    return regularity.choose(chances, bought[rows] > 0)


def _at(events, customers, cut, factors, kind):
    """Who had bought at the cut, with facts and context of then."""
    facts = purchases.facts(events, customers, cut)
    rows = facts["order_count"] > 0
    facts = {name: values[rows] for name, values in facts.items()}
    process = _process(facts, factors, cut, kind)
    return rows, facts, _context(facts, process, factors, cut)


def _process(facts, factors, as_of, kind=regularity.KINDS[0]):
    """The purchase process fitted in business time."""
    first, last, now = (
        season.elapsed(factors, day)
        for day in (facts["first_order_day"], facts["last_order_day"], as_of - 1.0)
    )
    model, k = kind
    x, t_x, T = facts["order_count"] - 1, last - first, now - first
    return purchase.fit(x, t_x, T, model=model, k=k)


def _likelier(steady, factors, parameters, events):
    """Whether business time pays for its factors (Schwarz 1978)."""
    gain = steady.log_likelihood + season.log_density(events, factors)
    gain -= parameters.log_likelihood
    return gain > SEASON_PARAMETERS * np.log(steady.customers) / 2


def _context(facts, parameters, factors, as_of):
    gaps = facts["median_gap"]
    money = facts["order_value_sum"][facts["order_value_sum"] > 0]
    orders = facts["order_count"][facts["order_value_sum"] > 0]
    return features.Context(
        purchase=parameters,
        season=factors,
        company_gap=rhythm.company_gap(gaps) or float(features.INACTIVE_DAYS),
        order_value=float(np.median(money / orders)) if money.size else 1.0,
        quintiles=features.quintiles(facts, as_of),
    )
