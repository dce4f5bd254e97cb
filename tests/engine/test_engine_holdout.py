import numpy as np
import pytest
from scipy import stats

from engine import holdout


def test_as_scipy():
    rng = np.random.default_rng(1)
    shown, held_out = rng.gamma(1, 110, (400, 2)), rng.gamma(2, 40, (70, 2))
    result = holdout.compare(shown, held_out, 60, 0.1)
    welch = stats.ttest_ind(shown.sum(1), held_out.sum(1), equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert result["low"] == pytest.approx(interval.low)
    assert result["high"] == pytest.approx(interval.high)
    assert result["customers"] == [400, 70]
    assert result["means"][1] == pytest.approx(held_out.sum(1).mean())
    assert result["lift"] == pytest.approx(
        shown.sum(1).mean() / held_out.sum(1).mean() - 1
    )


def test_verdicts():
    rng = np.random.default_rng(2)
    low, high = rng.gamma(2, 50, (200, 2)), rng.gamma(2, 90, (200, 2))
    assert holdout.compare(high, low, 60, 0.1)["verdict"] == "more"
    assert holdout.compare(low, high, 60, 0.1)["verdict"] == "less"
    assert holdout.compare(low, low[::-1], 60, 0.1)["verdict"] == "open"


def test_too_early():
    """Whatever the figures, of few customers or days."""
    rng = np.random.default_rng(3)
    low, high = rng.gamma(2, 1, (200, 2)), rng.gamma(2, 90, (200, 2))
    assert holdout.compare(high, low, 13, 0.1)["verdict"] == "early"
    assert holdout.compare(high, low[:29], 60, 0.1)["verdict"] == "early"
    assert holdout.compare(high, low[:30], 14, 0.1)["verdict"] == "more"


@pytest.mark.parametrize("held_out", [[], [[1, 1]], [[0, 0]] * 50])
def test_nothing_to_compute(held_out):
    """Nobody, one customer, or nobody who bought anything: no figure is made up."""
    result = holdout.compare([[0, 0]] * 50, held_out, 60, 0.1)
    assert result["verdict"] == "early"
    assert result["low"] is result["lift"] is result["days_needed"] is None


@pytest.mark.parametrize(
    ("customers", "held_out", "sigma"),
    [(300, 30, 1.8), (600, 60, 1.0), (200, 100, 0.5)],
)
def test_lots_hold(customers, held_out, sigma):
    """Without any effect, at most one experiment in forty claims more and one in forty
    less, also of amounts as skewed as real ones and with one in ten held out. Of the
    first case, the interval alone would claim more in every seventh."""
    rng = np.random.default_rng(4)
    verdicts = []
    for _experiment in range(500):
        amounts = rng.lognormal(3, sigma, (customers, 2))
        amounts *= rng.binomial(1, 0.4, amounts.shape)
        result = holdout.compare(amounts[held_out:], amounts[:held_out], 60, 0.1)
        verdicts.append(result["verdict"])
    for verdict in ("more", "less"):
        assert verdicts.count(verdict) / 500 < 0.025 + 0.015  # two standard errors


def test_chance_as_scipy():
    """That of the permutation test."""
    rng = np.random.default_rng(8)
    shown, held_out = rng.gamma(2, 60, 90), rng.gamma(2, 40, 60)
    halves = [np.column_stack([group, 0 * group]) for group in (shown, held_out)]
    result = holdout.compare(*halves, 60, 0.1)
    expected = stats.permutation_test(
        (shown, held_out),
        lambda one, other, axis: one.mean(axis) - other.mean(axis),
        n_resamples=20_000,
    )
    assert result["chance"] == pytest.approx(expected.pvalue, abs=0.01)
    assert 0.002 < expected.pvalue < 0.05


@pytest.mark.parametrize("lasting", [0.0, 0.5])
def test_time_needed(lasting):
    """After the days that were said to be needed, the difference is seen about four
    times out of five, whether or not customers differ for good."""
    rng = np.random.default_rng(5)
    lift, customers = 0.2, 2000

    def amounts(days, factor=1.0):
        """Purchases of 10 at a rate of one in ten days, by customers who differ."""
        rates = 0.1 * rng.lognormal(-(lasting**2) / 2, lasting, (customers // 2, 1))
        parts = np.array([days // 2, days - days // 2])
        return 10.0 * factor * rng.poisson(rates * parts)

    needed = [
        holdout.compare(amounts(40), amounts(40), 40, lift)["days_needed"]
        for _experiment in range(200)
    ]
    assert None not in needed
    days = int(np.median(needed))
    seen = [
        holdout.compare(amounts(days, 1 + lift), amounts(days), days, lift)["low"] > 0
        for _experiment in range(600)
    ]
    assert 0.7 < np.mean(seen) < 0.9


def test_no_time_suffices():
    """Ten customers each who differ tenfold for good tell nothing about 1 %, however
    long one waits; so many customers would."""
    rng = np.random.default_rng(6)
    rates = rng.lognormal(0, 1, (40, 1))
    amounts = np.hstack([rates, rates]) * 100 + rng.normal(0, 1, (40, 2))
    result = holdout.compare(amounts[:20], amounts[20:], 100, 0.01)
    assert result["days_needed"] is None
    assert result["customers_needed"] > 10_000
    assert result["visible_lift"] > 0.3
