import json

import numpy as np
import pytest
from conftest import AS_OF
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import loyalty, population, scores

pytestmark = pytest.mark.filterwarnings("error")

PARTS = [f"loyalty_{name}" for name in loyalty.WEIGHTS]
MONEY = ("order_value_sum", "net_invoiced_12m", "overdue_amount")
NEVER = {
    name: [np.nan] if name in population.MEASURED else [0.0]
    for name in population.COUNTS + population.AMOUNTS + population.MEASURED
}
ONCE = {
    **NEVER,
    "order_count": [1.0],
    "order_count_12m": [1.0],
    "first_order_day": [AS_OF - 10.0],
    "last_order_day": [AS_OF - 10.0],
    "order_value_sum": [100.0],
}
REPEAT = {
    **ONCE,
    "order_count": [5.0],
    "first_order_day": [AS_OF - 130.0],
    "median_gap": [28.0],
    "last_gap": [35.0],
    "order_value_sum": [500.0],
}


def rows(facts, index):
    return {name: np.asarray(values)[index] for name, values in facts.items()}


def times(facts, count, **changed):
    return {n: np.repeat(v, count) for n, v in {**facts, **changed}.items()}


def together(*several):
    return {name: np.concatenate([f[name] for f in several]) for name in several[0]}


def assert_same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def assert_sane(result):
    """Every number is a number where something is known, and within its range."""
    for name, values in result.items():
        if values.dtype.kind == "f":
            assert not np.isinf(values).any(), name
    for name in ("probability_30", "probability_90", "probability_365"):
        known = result[name][np.isfinite(result[name])]
        assert np.all((known >= 0) & (known <= 1))
    for name in ("expected_orders", "expected_value", "rhythm_days"):
        assert not np.any(result[name] < 0)
    assert set(result["value_tier"]) <= {"", "A", "B", "C"}
    assert set(result["evidence"]) <= {"own", "company", "none"}
    assert set(result["rhythm_kind"]) <= {"", "single", "regular", "yearly", "project"}
    kept = result["probability_kept"]
    assert np.all((kept[np.isfinite(kept)] >= 0) & (kept[np.isfinite(kept)] <= 1))
    bought = result["value_tier"] != ""
    score = result["loyalty_score"]
    assert np.array_equal(np.isfinite(score), bought)
    assert np.all((score[bought] >= 0) & (score[bought] <= 100))
    predicted = np.isfinite(result["probability_90"])
    assert np.array_equal(predicted, result["evidence"] != "none")


def test_one_customer_equals_all(facts, model):
    """Any part of the customers, in any order, gets what the full run gives them."""
    full = scores.scores(facts, model, AS_OF)
    order = np.random.default_rng(1).permutation(3000)
    for index in (order, order[:1], order[1:8], order[:500]):
        part = scores.scores(rows(facts, index), model, AS_OF)
        assert_same(part, rows(full, index))


def test_row_order_does_not_change_the_model(facts, model):
    """Floats are summed in another order: equal to 9 digits, and so are the scores."""
    other = population.fit(rows(facts, np.arange(3000)[::-1]), AS_OF)
    assert other.purchase == model.purchase
    assert other.second_purchase == model.second_purchase
    assert other.loyalty_scales == model.loyalty_scales
    assert other.order_value == pytest.approx(model.order_value, rel=1e-9)
    assert other.tier_limits == pytest.approx(model.tier_limits, rel=1e-9)


def test_model_survives_json(facts, model):
    restored = population.Model.from_dict(json.loads(json.dumps(model.as_dict())))
    assert restored == model
    empty = population.fit(rows(facts, []), AS_OF)
    stored = json.loads(json.dumps(empty.as_dict()))
    assert population.Model.from_dict(stored) == empty


def test_facts_are_left_alone(facts, model):
    before = {name: values.copy() for name, values in facts.items()}
    population.fit(facts, AS_OF)
    scores.scores(facts, model, AS_OF)
    assert_same(before, facts)


def test_parts_add_up(facts, model):
    result = scores.scores(facts, model, AS_OF)
    assert_sane(result)
    bought = facts["order_count"] >= 1
    parts = np.array([result[name][bought] for name in PARTS])
    assert np.allclose(parts * 10, np.round(parts * 10), atol=1e-9)
    assert np.allclose(parts.sum(axis=0), result["loyalty_score"][bought], atol=1e-9)
    weights = np.array([*loyalty.WEIGHTS.values()])[:, None]
    assert np.all((parts >= 0) & (parts <= weights))
    assert weights.sum() == 100


def test_never_bought_is_empty_not_zero(model):
    result = scores.scores(NEVER, model, AS_OF)
    assert result.pop("value_tier").tolist() == [""]
    assert result.pop("rhythm_kind").tolist() == [""]
    assert result.pop("risk_level").tolist() == [""]
    assert result.pop("evidence").tolist() == ["none"]
    for name, values in result.items():
        assert np.isnan(values).all(), name


