import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from engine import likelihood, purchase

PUBLISHED = {
    "bgnbd": (0.243, 4.414, 0.793, 2.426),
    "mbgnbd": (0.525, 6.183, 0.891, 1.614),
}


def cdnow():
    """x, t_x, T in weeks of the 1/10 sample, from the package that carries it."""
    folder = Path(importlib.util.find_spec("lifetimes").origin).parent
    path = folder / "datasets" / "cdnow_customers_summary.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:].T


def simulate(parameters, customers, age, horizon, seed):
    """Histories up to ``age`` and the number of orders in ``horizon`` after it."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, customers)
    chance = rng.beta(parameters.a, parameters.b, customers)
    x, t_x, later = np.zeros((3, customers))
    now = np.zeros(customers)
    active = np.ones(customers, bool)
    if parameters.model == "mbgnbd":
        active = rng.random(customers) >= chance
    while active.any():
        now = np.where(active, now + rng.gamma(parameters.k, 1 / rate), now)
        active &= now <= age + horizon
        before = active & (now <= age)
        x += before
        t_x = np.where(before, now, t_x)
        later += active & ~before
        active &= rng.random(customers) >= chance
    return x, t_x, np.full(customers, float(age)), later


def make(model, r=0.8, alpha=20.0, a=0.6, b=2.0, k=1):
    return purchase.Parameters(model, r, alpha, a, b, "day", 0.0, 1.0, k)


@pytest.mark.parametrize("model", purchase.MODELS)
def test_published_parameters(model):
    """The CDNOW sample gives the published parameters to 0.5 %."""
    fitted = purchase.fit(*cdnow(), model=model, unit="week")
    found = (fitted.r, fitted.alpha, fitted.a, fitted.b)
    assert found == pytest.approx(PUBLISHED[model], rel=0.005)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.5)
    assert fitted.customers == 2357


def test_published_expectation():
    """Fader, Hardie and Lee's example: x=2, t_x=30.43, T=38.86, 39 weeks: 1.226."""
    parameters = make("bgnbd", 0.243, 4.414, 0.793, 2.426)
    orders = purchase.expected_orders(parameters, [2.0], [30.43], [38.86], 39)
    assert orders == pytest.approx([1.226], abs=0.001)


@pytest.mark.parametrize("model", purchase.MODELS)
def test_unit_of_time_does_not_matter(model):
    x, t_x, T = cdnow()
    weeks = purchase.fit(x, t_x, T, model=model)
    days = purchase.fit(x, t_x * 7, T * 7, model=model)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-4)
    assert (days.r, days.a, days.b) == pytest.approx(
        (weeks.r, weeks.a, weeks.b), rel=1e-3
    )


@pytest.mark.parametrize("model", purchase.MODELS)
def test_gradient(model):
    """The analytic gradient is that of the likelihood."""
    x, t_x, T, _ = simulate(make(model), 300, 200, 1, seed=1)
    objective = likelihood.Objective(model, 1, x, t_x, T, np.linspace(0.5, 2, 300))
    for start in ([0.1, 2.0, -0.7, 1.0], [-1.0, 3.5, 0.4, 0.2]):
        _, gradient = objective(np.array(start))
        numeric = optimize.approx_fprime(start, lambda logs: objective(logs)[0], 1e-6)
        assert gradient == pytest.approx(numeric, abs=1e-5)


@pytest.mark.parametrize("model", purchase.MODELS)
def test_weights_stand_for_customers(model):
    x, t_x, T, _ = simulate(make(model), 200, 200, 1, seed=2)
    twice = purchase.fit(x, t_x, T, model=model, weights=np.full(200, 2.0))
    repeated = purchase.fit(*(np.tile(v, 2) for v in (x, t_x, T)), model=model)
    assert twice.customers == repeated.customers == 400
    assert twice.r == pytest.approx(repeated.r, rel=1e-6)


@pytest.mark.parametrize("model", purchase.MODELS)
def test_fit_finds_what_was_simulated(model):
    true = make(model)
    fitted = purchase.fit(*simulate(true, 60000, 700, 1, seed=3)[:3], model=model)
    found = (fitted.r, fitted.alpha, fitted.a, fitted.b)
    assert found == pytest.approx((true.r, true.alpha, true.a, true.b), rel=0.1)


def kinds_of_history(x, t_x, T, at_least):
    """Customers by kind of history: number of purchases, and when the last one was.

    :return: list of masks, of the kinds with so many customers
    """
    kind = np.minimum(x, 6) * 4 + np.floor(t_x / T * 4).clip(0, 3)
    masks = (kind == each for each in np.unique(kind))
    return [rows for rows in masks if rows.sum() >= at_least]


