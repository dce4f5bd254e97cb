"""What depends on all customers of a company, learned once and kept as a model.

Applying a :class:`Model` to one customer needs the facts of that customer and nothing
else; that is why scoring everybody and scoring one after the other agree.

Facts, one array per name, all of the same length, one row per customer. Days are day
numbers from any origin, money is in the company's currency, counts are counts:

- order_count, order_count_12m: days with a purchase, ever and in the last 12 months
- first_order_day, last_order_day: nan when never bought
- median_gap: median days between purchase days, nan with fewer than two
- last_gap: days between the last two purchase days, nan with fewer than two
- order_value_sum: money of all purchases
- net_invoiced_12m: invoiced less refunded in the last 12 months
- product_count, category_count: distinct products and categories bought
- invoice_paid_count, payment_delay: paid invoices, and their mean days after the due
  date (negative when early, nan when none is paid)
- overdue_amount: what is due and unpaid
- delivery_count, delivery_late_count, return_count
- refund_ratio: refunded / invoiced, nan without invoices
- season_count, season_strength, season_day: number of seasons with a purchase, how
  close to the same day of the year they were made (0 to 1), and that day, counted from
  0; nan when never bought
- project_count, project_gap: bursts of purchases, and the median of the long pauses
  between them, nan with a single one

Needed to apply a model that was learned from purchases as events, else left out:

- order_decay_30, order_decay_90: sum over the days with a purchase of
  0.5 ** (days before the last purchase / 30), and / 90; 0 when never bought. They
  change with a purchase only, not with the passing of time.

Left out where they are not known:

- margin, margin_known_value: margin of the purchases whose cost is known, and the money
  of these purchases
- peer_group: key of the group of similar customers, see :mod:`peers`

Other names are ignored.

``as_of`` is the day number of the bound that excludes: documents dated before it count,
the day before it is "today", and an order made on that day is 0 days old.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from . import (
    evidence,
    gamma_gamma,
    loyalty,
    margin,
    peers,
    purchase,
    rhythm,
    spread,
    value,
)
from . import forecast as forecasting
from .model import Model
from .purchases import DECAYS, first_gap, tidy

COUNTS = (
    "order_count",
    "order_count_12m",
    "product_count",
    "category_count",
    "invoice_paid_count",
    "delivery_count",
    "delivery_late_count",
    "return_count",
    "season_count",
    "project_count",
)
AMOUNTS = ("order_value_sum", "net_invoiced_12m", "overdue_amount")
MEASURED = (
    "first_order_day",
    "last_order_day",
    "median_gap",
    "last_gap",
    "payment_delay",
    "refund_ratio",
    "season_strength",
    "season_day",
    "project_gap",
)
# Of these, a company whose purchases were never given as events has none.
RECENT = tuple(f"order_decay_{days}" for days in DECAYS)
OPTIONAL = ("margin", "margin_known_value", "peer_group")
YEAR = 365
# Expected for less than this share of a usual purchase: counts as nothing in the tiers.
NEGLIGIBLE = 0.01
HORIZONS = (30, 90, YEAR)


def fit(facts, as_of, *, weights=None, purchases=None, horizons=HORIZONS):
    """Learn the model of a company from the facts of all its customers.

    :param facts: dict of arrays, see the top of this module
    :param as_of: day number of the excluding bound of the facts
    :param weights: points of each part of the loyalty score; ``loyalty.WEIGHTS``
    :param purchases: the purchases themselves, see :mod:`purchases`, their customers
        being rows of the facts, of some of the customers or all; without them forecasts
        rest on the facts alone
    :param horizons: numbers of days to learn to predict within from ``purchases``
    :return: :class:`Model`, also for a company without customers or repeat purchases
    """
    facts = clean(facts, recent=purchases is not None)
    customers, buyers = len(facts["order_count"]), bought(facts)
    facts = {name: values[buyers] for name, values in facts.items()}
    x, t_x, T = history(facts, as_of)
    gaps = first = usual_gap(facts)
    told = np.ones(len(x), bool)
    if purchases is not None:  # else the usual gap stands for the first one
        events = tidy(purchases, customers, as_of)
        first = first_gap(events, customers)[buyers]
        told = np.bincount(events["customer"], minlength=customers)[buyers] > 0
    mean_value = facts["order_value_sum"] / facts["order_count"]
    method = gamma_gamma.METHODS[0]
    if purchases is not None:
        method = gamma_gamma.choose(purchases, customers, as_of)
    order_value, credibility = _order_value(method, mean_value, facts["order_count"])
    returning = int((x > 0).sum())
    model = Model(
        as_of=float(as_of),
        buyers=len(x),
        returning=returning,
        purchase=purchase.fit(x, t_x, T) if returning else None,
        company_gap=rhythm.company_gap(gaps),
        second_purchase=rhythm.second_purchase_curve(first[told], T[told]),
        order_value=order_value,
        order_value_credibility=credibility,
        tier_limits=None,
        loyalty_scales=loyalty.scales(facts),
        loyalty_weights=loyalty.check_weights(dict(weights or loyalty.WEIGHTS)),
        order_value_method=method,
        margin=margin.learn(facts, order_value),
        peers=peers.learn(facts["peer_group"], gaps, mean_value),
        enough_day=evidence.enough_day(
            facts["first_order_day"].min(initial=np.inf), returning, as_of
        ),
    )
    if purchases is not None and model.purchase:
        learned = forecasting.fit(purchases, customers, as_of, horizons, model.purchase)
        model = dataclasses.replace(model, forecast=learned)
        past = forecasting.look_back(learned, purchases, customers, as_of, horizons[-1])
        model = dataclasses.replace(model, spread=_spread(model, past))
    expected = worth(facts, model, predict(facts, model, as_of, YEAR)[1])
    limits = value.tier_limits(tier_value(facts, model, expected))
    return dataclasses.replace(model, tier_limits=limits)


def _order_value(method, mean_value, n):
    """The company's mean order value and its weight, by the method that was chosen."""
    found = gamma_gamma.fit(mean_value, n) if method == "gamma_gamma" else None
    return found or value.order_value_population(mean_value, n)