def test_days_by_hand(model):
    """Today is the day before as_of; a passed date stays in the past."""
    facts = {**REPEAT, "last_order_day": [AS_OF - 41.0]}
    result = scores.scores(facts, model, AS_OF)
    usual = np.exp((4 * np.log(28) + 2 * np.log(model.company_gap)) / 6)
    assert result["days_since_order"] == [40]
    assert result["rhythm_days"] == [round(usual, 1)]
    assert result["recency_ratio"] == [round(40 / usual, 2)]
    assert result["next_order_day"] == [round(AS_OF - 41 + usual)]
    assert result["evidence"] == ["own"]


def test_one_time_buyer_follows_the_second_purchase_curve(model):
    result = scores.scores(ONCE, model, AS_OF)
    assert result["rhythm_days"] == [round(model.second_purchase[4], 1)]
    assert result["evidence"] == ["company"]


BATTERY = {
    "nobody": rows(ONCE, []),
    "never bought": NEVER,
    "one order": ONCE,
    "one customer": REPEAT,
    "one-time buyers": times(ONCE, 80),
    "one-time buyers of today": times(
        ONCE, 80, first_order_day=[AS_OF - 1.0], last_order_day=[AS_OF - 1.0]
    ),
    "identical": times(REPEAT, 80),
    "one came back": together(times(ONCE, 30), REPEAT),
    "ten years of silence": times(
        REPEAT, 80, first_order_day=[AS_OF - 3800.0], last_order_day=[AS_OF - 3660.0]
    ),
    "zero amounts": times(REPEAT, 80, order_value_sum=[0.0]),
    "negative amounts": times(
        REPEAT,
        80,
        order_value_sum=[-5.0],
        net_invoiced_12m=[-5.0],
        overdue_amount=[-5.0],
        refund_ratio=[1.5],
    ),
    "impossible": times(
        REPEAT,
        80,
        order_value_sum=[np.inf],
        payment_delay=[np.inf],
        median_gap=[0.0],
        delivery_late_count=[9.0],
        return_count=[-1.0],
        last_order_day=[AS_OF + 20.0],
    ),
    "dates without orders": times(REPEAT, 3, order_count=[0.0]),
    "orders without dates": times(REPEAT, 3, first_order_day=[np.nan]),
    "orders on one day": times(REPEAT, 3, last_order_day=[AS_OF - 130.0]),
    "a giant": together(times(ONCE, 5), {**REPEAT, "order_value_sum": [1e12]}),
}


@pytest.mark.parametrize("case", BATTERY)
def test_degenerate_company(case):
    """Sane scores whatever the company, also ten years later."""
    facts = BATTERY[case]
    model = population.fit(facts, AS_OF)
    json.dumps(model.as_dict(), allow_nan=False)
    for as_of in (AS_OF, AS_OF + 3650):
        assert_sane(scores.scores(facts, model, as_of))


@pytest.mark.parametrize("case", ["one order", "one-time buyers"])
def test_nothing_to_go_by(case):
    """Without a repeat purchase in the company nothing is predicted; loyalty is."""
    facts = BATTERY[case]
    result = scores.scores(facts, population.fit(facts, AS_OF), AS_OF)
    assert set(result["evidence"]) == {"none"}
    assert np.isnan(result["probability_90"]).all()
    assert np.isnan(result["expected_value"]).all()
    assert np.isfinite(result["loyalty_score"]).all()


def test_small_company():
    """Ten customers are enough to tell a regular one from one long gone."""
    gone = {**REPEAT, "first_order_day": [AS_OF - 900.0]}
    gone["last_order_day"] = [AS_OF - 780.0]
    facts = together(times(REPEAT, 5), times(ONCE, 4), gone)
    result = scores.scores(facts, population.fit(facts, AS_OF), AS_OF)
    assert result["probability_90"][0] > 0.7
    assert result["probability_90"][-1] < 0.1


def test_loyalty_by_hand(model):
    """One customer with the company's median of everything, and what is unknown."""
    scales = model.loyalty_scales
    facts = {
        **REPEAT,
        "order_count_12m": [scales["frequency"][0]],
        "order_value_sum": [scales["value"][1] * 7],
        "product_count": [scales["products"][0]],
        "category_count": [0.0],
        "invoice_paid_count": [6.0],
        "payment_delay": [10.0],
        "net_invoiced_12m": [300.0],
        "overdue_amount": [100.0],
        "delivery_count": [8.0],
        "delivery_late_count": [2.0],
        "refund_ratio": [0.1],
        "return_count": [5.0],
    }
    result = scores.scores(facts, model, AS_OF)

    def half(name):
        middle, full = scales[name]
        return np.log(2) / np.log1p(full / middle)

    ratio = 9 / np.exp((4 * np.log(28) + 2 * np.log(model.company_gap)) / 6)
    middle, full = scales["tenure"]
    expected = {
        "loyalty_recency": 10 / (1 + (ratio / 2) ** 2)
        + 10 / (1 + (9 / model.company_gap / 2) ** 2),
        "loyalty_frequency": 30 * half("frequency"),
        "loyalty_value": 10,
        "loyalty_tenure": 10 * np.log1p(120 / middle) / np.log1p(full / middle),
        "loyalty_breadth": 10 * half("products") / 2,
        "loyalty_payment": 10 * (6 * 0.75 + 1.2) / 8 * 0.75,
        "loyalty_delivery": 5 * (6 + 1.2) / 10,
        "loyalty_returns": 5 * 0.8 * 5 / 10,
    }
    for name, part in expected.items():
        assert result[name][0] == pytest.approx(part, abs=0.051), name
    unknown = scores.scores(ONCE, model, AS_OF)
    for name in ("payment", "delivery", "returns"):
        assert unknown[f"loyalty_{name}"] == loyalty.WEIGHTS[name] * loyalty.NEUTRAL