@pytest.mark.parametrize("model", purchase.MODELS)
@pytest.mark.parametrize("a", [0.2, 1.0, 3.0])
def test_agrees_with_simulation(model, a):
    """Probability and expectation are right for each kind of history, not on average
    only; a = 1 is where the published closed form has no value."""
    parameters = make(model, a=a)
    x, t_x, T, later = simulate(parameters, 200_000, 300, 120, seed=4)
    chance = purchase.probability_of_order(parameters, x, t_x, T, 120)
    orders = purchase.expected_orders(parameters, x, t_x, T, 120)
    checked = kinds_of_history(x, t_x, T, at_least=500)
    for rows in checked:
        error = later[rows].std() / np.sqrt(rows.sum())
        assert abs(orders[rows].mean() - later[rows].mean()) < 4 * error + 1e-3
        happened = (later[rows] > 0).mean()
        error = np.sqrt(happened * (1 - happened) / rows.sum())
        assert abs(chance[rows].mean() - happened) < 4 * error + 1e-3
    assert len(checked) >= 10


def test_expectation_follows_from_probability():
    """Within a short time there is one order or none."""
    parameters = make("mbgnbd")
    history = np.array([0.0, 3, 40]), np.array([0.0, 50, 280]), np.full(3, 300.0)
    chance = purchase.probability_of_order(parameters, *history, 0.01)
    orders = purchase.expected_orders(parameters, *history, 0.01)
    assert orders == pytest.approx(chance, rel=1e-2)


def test_parameters_survive_json():
    fitted = purchase.fit(*cdnow(), unit="week")
    stored = json.loads(json.dumps(fitted.as_dict()))
    assert purchase.Parameters.from_dict(stored) == fitted


DEGENERATE = {
    "one customer": ([3.0], [90.0], [100.0]),
    "one silent customer": ([3.0], [90.0], [3750.0]),
    "one-time buyers": ([0.0] * 100, [0.0] * 100, [5.0] * 100),
    "identical": ([3.0] * 100, [90.0] * 100, [90.0] * 100),
    "no time between": ([3.0] * 60, [0.0] * 60, [100.0] * 60),
    "every day": ([1000.0] * 60, [1000.0] * 60, [1000.0] * 60),
    "contradiction": ([-1.0, 2.0], [-5.0, 60.0], [10.0, 20.0]),
    "one giant": ([0.0] * 60 + [5000.0], [0.0] * 60 + [5000.0], [5000.0] * 61),
}


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("model", purchase.MODELS)
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_data(model, case, k):
    """Sane numbers, whatever the data."""
    x, t_x, T = (np.array(values) for values in DEGENERATE[case])
    fitted = purchase.fit(x, t_x, T, model=model, k=k)
    for age in (T, T + 3650):
        for horizon in (0, 30, 3650):
            chance = purchase.probability_of_order(fitted, x, t_x, age, horizon)
            orders = purchase.expected_orders(fitted, x, t_x, age, horizon)
            assert np.all((chance >= 0) & (chance <= 1))
            assert np.all(np.isfinite(orders) & (orders >= 0))


@pytest.mark.parametrize("rows", [[], [0.0]])
def test_nothing_to_learn(rows):
    """No customer, or no time since the first purchase: no parameters."""
    assert purchase.fit(rows, rows, rows) is None


def test_wrong_calls():
    with pytest.raises(ValueError, match="model"):
        purchase.fit([1.0], [1.0], [1.0], model="pareto")
    with pytest.raises(ValueError, match="equally long"):
        purchase.fit([1.0], [1.0, 2.0], [1.0])


positive = st.floats(-3, 3).map(np.exp)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(purchase.MODELS),
    st.tuples(positive, st.floats(-2, 8).map(np.exp), positive, positive),
    st.integers(0, 300),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.floats(1, 4000),
    st.floats(1, 1000),
)
def test_properties(model, values, x, seen, T, horizon):
    """In [0, 1], more for a more recent order and a longer horizon, and never more
    than the expected number of orders."""
    parameters = make(model, *values)
    recency = np.sort(seen) * T
    x, T = np.full(2, float(x)), np.full(2, T)
    chance = purchase.probability_of_order(parameters, x, recency, T, horizon)
    orders = purchase.expected_orders(parameters, x, recency, T, horizon)
    longer = purchase.probability_of_order(parameters, x, recency, T, 2 * horizon)
    assert np.all((chance >= 0) & (chance <= 1))
    assert np.all(longer >= chance)
    assert chance[1] >= chance[0]
    assert orders[1] >= orders[0]
    assert np.all(orders >= chance * (1 - 1e-3) - 1e-12)


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_row_order_does_not_matter(random):
    x, t_x, T, _ = simulate(make("mbgnbd"), 100, 300, 1, seed=5)
    order = list(range(100))
    random.shuffle(order)
    assert purchase.fit(x, t_x, T) == purchase.fit(x[order], t_x[order], T[order])
