import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from engine import (
    forecast,
    grades,
    learning,
    population,
    purchases,
    ridge,
    scores,
    season,
)

pytestmark = pytest.mark.filterwarnings("error")

YEARS = 1095
HORIZONS = (30, 90)
STEADY = (1.0,) * 12
CHRISTMAS = (0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 0.8, 0.9, 1.0, 1.1, 1.5, 1.9)


def simulate(customers, factors=STEADY, days=YEARS, seed=0, alpha=15.0):
    """Purchases over ``days``: rates gamma, chance to give up beta, in business time;
    the customers come in at any time of it."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 1 / alpha, customers)
    chance = rng.beta(0.6, 3.0, customers)
    clock = season.elapsed(factors, np.arange(days + 1.0))
    now = rng.uniform(0, clock[-1], customers)
    who, when = [], []
    active = np.ones(customers, bool)
    while active.any():
        who.append(np.flatnonzero(active))
        when.append(now[active])
        active &= rng.random(customers) >= chance
        now = now + rng.exponential(1 / rate)
        active &= now < clock[-1]
    who, when = np.concatenate(who), np.concatenate(when)
    day = np.floor(np.interp(when, clock, np.arange(days + 1.0)))
    taste = rng.lognormal(4, 0.7, customers)
    amount = np.round(taste[who] * rng.lognormal(0, 0.3, len(who)), 2) + 0.01
    return {"customer": who, "day": day, "amount": amount}


def facts_of(events, customers, as_of):
    facts = purchases.facts(purchases.tidy(events, customers, as_of), customers, as_of)
    unknown = {
        name: np.full(customers, np.nan)
        for name in population.COUNTS + population.AMOUNTS + population.MEASURED
    }
    return {**unknown, **facts}


def learn(events, customers, as_of, horizons=HORIZONS):
    facts = facts_of(events, customers, as_of)
    model = population.fit(facts, as_of, purchases=events, horizons=horizons)
    return facts, model, scores.scores(facts, model, as_of, horizons=horizons)


@pytest.fixture(scope="module")
def company():
    events = simulate(1200, days=700)
    return (events, *learn(events, 1200, 610))


def rows(values, index):
    return {name: np.asarray(column)[index] for name, column in values.items()}


def assert_same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def test_facts_by_hand():
    """Days of the same customer are taken together, later ones are not known yet."""
    events = {
        "customer": np.array([1, 1, 1, 1, 0, 1]),
        "day": np.array([40, 10, 10, 100, 7, 130]),
        "amount": np.array([5.0, 1.0, 2.0, 4.0, 9.0, 99.0]),
    }
    facts = purchases.facts(purchases.tidy(events, 3, 130), 3, 130)
    expected = {
        "order_count": [1, 3, 0],
        "first_order_day": [7, 10, np.nan],
        "last_order_day": [7, 100, np.nan],
        "median_gap": [np.nan, 45, np.nan],
        "last_gap": [np.nan, 60, np.nan],
        "order_value_sum": [9, 12, 0],
        "order_decay_30": [1, 1 + 0.5**2 + 0.5**3, 0],
        "order_decay_90": [1, 1 + 0.5 ** (60 / 90) + 0.5, 0],
        "season_count": [1, 1, 0],
        "season_strength": [1, 0.8035088, np.nan],
        "season_day": [7, 49, np.nan],
        "project_count": [1, 1, 0],
        "project_gap": [np.nan, np.nan, np.nan],
    }
    assert facts.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(facts[name], values, err_msg=name)


def test_agrees_with_simulation(company):
    """Chances and orders come true, on the whole and at every level of confidence."""
    events, facts, _, result = company
    bought = facts["order_count"] > 0
    within = (events["day"] >= 610) & (events["day"] < 700)
    later = np.bincount(events["customer"][within], minlength=1200)[bought]
    chance, orders = result["probability_90"][bought], result["expected_orders"][bought]
    assert orders.sum() == pytest.approx(later.sum(), rel=0.1)
    grade = grades.probability(chance, later > 0)
    assert grade["calibration_error"] < 0.05
    assert grade["auc"] > 0.8


def test_sane(company):
    _, facts, _, result = company
    bought = facts["order_count"] > 0
    near, far = (result[f"probability_{days}"][bought] for days in HORIZONS)
    orders = result["expected_orders"][bought]
    assert np.all((near >= 0) & (near <= far) & (far <= 1))
    assert np.all(orders >= far - 1e-3)
    assert np.isnan(result["probability_30"][~bought]).all()


def test_never_fewer_orders_than_the_chance_of_one(company, monkeypatch):
    """The two are learned apart: who bought every day and then left may get a chance
    of 0.3 and no orders."""
    _, facts, model, _ = company
    size = (facts["order_count"] > 0).sum()
    monkeypatch.setattr(
        population, "predict", lambda *_: (np.full(size, 0.3), np.zeros(size))
    )
    result = scores.scores(facts, model, 610, horizons=HORIZONS)
    bought = facts["order_count"] > 0
    assert np.all(result["expected_orders"][bought] == 0.3)
    assert np.all(result["expected_value"][bought] > 0)


def test_one_customer_equals_all(company):
    _, facts, model, result = company
    order = np.random.default_rng(1).permutation(1200)
    for index in (order, order[:1], order[1:8]):
        part = scores.scores(rows(facts, index), model, 610, horizons=HORIZONS)
        assert_same(part, rows(result, index))


def test_row_order_does_not_matter(company):
    events, _, _, result = company
    customers = np.random.default_rng(2).permutation(1200)
    shuffled = np.random.default_rng(3).permutation(len(events["day"]))
    events = rows({**events, "customer": customers[events["customer"]]}, shuffled)
    _, _, other = learn(events, 1200, 610)
    for name in ("probability_30", "probability_90", "expected_orders", "value_tier"):
        np.testing.assert_array_equal(other[name][customers], result[name], name)


def test_currency_does_not_matter(company):
    events, _, _, result = company
    _, _, other = learn({**events, "amount": events["amount"] * 117.3}, 1200, 610)
    for name in ("probability_30", "probability_90", "expected_orders"):
        np.testing.assert_allclose(other[name], result[name], atol=2e-3, err_msg=name)
    np.testing.assert_allclose(
        other["expected_value"], result["expected_value"] * 117.3, rtol=5e-3, atol=10
    )


def test_later_purchases_play_no_part(company):
    events, _, model, _ = company
    known = rows(events, events["day"] < 610)
    assert learn(known, 1200, 610)[1] == model


def test_model_survives_json(company):
    _, facts, model, result = company
    stored = json.loads(json.dumps(model.as_dict(), allow_nan=False))
    restored = population.Model.from_dict(stored)
    assert restored == model
    assert_same(scores.scores(facts, restored, 610, horizons=HORIZONS), result)


def test_without_purchases_as_before(company):
    """Neither new facts nor events are needed; an older stored model still works."""
    _, facts, _, _ = company
    old = {name: facts[name] for name in facts if name not in population.RECENT}
    model = population.fit(old, 610)
    assert model.forecast is None
    stored = model.as_dict()
    del stored["forecast"]
    assert population.Model.from_dict(stored) == model
    assert np.isfinite(scores.scores(old, model, 610)["probability_30"]).any()


def test_missing_fact_is_named(company):
    _, facts, model, _ = company
    del (facts := dict(facts))["order_decay_30"]
    with pytest.raises(KeyError, match="order_decay_30"):
        scores.scores(facts, model, 610)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1199), st.floats(0, 600), st.integers(1, 400))
def test_monotone_in_recency(company, row, later, days):
    """A later last purchase, all else equal, never lowers chance nor orders."""
    _, facts, model, _ = company
    one = rows(facts, [row, row])
    one["last_order_day"][1] = min(one["last_order_day"][1] + later, 609)
    result = scores.scores(one, model, 610, horizons=(days,))
    for name in (f"probability_{days}", "expected_orders"):
        before, after = result[name]
        assert np.isnan(before) or after >= before


def test_chance_against_usual_falls(company):
    """With every day without a purchase, for each customer."""
    _, facts, model, _ = company
    bought = facts["order_count"] > 0
    before = np.ones(bought.sum())
    for days in (0, 1, 5, 20, 21, 90, 400, 1500):
        result = scores.scores(facts, model, 610 + days, horizons=HORIZONS)
        kept = result["probability_kept"][bought]
        assert np.all((kept <= before) | np.isnan(kept))
        before = np.where(np.isnan(kept), before, kept)
    assert np.nanmax(kept) < 0.9


def events_of(*histories):
    customer = np.repeat(np.arange(len(histories)), [len(days) for days in histories])
    day = np.concatenate([*map(np.array, histories), []])
    return {"customer": customer, "day": day, "amount": np.full(len(day), 10.0)}


BATTERY = {
    "nobody": [],
    "one purchase": [[600]],
    "one customer": [[1, 31, 70, 300, 600]],
    "one customer for years": [list(range(-3000, 600, 30))],
    "one-time buyers": [[day] for day in range(1, 600, 4)],
    "one-time buyers of today": [[609]] * 150,
    "one came back": [*([[500]] * 120), [400, 500]],
    "identical": [[100, 200, 300, 400, 500]] * 150,
    "every day": [list(range(210, 610))] * 110,
    "few": [[10 * n, 400, 400 + 10 * n] for n in range(1, 20)],
    "ten years of silence": [[-3400 + n, -3300, -3200] for n in range(120)],
    "two groups": [*([[100 + n] for n in range(150)]), *([[100, 300, 605]] * 150)],
}


@pytest.mark.parametrize("case", BATTERY)
def test_degenerate_company(case):
    """Numbers or "not enough yet", never nonsense, now and ten years later."""
    events = events_of(*BATTERY[case])
    facts, model, _ = learn(events, len(BATTERY[case]), 610, (30, 365))
    json.dumps(model.as_dict(), allow_nan=False)
    repeat = np.any(facts["order_count"] > 1)
    for as_of in (610, 610 + 3650):
        result = scores.scores(facts, model, as_of, horizons=(30, 365))
        for name in ("probability_30", "probability_365", "expected_orders"):
            assert np.isfinite(result[name]).all() == repeat or not BATTERY[case]
            assert not np.any(result[name] < 0)
        assert not np.any(result["probability_365"] > 1)
        assert not np.any(result["probability_30"] > result["probability_365"])


def test_tiers_of_a_silent_company():
    """Of whom nothing is expected is C, however little is expected of the others; and
    one who came back is the only A."""
    silent = BATTERY["ten years of silence"]
    _, model, result = learn(events_of(*silent), 120, 610, (30, 365))
    assert result["expected_value"].max() == 0
    assert set(result["value_tier"]) == {"C"}
    assert model.tier_limits is None
    back = [*silent, [-3300, -3200, 500, 540, 580]]
    _, _, result = learn(events_of(*back), 121, 610, (30, 365))
    assert result["value_tier"].tolist() == ["C"] * 120 + ["A"]


@pytest.mark.parametrize("amount", [0.0, -5.0, np.nan, np.inf])
def test_amounts_without_sense(amount):
    events = simulate(300, days=400, seed=4)
    events["amount"] = np.full(len(events["day"]), amount)
    _, model, result = learn(events, 300, 400)
    assert model.forecast.horizons[0].grades
    assert np.nanmax(result["probability_90"]) <= 1


@pytest.mark.parametrize("silence", [20, 40, 100])
def test_company_that_stopped_selling(silence):
    """A grade that needs both those who bought and those who did not is left out."""
    events = simulate(300, days=800, seed=4)
    _, model, _ = learn(events, 300, 800 + silence)
    json.dumps(model.as_dict(), allow_nan=False)


def test_unknown_customer_is_refused():
    events = events_of([1, 2])
    with pytest.raises(ValueError, match="customer"):
        purchases.tidy({**events, "customer": np.array([0, 7])}, 1, 10)


def test_season_is_found():
    """A Christmas business: the factors, and a forecast for January that does not
    carry the Christmas trade on."""
    events = simulate(3000, CHRISTMAS, days=YEARS + 60, seed=5)
    facts, model, result = learn(events, 3000, YEARS, (60,))
    found = np.array(model.forecast.context.season)
    assert found.mean() == pytest.approx(1)
    assert np.abs(found - CHRISTMAS).max() < 0.3
    came = (events["day"] >= YEARS) & (events["day"] < YEARS + 60)
    known = facts["order_count"][events["customer"]] > 0
    came = (came & known).sum()
    assert np.nansum(result["expected_orders"]) == pytest.approx(came, rel=0.15)
    plain = scores.scores(facts, population.fit(facts, YEARS), YEARS, horizons=(60,))
    assert np.nansum(plain["expected_orders"]) > 1.3 * came


def test_no_season_without_one():
    """Steady trade stays steady; under a year nothing can be told."""
    events = simulate(3000, days=YEARS, seed=6)
    _, model, _ = learn(events, 3000, YEARS, (30,))
    assert np.abs(np.array(model.forecast.context.season or STEADY) - 1).max() < 0.15
    assert learn(events, 3000, 300, (30,))[1].forecast.context.season is None


@pytest.mark.parametrize("days", [0.0, 1.0, 200.5, 365.25, -40.0, 5000.0])
def test_business_time(days):
    """A year takes a year, and time never runs backwards."""
    start = season.elapsed(CHRISTMAS, days)
    year = season.elapsed(CHRISTMAS, days + season.YEAR) - start
    assert year == pytest.approx(365.25)
    steps = season.elapsed(CHRISTMAS, days + np.arange(400))
    assert np.all(np.diff(steps) > 0)
    assert season.elapsed(None, days) == days


def test_plain_rule_where_it_wins():
    """Customers who leave exactly at 90 days of silence: the rule that says so is used,
    and the grades tell."""
    rng = np.random.default_rng(7)
    silence = rng.integers(0, 180, 4000).astype(float)
    bought = np.where(silence < 90, rng.random(4000) < 0.9, rng.random(4000) < 0.1)
    values = {name: rng.normal(size=4000) for name in forecast.features.CORRECTION}
    values |= {"inactive": (silence >= 90) * 1.0, "rfm": rng.normal(size=4000)}
    view = forecast.horizon.View(
        np.full(4000, 0.5), np.full(4000, 0.7), values, bought * 1.0
    )
    learned = learning.learn(30, 30, [500.0, 400.0], [view, view], view)
    assert learned.method == "inactive"
    losses = {name: grade["log_loss"] for name, grade in learned.grades.items()}
    assert min(losses, key=losses.get) == "inactive"


@pytest.mark.parametrize("counts", [False, True])
def test_ridge_finds_the_optimum(counts):
    """The same as a general optimiser; a coefficient with the wrong sign is 0."""
    rng = np.random.default_rng(8)
    design = rng.normal(size=(500, 3))
    linear = design @ [0.8, -0.5, 0.3] - 0.2
    outcome = rng.poisson(np.exp(linear)) * 1.0
    if not counts:
        outcome = (rng.random(500) < special.expit(linear)) * 1.0
    low, high = np.full(3, -np.inf), np.array([np.inf, np.inf, 0.0])
    found = ridge.fit(
        design, outcome, 0.0, (low, high), np.ones((500, 1)), counts=counts
    )
    assert found[2] == 0

    def loss(coefficients):
        total = design[:, :2] @ coefficients[:2] + coefficients[2]
        value = np.exp(total) if counts else np.logaddexp(0, total)
        penalty = 10 * coefficients[:2] @ coefficients[:2]
        penalty += ridge.LEVEL_PENALTY * coefficients[2] ** 2
        return (value - outcome * total).sum() + penalty / 2

    expected = optimize.minimize(loss, np.zeros(3), tol=1e-10).x
    assert found[[0, 1, 3]] == pytest.approx(expected, abs=1e-4)


def test_grades_by_hand():
    chance = np.array([0.9, 0.8, 0.3, 0.3])
    happened = np.array([True, False, True, False])
    assert grades.auc(chance, happened) == pytest.approx(2.5 / 4)
    assert grades.log_loss(chance, happened) == pytest.approx(
        -np.log([0.9, 0.2, 0.3, 0.7]).mean()
    )
    assert np.isnan(grades.auc(chance, np.ones(4, bool)))
    sure = np.repeat([0.25, 0.75], 100)
    quarter = np.tile([True, False, False, False], 25)
    as_said = np.concatenate([quarter, ~quarter])
    assert grades.calibration_error(sure, as_said) == pytest.approx(0)
    assert grades.calibration_error(sure, ~as_said) == pytest.approx(0.5)
    assert grades.orders(np.array([1.0, 3.0]), np.array([2.0, 0.0])) == {
        "mae": 2.0,
        "rmse": pytest.approx(5**0.5),
        "total_error": 100.0,
    }
    money = grades.value(np.arange(20.0), np.arange(20.0) ** 2)
    assert money["spearman"] == pytest.approx(1)
    assert money["top_decile"] == pytest.approx((18**2 + 19**2) / 2470)


def test_level_is_believed_with_evidence():
    """One period of many customers half, several more, few customers hardly."""
    many, few = np.tile([True, False], 50_000), np.tile([True, False], 20)
    assert learning._trust(60, [100.0], many) == pytest.approx(0.5, rel=1e-2)
    assert learning._trust(60, [100.0, 70, 40], many) == pytest.approx(2 / 3, rel=1e-2)
    assert learning._trust(60, [100.0], few) < 0.3
