"""What holds for any company whatsoever, tried on made-up ones: a property test is
given hundreds of them and looks for the smallest that breaks it."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_engine_forecast import facts_of

from engine import population, scores

pytestmark = pytest.mark.filterwarnings("error")

AS_OF = 4000
LEARNED = (90,)  # the other horizons take the corrections of this one
CHANCES = ["probability_30", "probability_90", "probability_365"]
MONEY = ("order_value_sum", "net_invoiced_12m", "overdue_amount", "margin")
MONEY += ("margin_known_value",)
AMOUNTS = ("expected_value", "expected_value_low", "expected_value_high")
LIMITED = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

day = st.integers(0, AS_OF - 1)
amount = st.one_of(
    st.floats(0.01, 1e6), st.sampled_from([0.0, -7.0, 1e9, float("nan")])
)
purchase = st.tuples(day, amount)
customer = st.one_of(
    st.lists(purchase, min_size=1, max_size=1),  # bought once
    st.lists(purchase, min_size=2, max_size=12),
    day.map(lambda start: [(start, 5.0)] * 3),  # identical dates
    st.integers(1, 60).map(  # as regular as can be
        lambda pause: [(AS_OF - 1 - pause * n, 20.0) for n in range(20)]
    ),
    st.integers(0, 300).map(lambda start: [(start, 9.0), (start + 40, 9.0)]),  # gone
)


@st.composite
def companies(draw):
    """Purchases of a few customers, or of as many as the engine learns from: those few
    again and again, on other days."""
    few = draw(st.lists(customer, min_size=1, max_size=8))
    copies = draw(st.sampled_from([1, 1, 16]))
    shifts = draw(st.sampled_from([0, 3, 11]))
    rows = [
        (number * len(few) + position, max(when - shifts * number, 0), money)
        for number in range(copies)
        for position, purchases in enumerate(few)
        for when, money in purchases
    ]
    who, when, money = zip(*rows, strict=True)
    events = {"customer": np.array(who), "day": np.array(when) * 1.0}
    return {**events, "amount": np.array(money)}, copies * len(few)


def learn(events, customers, as_of=AS_OF):
    facts = facts_of(events, customers, as_of)
    facts["margin_known_value"] = facts["order_value_sum"]
    facts["margin"] = facts["order_value_sum"] * 0.3
    facts["peer_group"] = np.arange(customers) % 2 * 1.0
    model = population.fit(facts, as_of, purchases=events, horizons=LEARNED)
    return facts, model, scores.scores(facts, model, as_of)


@LIMITED
@given(companies())
def test_sane(company):
    """Chances from 0 to 1 that grow with the time, orders and money that are not
    negative, a range with the expected value within; all of them known or none (money
    only where there is any), now and after ten years of silence; and a model that can
    be kept."""
    events, customers = company
    facts, model, _ = learn(events, customers)
    assert population.Model.from_dict(json.loads(json.dumps(model.as_dict()))) == model
    for as_of in (AS_OF, AS_OF + 3650):
        result = scores.scores(facts, model, as_of)
        bought = facts["order_count"] > 0
        known = np.isfinite(result["probability_30"])
        assert known[bought].all() or not known.any()
        for name in (*CHANCES, "expected_orders"):
            assert np.array_equal(np.isfinite(result[name]), known), name
        worth = known & (model.order_value is not None)
        for name in AMOUNTS:
            assert np.array_equal(np.isfinite(result[name]), worth), name
        for name in (*CHANCES, "expected_orders", *AMOUNTS):
            assert not np.any(result[name] < 0), name
        before = 0.0
        for name in CHANCES:
            assert np.all((before <= result[name][known]) & (result[name][known] <= 1))
            before = result[name][known]
        assert np.all(result["expected_orders"][known] >= before - 1e-3)
        value, low, high = (result[name][worth] for name in AMOUNTS)
        assert np.all((low <= value) & (value <= high))
        loyal = result["loyalty_score"][bought]
        assert np.all((loyal >= 0) & (loyal <= 100))
        assert set(result["evidence"][bought]) <= {"own", "peers", "company", "none"}
        assert np.all(known == (result["evidence"] != "none"))


@LIMITED
@given(companies(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(company, random):
    """Neither that of the customers nor that of their purchases."""
    events, customers = company
    number, place = list(range(customers)), list(range(len(events["day"])))
    random.shuffle(number)
    random.shuffle(place)
    number = np.array(number)
    moved = {name: values[place] for name, values in events.items()}
    moved["customer"] = number[moved["customer"]]
    facts, _, result = learn(events, customers)
    group = np.empty(customers)
    group[number] = facts["peer_group"]
    facts = facts_of(moved, customers, AS_OF)
    facts |= {"margin_known_value": facts["order_value_sum"], "peer_group": group}
    facts["margin"] = facts["order_value_sum"] * 0.3
    other = population.fit(facts, AS_OF, purchases=moved, horizons=LEARNED)
    shuffled = scores.scores(facts, other, AS_OF)
    for name in (*CHANCES, "expected_orders", "loyalty_score", "rhythm_days"):
        precision = 0.11 if name in ("loyalty_score", "rhythm_days") else 2e-3
        np.testing.assert_allclose(
            shuffled[name][number], result[name], atol=precision, err_msg=name
        )


@LIMITED
@given(companies(), st.sampled_from([0.01, 7.3, 1000.0]))
def test_currency_does_not_matter(company, rate):
    """A company that counts in another currency gets the same chances, tiers and
    loyalty, and the money by the rate."""
    events, customers = company
    events["amount"] = np.nan_to_num(events["amount"])
    _, _, result = learn(events, customers)
    other = {**events, "amount": events["amount"] * rate}
    _, _, converted = learn(other, customers)
    for name in (*CHANCES, "expected_orders"):
        np.testing.assert_allclose(
            converted[name], result[name], atol=5e-3, rtol=5e-3, err_msg=name
        )
    np.testing.assert_array_equal(converted["loyalty_score"], result["loyalty_score"])
    for name in AMOUNTS:
        np.testing.assert_allclose(
            converted[name],
            result[name] * rate,
            rtol=2e-2,
            atol=0.02 * max(rate, 1),
            err_msg=name,
        )


@LIMITED
@given(companies(), st.integers(0, 7), st.integers(1, 2000))
def test_monotone_in_recency(company, row, later):
    """Had he bought later, all else equal, no chance would be smaller and no expected
    order less, nor would he be less loyal; where customers are taken to buy at
    random."""
    events, customers = company
    facts, model, _ = learn(events, customers)
    regular = model.forecast is not None and model.forecast.context.purchase.k > 1
    row = row % customers
    if regular or not facts["order_count"][row]:
        return
    one = {name: np.repeat(values[row], 2) for name, values in facts.items()}
    one["last_order_day"][1] = min(one["last_order_day"][1] + later, AS_OF - 1)
    result = scores.scores(one, model, AS_OF)
    for name in (*CHANCES, "expected_orders"):
        before, after = result[name]
        assert np.isnan(before) or after >= before, name
    if result["rhythm_kind"][0] in ("regular", "single"):
        assert result["loyalty_score"][1] >= result["loyalty_score"][0]


@LIMITED
@given(companies(), st.integers(0, 7), st.floats(1e6, 1e12))
def test_one_giant_order_buys_no_loyalty(company, row, giant):
    """It gives its customer no more than the points for how much he buys."""
    events, customers = company
    facts, model, _ = learn(events, customers)
    row = row % customers
    rich = {**facts, "order_value_sum": facts["order_value_sum"].copy()}
    rich["order_value_sum"][row] += giant
    before, after = (
        scores.scores(given, model, AS_OF)["loyalty_score"][row]
        for given in (facts, rich)
    )
    gain = np.round(after - before, 1)
    assert np.isnan(gain) or 0 <= gain <= model.loyalty_weights["value"]
