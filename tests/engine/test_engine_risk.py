import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import risk

NAN = float("nan")


def judge(since=20, ratio=1.0, kept=1.0, worth=1000.0):
    known = {
        "days_since_order": np.array([since], float),
        "recency_ratio": np.array([ratio]),
        "probability_kept": np.array([kept]),
        "expected_value": np.array([worth]),
    }
    found = risk.risk(known)
    return str(found["risk_level"][0]), float(found["money_at_stake"][0])


@pytest.mark.parametrize(
    ("ratio", "kept", "level"),
    [
        (1.0, 1.0, "low"),
        (2.0, 0.75, "low"),
        (3.0, 0.95, "low"),
        (1.5, 0.74, "medium"),
        (3.0, 0.94, "medium"),
        (9.0, 0.75, "medium"),
        (2.1, 0.74, "high"),
        (4.0, 0.10, "high"),
        (4.1, 0.74, ""),
        (0.9, NAN, "low"),
        (2.1, NAN, "high"),
        (4.1, NAN, ""),
        (NAN, NAN, ""),
    ],
)
def test_two_warnings(ratio, kept, level):
    assert judge(since=60, ratio=ratio, kept=kept)[0] == level


def test_who_buys_every_day():
    """Ten days without a purchase is many times as long as usual, and yet not long."""
    assert judge(since=7, ratio=7.0, kept=0.94)[0] == "low"
    assert judge(since=8, ratio=8.0, kept=0.94)[0] == "medium"
    assert judge(since=30, ratio=30.0, kept=0.3)[0] == "high"
    assert judge(since=31, ratio=31.0, kept=0.3)[0] == ""
    assert judge(since=1096, ratio=3.0, kept=0.9)[0] == ""


def test_money_at_stake():
    assert judge(kept=0.8, worth=800.0)[1] == pytest.approx(200)
    assert judge(kept=1.0)[1] == 0
    assert judge(ratio=3.0, kept=0.5, worth=500.0)[1] == pytest.approx(500)
    assert judge(ratio=0.9, kept=NAN)[1] == 0
    assert judge(ratio=3.0, kept=NAN)[1] == 1000
    assert judge(ratio=3.0, kept=0.0, worth=10.0)[1] == pytest.approx(90)
    assert np.isnan(judge(since=60, ratio=5.0, kept=0.3)[1])
    assert np.isnan(judge(worth=NAN)[1])


@given(
    st.integers(0, 4000),
    st.floats(0, 50) | st.just(NAN),
    st.floats(0, 1) | st.just(NAN),
    st.floats(0, 1e9) | st.just(NAN),
)
def test_always_sane(since, ratio, kept, worth):
    level, money = judge(since, ratio, kept, worth)
    assert level in ("", "low", "medium", "high")
    assert np.isnan(money) or 0 <= money < np.inf
    if level == "":
        assert np.isnan(money)


@given(st.floats(0, 4), st.floats(0, 4), st.floats(0, 1), st.floats(0, 1))
def test_worse_is_never_a_lower_risk(ratio, later, kept, less):
    """A longer pause with less chance: a higher level, or gone altogether."""
    order = ["low", "medium", "high", ""]
    better = judge(60, min(ratio, later), max(kept, less))[0]
    worse = judge(60, max(ratio, later), min(kept, less))[0]
    assert order.index(better) <= order.index(worse)