def _spread(model, past):
    """See :mod:`spread`; as usual without a past."""
    if past is None:
        return spread.USUAL
    facts, chance, orders, money = past
    mean_value = facts["order_value_sum"] / facts["order_count"]
    order_value = value.expected_order_value(
        mean_value,
        facts["order_count"],
        model.order_value,
        model.order_value_credibility,
    )
    expected = value.expected_value(orders, order_value)
    return spread.fit(expected, chance, orders, money)


def clean(facts, *, recent=False):
    """The facts as finite float arrays: counts and amounts without a value are 0,
    counts are not negative, and what was not measured is nan.

    :param recent: whether ``order_decay_30`` and ``order_decay_90`` are needed
    """
    names = COUNTS + AMOUNTS + MEASURED + (RECENT if recent else ())
    unknown = np.full(len(facts["order_count"]), np.nan)
    facts = {
        **{name: np.asarray(facts[name], float) for name in names},
        **{name: np.asarray(facts.get(name, unknown), float) for name in OPTIONAL},
    }
    for name, values in facts.items():
        missing = np.nan if name in MEASURED + OPTIONAL else 0.0
        facts[name] = np.where(np.isfinite(values), values, missing)
    for name in facts.keys() & {*COUNTS, *RECENT}:
        facts[name] = np.maximum(facts[name], 0)
    return facts


def bought(facts):
    """Which customers ever bought, shape (n,)."""
    dated = np.isfinite(facts["first_order_day"] + facts["last_order_day"])
    return dated & (facts["order_count"] >= 1)


def history(facts, as_of):
    """Repeat purchase days, days from first to last, days from first to today.

    Also what :mod:`purchase` takes. "Today" is the day before ``as_of``.
    """
    first, last = facts["first_order_day"], facts["last_order_day"]
    t_x = np.maximum(last - first, 0)
    return facts["order_count"] - 1, t_x, np.maximum(as_of - 1 - first, t_x)


def usual_gap(facts):
    """Median days between purchases, the mean where it is missing; nan for one-time
    buyers. Shape (n,)."""
    repeats = facts["order_count"] - 1
    span = np.maximum(facts["last_order_day"] - facts["first_order_day"], 0)
    mean = span / np.maximum(repeats, 1)
    gap = np.where(np.isfinite(facts["median_gap"]), facts["median_gap"], mean)
    return np.where(repeats >= 1, gap, np.nan)


def predict(facts, model, as_of, days):
    """Chance of at least one order, and expected orders, in the ``days`` from today.

    :param facts: cleaned facts of those who bought
    :return: two arrays of shape (n,); nan when the company has no repeat purchase to
        go by
    """
    if model.purchase is None:
        unknown = np.full(len(facts["order_count"]), np.nan)
        return unknown, unknown
    if model.forecast is not None:
        return forecasting.predict(model.forecast, facts, as_of, days)
    past = history(facts, as_of)
    return (
        purchase.probability_of_order(model.purchase, *past, days),
        purchase.expected_orders(model.purchase, *past, days),
    )


def probability_kept(facts, model, as_of, days):
    """Chance of an order in the ``days`` from today, as a share of what it would be had
    the customer, with the same history, made his last purchase today. Shape (n,), from
    0 to 1, falling with the pause; nan where :func:`predict` says nothing.

    :param facts: cleaned facts of those who bought
    """
    if model.forecast is not None:
        return forecasting.kept(model.forecast, facts, as_of, days)
    if model.purchase is None:
        return np.full(len(facts["order_count"]), np.nan)
    x, t_x, T = history(facts, as_of)
    now, fresh = (
        purchase.probability_of_order(model.purchase, x, t_x, age, days)
        for age in (T, t_x)
    )
    return now / fresh


def worth(facts, model, orders):
    """Expected money of so many expected orders, shape (n,), in company currency.

    :param facts: cleaned facts of those who bought
    """
    order_value = model.order_value
    if order_value is not None:
        order_value = order_value * peers.find(facts["peer_group"], model.peers)[1]
    order_value = value.expected_order_value(
        facts["order_value_sum"] / facts["order_count"],
        facts["order_count"],
        order_value,
        model.order_value_credibility,
    )
    return value.expected_value(orders, order_value)


def tier_value(facts, model, worth):
    """What the tiers compare: expected money, without a forecast money so far; of it
    the margin, where the cost of most sales is known. Of whom next to nothing is
    expected is worth nothing: in a company that has been silent for years the tiers
    would else tell such customers apart by what is left of their chances.
    """
    least = NEGLIGIBLE * (model.order_value or 0)
    expected = np.where(worth < least, 0.0, worth)
    known = np.where(np.isfinite(worth), expected, facts["order_value_sum"])
    if margin.decides(model.margin):
        return known * margin.share(facts, model.margin)
    return known
