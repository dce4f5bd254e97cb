"""Kinds of buyers, and how their pauses are judged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import population, purchases, rhythm, scores

pytestmark = pytest.mark.filterwarnings("error")

CURVE = (3.0, 7.0, 12.0, 20.0, 30.0, 41.0, 60.0, 90.0, 150.0)
YEAR = 365.25
TODAY = 2000


def facts_of(*histories):
    """Facts of customers who bought on these days."""
    customer = np.repeat(np.arange(len(histories)), [len(days) for days in histories])
    day = np.concatenate(histories)
    events = {"customer": customer, "day": day, "amount": np.full(len(day), 10.0)}
    number = len(histories)
    unknown = {
        name: np.full(number, np.nan)
        for name in population.COUNTS + population.AMOUNTS + population.MEASURED
    }
    known = purchases.facts(purchases.tidy(events, number, np.inf), number, np.inf)
    return population.clean({**unknown, **known}, recent=True)


def rhythm_of(*histories, curve=CURVE):
    facts = facts_of(*histories)
    return rhythm.rhythm(facts, population.usual_gap(facts), 30.0, curve)


SCHOOL = [y * 365 + 220 + d for y in range(3) for d in (0, 9)]
BUILDER = [start + 6 * order for start in (0, 250, 520) for order in range(6)]
WEEKLY = list(range(0, 300, 7))


def test_kinds():
    own = rhythm_of([400], WEEKLY, SCHOOL, BUILDER, [0, 366])
    assert own.kind.tolist() == ["single", "regular", "yearly", "project", "regular"]
    assert own.days[[0, 2, 3]] == pytest.approx([30, YEAR, 230])
    assert own.evidence.tolist() == ["company", "own", "own", "own", "company"]
    # the mean day of the season, a year after the last one, nine days before
    assert own.pause[2] == pytest.approx(YEAR - 4.5, abs=1)
    assert own.pause[3] == 230


def test_few_are_mistaken():
    """Who buys at random is hardly ever taken for a school or a builder; these are."""
    rng = np.random.default_rng(0)

    def share(kind, history):
        found = rhythm_of(*(history() for _ in range(300))).kind
        return (found == kind).mean()

    def at_random(per_year, years):
        days = rng.uniform(0, years * YEAR, 1 + rng.poisson(per_year * years))
        return np.floor(days)

    for per_year in (0.5, 1, 2, 4, 12, 50):
        for years in (2, 3, 5):
            assert share("yearly", lambda: at_random(per_year, years)) < 0.08  # noqa: B023
            assert share("project", lambda: at_random(per_year, years)) < 0.05  # noqa: B023

    def school():
        return np.floor(
            np.repeat(np.arange(3) * YEAR + rng.uniform(0, YEAR), 3)
            + rng.normal(0, 20, 9)
        )

    def builder():
        pauses = rng.exponential(7, 24)
        pauses[::8] = rng.gamma(4, 60, 3)
        return np.floor(np.cumsum(pauses))

    assert share("yearly", school) > 0.9
    # two pauses between three projects; one that was short leaves a single one
    assert share("project", builder) > 0.75


def test_one_time_buyers_follow_the_curve():
    """1, 2, 4, 8 when half, 80 %, 90 % and 95 % have come back."""
    own = rhythm_of(*[[0]] * 5)
    ratio = own.ratio(np.array([15.0, 30, 90, 150, 210]))
    assert ratio == pytest.approx([0.5, 1, 2, 4, 8])


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ((5.0,) * 9, [1, 2, 4, 8]),  # all on the same day: multiples of it
        ((1.0,) * 4 + (5.0,) * 4 + (20.0,), [1, 2, 4, 8]),
        ((0.0,) * 9, [6, 16, 36, 56]),  # on the next day
    ],
)
def test_curve_without_steps(curve, expected):
    own = rhythm_of(*[[0]] * 4, curve=curve)
    days = np.array([5.0, 10, 20, 30])
    assert own.ratio(days) == pytest.approx(expected)


def test_yearly_buyer_misses_his_season():
    pause = rhythm_of(SCHOOL).pause[0]
    days = np.array(
        [100, pause, pause + 30, pause + YEAR / 2, pause + YEAR + 30, pause + 2 * YEAR]
    )
    ratio = rhythm_of(*[SCHOOL] * 6).ratio(days)
    assert ratio[1:5] == pytest.approx([1, 2, 4, 8])
    assert ratio[0] < 0.3
    assert ratio[5] > 10
    assert rhythm_of(*[SCHOOL] * 2).return_ratio(np.array([365, 730.0])) == (
        pytest.approx([1, 7.4], abs=0.1)
    )


@pytest.mark.parametrize("history", [[0], WEEKLY, SCHOOL, BUILDER, [0, 366]])
@settings(max_examples=60, deadline=None)
@given(
    curve=st.lists(st.integers(0, 400), min_size=9, max_size=9).map(sorted),
    days=st.lists(st.integers(0, 4000), min_size=2, max_size=20, unique=True),
)
def test_ratio_rises_every_day(history, curve, days):
    own = rhythm_of(*[history] * len(days), curve=tuple(map(float, curve)))
    ratio = own.ratio(np.sort(days).astype(float))
    assert np.all(np.diff(ratio) > 0)
    assert np.all(ratio >= 0)


def test_first_gap():
    """The curve is learned from first pauses, when the purchases are known."""
    events = {
        "customer": np.array([0, 0, 0, 1, 2, 2]),
        "day": np.array([0.0, 40, 45, 7, 1, 9]),
        "amount": np.ones(6),
    }
    assert purchases.first_gap(purchases.tidy(events, 4, 99), 4).tolist()[:1] == [40]
    np.testing.assert_array_equal(
        purchases.first_gap(purchases.tidy(events, 4, 99), 4), [40, np.nan, 8, np.nan]
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2999), st.integers(1, 900))
def test_chance_against_usual_falls(facts, model, row, days):
    """From 1 right after a purchase, without end, and unknown as the chance is."""
    one = {name: values[[row]] for name, values in facts.items()}
    if not one["order_count"][0]:
        return
    last = one["last_order_day"][0] + 1
    kept = [
        population.probability_kept(population.clean(one), model, last + wait, 90)[0]
        for wait in (0, days, days + 1)
    ]
    assert kept[0] == 1
    assert kept[0] > kept[1] > kept[2] > 0


def test_chance_against_usual_unknown(facts, model):
    nobody_came_back = facts_of([5], [9])
    alone = population.fit(nobody_came_back, 100)
    kept = scores.scores(nobody_came_back, alone, 100)["probability_kept"]
    assert np.isnan(kept).all()
    of_school = scores.scores(facts_of(SCHOOL), model, TODAY)["probability_kept"]
    assert np.isnan(of_school).all()
