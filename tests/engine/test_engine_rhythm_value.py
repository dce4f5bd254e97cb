import numpy as np
import pytest

from engine import rhythm, value

pytestmark = pytest.mark.filterwarnings("error")


def test_rhythm_moves_from_company_to_own():
    days, evidence = rhythm.rhythm_days(
        np.array([0.0, 1, 2, 4, 200]), np.array([np.nan, np.nan, 10, 10, 10]), 40.0
    )
    assert np.isnan(days[0])
    assert days[1] == pytest.approx(40)
    assert days[2] == pytest.approx((10 * 40**2) ** (1 / 3))
    assert days[3] == pytest.approx((10**3 * 40**2) ** (1 / 5))
    assert days[4] == pytest.approx(10, rel=0.02)
    assert evidence.tolist() == ["none", "company", "company", "own", "own"]


def test_rhythm_without_repeat_purchases():
    assert rhythm.company_gap(np.array([np.nan])) is None
    days, evidence = rhythm.rhythm_days(np.array([1.0]), np.array([np.nan]), None)
    assert np.isnan(days).all()
    assert evidence.tolist() == ["none"]


def test_second_purchase_curve():
    """Half of those who come back do so by the fifth number, the silent ones
    counted as long as they were watched."""
    nobody = np.full(3, np.nan)
    assert rhythm.second_purchase_curve(nobody, np.full(3, 9.0)) == ()
    everybody = np.arange(1.0, 101)
    curve = rhythm.second_purchase_curve(everybody, np.full(100, 200.0))
    assert curve == pytest.approx(np.arange(10, 100, 10), abs=1)
    gap = np.random.default_rng(0).exponential(50, 20000)
    age = np.random.default_rng(1).uniform(0, 300, 20000)
    curve = rhythm.second_purchase_curve(np.where(gap <= age, gap, np.nan), age)
    assert curve[4] == pytest.approx(50 * np.log(2), rel=0.05)


def test_order_value_finds_what_was_simulated():
    """Gamma spread between customers, gamma spread within: ratio of variances 2."""
    rng = np.random.default_rng(0)
    own = rng.gamma(16, 100 / 16, 40000)
    n = rng.integers(1, 8, 40000).astype(float)
    within = 2 * own.var()
    mean = own + rng.normal(0, np.sqrt(within / n))
    company, credibility = value.order_value_population(mean, n)
    assert company == pytest.approx(100, rel=0.02)
    assert credibility == pytest.approx(2, rel=0.15)
    shrunk = value.expected_order_value(mean, n, company, credibility)
    assert ((shrunk - own) ** 2).mean() < 0.6 * ((mean - own) ** 2).mean()


def test_order_value_without_orders():
    nothing = np.array([np.nan, 0.0, -3.0])
    assert value.order_value_population(nothing, np.ones(3)) == (None, 1)
    assert np.isnan(value.expected_order_value(nothing, np.ones(3), None)).all()
    shrunk = value.expected_order_value(nothing, np.ones(3), 10.0)
    assert shrunk.tolist() == [10, 5, 5]


def test_tiers():
    values = np.array([5.0, 400, np.nan, 400, 0, 100, 60, 30, -7, 5])
    limits = value.tier_limits(values)
    expected = ["C", "A", "", "A", "C", "B", "B", "C", "C", "C"]
    assert value.tier(values, limits).tolist() == expected
    assert value.tier(values[1:2], limits).tolist() == ["A"]


def test_tiers_of_nothing():
    assert value.tier_limits(np.array([])) is None
    assert value.tier_limits(np.array([0.0, -1, np.nan])) is None
    assert value.tier(np.array([0.0, np.nan]), None).tolist() == ["C", ""]
    equal = np.full(10, 100.0)
    assert set(value.tier(equal, value.tier_limits(equal))) == {"A"}
