"""The purchase process of customers who buy more regularly than by chance (k > 1)."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from test_engine_forecast import learn
from test_engine_purchase import (
    kinds_of_history,
    make,
    positive,
    simulate,
)

from engine import likelihood, population, purchase, scores

pytestmark = pytest.mark.filterwarnings("error")
both = pytest.mark.parametrize("model", purchase.MODELS)


@both
def test_gradient(model):
    x, t_x, T, _ = simulate(make(model, k=3), 300, 200, 1, seed=1)
    objective = likelihood.Objective(model, 3, x, t_x, T, np.linspace(0.5, 2, 300))
    for start in ([0.1, 2.0, -0.7, 1.0], [-1.0, 3.5, 0.4, 0.2]):
        _, gradient = objective(np.array(start))
        numeric = optimize.approx_fprime(start, lambda logs: objective(logs)[0], 1e-6)
        assert gradient == pytest.approx(numeric, abs=1e-5)


@pytest.mark.parametrize("k", [2, 4])
def test_fit_finds_what_was_simulated(k):
    true = make("mbgnbd", k=k)
    fitted = purchase.fit(*simulate(true, 40000, 700, 1, seed=3)[:3], k=k)
    found = (fitted.r, fitted.alpha, fitted.a, fitted.b)
    assert found == pytest.approx((true.r, true.alpha, true.a, true.b), rel=0.1)
    stored = json.loads(json.dumps(fitted.as_dict()))
    assert purchase.Parameters.from_dict(stored) == fitted


@both
@pytest.mark.parametrize("k", [2, 3])
def test_agrees_with_simulation(model, k):
    """For each kind of history: by number of purchases, and by the pause."""
    parameters = make(model, k=k, alpha=10.0)
    x, t_x, T, later = simulate(parameters, 40_000, 300, 120, seed=4)
    chance = purchase.probability_of_order(parameters, x, t_x, T, 120)
    orders = purchase.expected_orders(parameters, x, t_x, T, 120)
    checked = kinds_of_history(x, t_x, T, at_least=300)
    for rows in checked:
        mean, happened = orders[rows].mean(), chance[rows].mean()
        error = np.sqrt(max(later[rows].var(), mean) / rows.sum())
        assert abs(mean - later[rows].mean()) < 4 * error
        error = np.sqrt(happened * (1 - happened) / rows.sum())
        assert abs(happened - (later[rows] > 0).mean()) < 4 * error
    assert len(checked) >= 8


def test_a_regular_customer_is_due():
    """Right after a purchase the next one is some time away, then it is due, and in the
    end he has left."""
    regular = make("mbgnbd", r=4.0, alpha=40.0, k=3)
    silence = np.array([0.0, 30, 1000])
    history = np.full(3, 10.0), np.full(3, 300.0), 300 + silence
    fresh, due, gone = purchase.probability_of_order(regular, *history, 15)
    assert gone < fresh < due


def test_wrong_k():
    with pytest.raises(ValueError, match="k must be"):
        purchase.fit([1.0], [1.0], [1.0], k=0)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(purchase.MODELS),
    st.integers(2, 4),
    st.tuples(positive, st.floats(-2, 8).map(np.exp), positive, positive),
    st.integers(0, 300),
    st.floats(0, 1),
    st.floats(1, 4000),
    st.floats(1, 1000),
)
def test_properties(model, k, values, x, seen, T, horizon):
    """In [0, 1], more within a longer time, and never more than the expected number."""
    parameters = make(model, *values, k)
    one = np.array([float(x)]), np.array([seen * T]), np.array([T])
    chance, longer = (
        purchase.probability_of_order(parameters, *one, days)
        for days in (horizon, 2 * horizon)
    )
    orders = purchase.expected_orders(parameters, *one, horizon)
    assert 0 <= chance <= longer <= 1
    assert orders >= chance * (1 - 1e-3) - 1e-9


@pytest.mark.parametrize(("k", "expected"), [(1, ("mbgnbd", 1)), (3, ("mbgnbd", 3))])
def test_the_company_s_past_decides(k, expected):
    """Regular buyers are found where there are some, and only there; what was learned
    survives, and chance against usual falls with the pause all the same."""
    events = histories(make("mbgnbd", r=4.0, alpha=30.0 / k**0.5, a=0.5, b=6.0, k=k))
    facts, model, _ = learn(events, 1500, 600, (30,))
    process = model.forecast.context.purchase
    assert (process.model, process.k) == expected
    stored = json.loads(json.dumps(model.as_dict()))
    assert population.Model.from_dict(stored) == model
    before = np.ones((facts["order_count"] > 0).sum())
    for days in (0, 5, 20, 60, 400):
        result = scores.scores(facts, model, 600 + days, horizons=(30,))
        kept = result["probability_kept"][facts["order_count"] > 0]
        known = np.isfinite(kept)
        assert np.all(kept[known] <= before[known])
        before = kept


def histories(parameters, customers=1500, days=600, seed=6):
    """Purchases of customers who begin at any time."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, customers)
    chance = rng.beta(parameters.a, parameters.b, customers)
    now, active = rng.uniform(0, days / 2, customers), np.ones(customers, bool)
    who, when = [], []
    while active.any():
        who.append(np.flatnonzero(active))
        when.append(now[active])
        active &= rng.random(customers) >= chance
        now = now + rng.gamma(parameters.k, 1 / rate)
        active &= now < days
    day = np.floor(np.concatenate(when))
    amount = np.full(len(day), 10.0)
    return {"customer": np.concatenate(who), "day": day, "amount": amount}
