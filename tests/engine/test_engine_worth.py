"""Order value, its range, margin, peers, and when there is enough evidence."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from conftest import AS_OF, make_facts
from scipy import optimize

from engine import evidence, gamma_gamma, margin, peers, population, scores, spread

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def cdnow():
    """Number and mean value of the repeat orders of the 1/10 sample."""
    folder = Path(importlib.util.find_spec("lifetimes").origin).parent
    path = folder / "datasets/cdnow_customers_summary_with_transactions.csv"
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    return table[table[:, 1] > 0][:, [1, 4]].T


def test_published_gamma_gamma(cdnow, monkeypatch):
    """p 6.25, q 3.74, gamma 15.44 (Fader and Hardie 2013), every giant counted."""
    n, mean = cdnow
    monkeypatch.setattr(gamma_gamma.value, "without_giants", lambda means: means)
    company, weight = gamma_gamma.fit(mean, n)
    assert company == pytest.approx(6.25 * 15.44 / 2.74, rel=0.005)
    assert weight == pytest.approx(2.74 / 6.25, rel=0.005)


def test_gamma_gamma_gradient():
    rng = np.random.default_rng(1)
    z, n = rng.lognormal(0, 0.6, 300), rng.integers(1, 9, 300) * 1.0
    for start in ([1.0, 0.5, 0.2], [-0.5, 1.5, 1.0]):
        _, gradient = gamma_gamma._objective(np.array(start), z, n)
        numeric = optimize.approx_fprime(
            start, lambda logs: gamma_gamma._objective(logs, z, n)[0], 1e-6
        )
        assert gradient == pytest.approx(numeric, abs=1e-5)


def orders(customers, p, q, seed=2):
    """Purchases whose amounts are gamma-gamma distributed, half of them late."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(q, 1 / 20, customers)
    count = rng.integers(1, 9, customers)
    who = np.repeat(np.arange(customers), count)
    amount = rng.gamma(p, 1 / rate[who])
    return {"customer": who, "day": rng.integers(0, 300, len(who)), "amount": amount}


def test_the_past_decides_how_orders_are_valued():
    """Amounts with a few customers far above the others are gamma-gamma's; too few
    customers leave the plain mean."""
    assert gamma_gamma.choose(orders(3000, 6.0, 1.6), 3000, 300) == "gamma_gamma"
    assert gamma_gamma.choose(orders(40, 6.0, 1.6), 40, 300) == "mean"
    nothing = {"customer": [], "day": [], "amount": []}
    assert gamma_gamma.choose(nothing, 0, 300) == "mean"


def test_range_holds_what_came():
    """About eight of ten lie within, and one in ten on each side, although the amounts
    are not lognormal."""
    rng = np.random.default_rng(3)
    customers = 20_000
    rate, worth = rng.gamma(6, 0.8, customers), rng.lognormal(4, 0.5, customers)
    count = rng.poisson(rate * rng.gamma(5, 1 / 5, customers))
    money = np.array(
        [
            rng.gamma(2, value / 2, n).sum()
            for n, value in zip(count, worth, strict=True)
        ]
    )
    chance = 1 - (5 / (5 + rate)) ** 5
    found = spread.fit(rate * worth, chance, rate, money)
    low, high = spread.interval(rate * worth, chance, rate, found)
    assert np.all((low >= 0) & (low <= rate * worth) & (rate * worth <= high))
    assert (money < low).mean() == pytest.approx(0.1, abs=0.05)
    assert (money > high).mean() == pytest.approx(0.1, abs=0.05)


def test_range_of_who_hardly_buys():
    """Nothing in nine of ten cases, and still something on average."""
    low, high = spread.interval(
        np.array([3.0]), np.array([0.05]), np.array([0.06]), spread.USUAL
    )
    assert (low, high) == ([0.0], [3.0])
    nothing = np.zeros(1)
    assert spread.interval(nothing, nothing, nothing, spread.USUAL) == ([0.0], [0.0])


def money_facts(value, earned, known):
    columns = {"order_value_sum": value, "margin": earned, "margin_known_value": known}
    return {name: np.array(column, float) for name, column in columns.items()}


def test_margin_by_hand():
    """Own share with the company's for three usual orders."""
    facts = money_facts([900, 100, 0], [450, -100, np.nan], [900, 100, np.nan])
    learned = margin.learn(facts, 100.0)
    assert (learned.share, learned.known, learned.prior) == (0.35, 1.0, 300.0)
    expected = [(450 + 105) / 1200, (-100 + 105) / 400, 0.35]
    assert margin.share(facts, learned) == pytest.approx(expected)
    assert margin.decides(learned)