def test_missing_fact_is_named():
    facts = {name: values for name, values in ONCE.items() if name != "median_gap"}
    with pytest.raises(KeyError, match="median_gap"):
        population.fit(facts, AS_OF)


def test_weights():
    weights = {**dict.fromkeys(loyalty.WEIGHTS, 0), "value": 40, "recency": 60}
    model = population.fit(REPEAT, AS_OF, weights=weights)
    result = scores.scores(REPEAT, model, AS_OF)
    assert result["loyalty_score"] == (
        result["loyalty_value"] + result["loyalty_recency"]
    )
    for wrong in ({"value": 100}, {**weights, "value": 50}, {**weights, "value": -60}):
        with pytest.raises(ValueError, match="weights"):
            population.fit(REPEAT, AS_OF, weights=wrong)


@pytest.mark.parametrize("factor", [0.01, 0.5, 117.3, 1024])
def test_currency_does_not_matter(facts, model, factor):
    other = {**facts, **{name: facts[name] * factor for name in MONEY}}
    result = scores.scores(facts, model, AS_OF)
    converted = scores.scores(other, population.fit(other, AS_OF), AS_OF)
    for name in ("loyalty_score", *PARTS, "value_tier", "probability_90"):
        np.testing.assert_array_equal(result[name], converted[name], err_msg=name)


def test_one_giant_order_buys_no_loyalty(facts, model):
    """Neither for its customer beyond the value part, nor at the cost of others."""
    giant = {name: values.copy() for name, values in facts.items()}
    row = int(np.flatnonzero(facts["order_count"] >= 1)[0])
    giant["order_value_sum"][row] += 1e9
    changed = scores.scores(giant, population.fit(giant, AS_OF), AS_OF)
    before = scores.scores(facts, model, AS_OF)
    difference = np.abs(changed["loyalty_score"] - before["loyalty_score"])
    difference = difference[np.isfinite(difference)]
    assert difference.max() <= loyalty.WEIGHTS["value"]
    assert np.sort(difference)[-2] < 0.15
    refit = population.fit(giant, AS_OF)
    assert refit.order_value == pytest.approx(model.order_value, rel=0.01)


BETTER = {
    "first_order_day": -1,
    "last_order_day": +1,
    "order_value_sum": +1,
    "order_count_12m": +1,
    "net_invoiced_12m": +1,
    "product_count": +1,
    "category_count": +1,
    "payment_delay": -1,
    "overdue_amount": -1,
    "delivery_late_count": -1,
    "return_count": -1,
    "refund_ratio": -1,
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*BETTER]), st.floats(0, 1e4))
def test_better_fact_never_lowers_loyalty(facts, model, name, amount):
    better = facts[name] + BETTER[name] * amount
    if name == "last_order_day":
        better = np.minimum(better, AS_OF - 1.0)
    before = scores.scores(facts, model, AS_OF)
    after = scores.scores({**facts, name: better}, model, AS_OF)
    bought = facts["order_count"] >= 1
    for score in ("loyalty_score", *PARTS):
        assert np.all(after[score][bought] >= before[score][bought]), score


def test_purchase_today_never_lowers_loyalty(facts, model):
    """With all that it changes, the own rhythm included."""
    bought = facts["order_count"] >= 1
    before = rows(facts, bought)
    gap = AS_OF - 1 - before["last_order_day"]
    after = {
        **before,
        "order_count": before["order_count"] + 1,
        "order_count_12m": before["order_count_12m"] + 1,
        "last_order_day": np.full(len(gap), AS_OF - 1.0),
        "median_gap": np.where(np.isnan(before["median_gap"]), gap, 1),
        "order_value_sum": before["order_value_sum"] + 1,
    }
    lower = scores.scores(before, model, AS_OF)["loyalty_score"]
    higher = scores.scores(after, model, AS_OF)["loyalty_score"]
    assert np.all(higher >= lower)


def test_silence_only_lowers_the_chance(facts, model):
    """The longer the silence the smaller the chance of an order within 90 days."""
    before = scores.scores(facts, model, AS_OF)["probability_90"]
    for days in (1, 30, 400):
        after = scores.scores(facts, model, AS_OF + days)["probability_90"]
        known = np.isfinite(before)
        assert np.all(after[known] <= before[known])
        before = after
