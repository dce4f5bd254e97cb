"""The engine forecasts what was hidden, and nothing of it."""

import numpy as np
import pytest

from engine import backtest

AS_OF = 740000


def purchases(customers, days=900, seed=1):
    """Steady buyers at rates of their own, some of whom leave for good."""
    rng = np.random.default_rng(seed)
    rows, bought = [], []
    for customer, rate in enumerate(rng.gamma(1.2, 1 / 40, customers)):
        leaves = rng.exponential(500)
        day = AS_OF - rng.integers(120, days)
        start = day
        while day < AS_OF and day - start < leaves:
            rows.append(customer)
            bought.append(day)
            day += 1 + rng.exponential(1 / max(rate, 1e-3))
    count = len(rows)
    return {
        "customer": np.array(rows),
        "day": np.floor(np.array(bought, float)),
        "amount": np.round(rng.lognormal(4, 0.5, count), 2),
    }


def test_beats_rules_where_customers_differ():
    result = backtest.backtest(purchases(800), 800, AS_OF, 90)
    assert result["verdict"] in ("better", "equal")
    assert result["grades"]["ours"]["auc"] > 0.75
    assert result["cut"] == AS_OF - 90
    assert 0 < result["ordered"] < result["customers"] <= 800
    assert sum(size for size, *_rest in result["calibration"]) == result["customers"]
    assert abs(result["expected_orders"] / result["orders"] - 1) < 0.35


def test_hidden_days_are_not_seen():
    """Whatever happens in them, the chances stay, only their grades change."""
    events = purchases(300)
    without = events["day"] < AS_OF - 90
    less = {name: values[without] for name, values in events.items()}
    one = {"customer": less["customer"][:1], "day": [AS_OF - 5.0], "amount": [10.0]}
    less = {name: np.append(values, one[name]) for name, values in less.items()}
    seen, unseen = (backtest.backtest(each, 300, AS_OF, 90) for each in (events, less))
    assert [row[1] for row in seen["calibration"]] == [
        row[1] for row in unseen["calibration"]
    ]
    assert unseen["ordered"] == 1


@pytest.mark.parametrize("customers", [0, 1, 15])
def test_too_few(customers):
    assert backtest.backtest(purchases(customers), customers, AS_OF, 90) is None


def test_nobody_came_back():
    once = {
        "customer": np.arange(200),
        "day": np.full(200, AS_OF - 300.0),
        "amount": np.ones(200),
    }
    assert backtest.backtest(once, 200, AS_OF, 90) is None


def test_verdict_needs_more_than_chance():
    """A difference within one standard error is none."""
    happened = np.arange(100) % 2 == 0
    good = np.where(happened, 0.8, 0.2)
    rule = np.full(100, 0.5)
    verdicts = backtest._verdicts({"ours": good, "rfm": rule}, happened)
    assert verdicts == ({"rfm": "better"}, "better")
    verdicts = backtest._verdicts({"ours": rule, "rfm": good}, happened)
    assert verdicts == ({"rfm": "worse"}, "worse")
    verdicts = backtest._verdicts({"ours": rule, "rfm": rule}, happened)
    assert verdicts == ({"rfm": "equal"}, "equal")
    verdicts = backtest._verdicts({"ours": rule, "process": rule}, happened)
    assert verdicts == ({"process": "equal"}, "unknown")