def test_margin_where_few_costs_are_known():
    """Only for who has it; without any cost, nobody."""
    facts = money_facts([900, 100, 50], [0, 30, 10], [0, 100, 10])
    learned = margin.learn(facts, 100.0)
    assert not margin.decides(learned)
    assert np.isfinite(margin.share(facts, learned)).tolist() == [False, True, False]
    unknown = money_facts([900], [np.nan], [np.nan])
    assert margin.learn(unknown, 100.0) is None
    assert np.isnan(margin.share(unknown, None)).all()


def test_tiers_by_margin():
    """Of two who buy the same, the one who pays more of it is worth more."""
    facts = make_facts(400)
    facts["margin_known_value"] = facts["order_value_sum"]
    rich = np.arange(400) % 2 == 0
    facts["margin"] = facts["order_value_sum"] * np.where(rich, 0.6, 0.02)
    result = scores.scores(facts, population.fit(facts, AS_OF), AS_OF)
    top = result["value_tier"] == "A"
    assert (top & rich).sum() > 2 * (top & ~rich).sum()
    known = np.isfinite(result["expected_value"])
    assert np.array_equal(known, np.isfinite(result["expected_margin"]))
    assert np.all(result["expected_margin"][known] <= result["expected_value"][known])


def test_groups_that_differ():
    """Schools buy half as often as the others and for twice as much; a group of three
    is none, and groups made up by chance hardly ever differ."""
    rng = np.random.default_rng(4)
    group = np.repeat([7.0, 9.0, np.nan, 1.0], [100, 150, 30, 3])
    gap = rng.lognormal(3, 0.3, 283) * np.where(group == 7, 2, 1)
    worth = rng.lognormal(4, 0.3, 283) * np.where(group == 7, 2, 1)
    schools, others = peers.learn(group, gap, worth)
    assert (schools.key, others.key) == (7, 9)
    assert schools.pace / others.pace == pytest.approx(2, rel=0.1)
    assert schools.worth / others.worth == pytest.approx(2, rel=0.1)
    pace, worth, grouped = peers.find(np.array([7, 1, np.nan]), (schools, others))
    assert grouped.tolist() == [True, False, False]
    assert (pace[0], worth[0], pace[1], worth[2]) == (schools.pace, schools.worth, 1, 1)
    chance = [
        peers.learn(
            rng.integers(0, 4, 200) * 1.0, rng.lognormal(3, 0.5, 200), np.ones(200)
        )
        for _ in range(40)
    ]
    assert np.mean([len(found) > 0 for found in chance]) < 0.4


def test_peers_speak_for_a_newcomer():
    """Who bought once gets his group's rhythm and order value, and the evidence says
    so; who has a history of his own, and who has no group, does not."""
    facts = make_facts(1500, seed=5)
    group = np.arange(1500) % 3 * 1.0
    slow = group == 2
    for name in ("median_gap", "order_value_sum"):
        facts[name] = facts[name] * np.where(slow, 4, 1)
    plain = scores.scores(facts, population.fit(facts, AS_OF), AS_OF)
    facts["peer_group"] = np.where(group == 0, np.nan, group)
    result = scores.scores(facts, population.fit(facts, AS_OF), AS_OF)
    few = plain["evidence"] == "company"
    assert set(result["evidence"][few & slow]) == {"peers"}
    assert set(result["evidence"][few & (group == 0)]) == {"company"}
    own = result["evidence"] == "own"
    assert np.array_equal(own, plain["evidence"] == "own")
    for name in ("rhythm_days", "expected_value"):
        assert np.all(result[name][few & slow] > plain[name][few & slow])


def test_enough_day_of_a_company():
    assert evidence.enough_day(AS_OF - 100.0, 10, AS_OF) is None
    assert evidence.enough_day(np.inf, 0, AS_OF) is None
    assert evidence.enough_day(AS_OF - 100.0, 5, AS_OF) == AS_OF + 100
    assert evidence.enough_day(AS_OF - 100.0, 0, AS_OF) == AS_OF + 100
    assert evidence.enough_day(AS_OF - 3000.0, 1, AS_OF) is None


def test_enough_day_of_a_customer(facts, model):
    """The fourth purchase, in the usual rhythm; none for who has bought four times or
    is long overdue."""
    result = scores.scores(facts, model, AS_OF)
    count, ratio = facts["order_count"], result["recency_ratio"]
    day = result["evidence_day"]
    assert np.isnan(
        day[(result["evidence"] == "own") | (count < 1) | (ratio > 4)]
    ).all()
    soon = (count == 3) & (result["evidence"] == "company") & (ratio < 1)
    assert np.abs(day - result["next_order_day"])[soon].max() <= 1
    new = (count == 2) & (result["evidence"] == "company") & (ratio < 1)
    later = day - result["next_order_day"] - result["rhythm_days"]
    assert np.abs(later[new]).max() < 2
    assert np.nanmin(day) >= AS_OF
