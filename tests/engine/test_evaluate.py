"""The evaluation calls the engine as the addon does, and looks at nothing later."""

import csv
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from test_engine_forecast import learn, simulate

TOOL = Path(__file__).parents[2] / "tools/evaluate.py"
COLUMNS = ["customer", "order", "date", "product", "name", "category", "qty"]
COLUMNS += ["unit_price", "amount", "is_return"]
CUT = 610


def day(number):
    return (date(1970, 1, 1) + timedelta(days=int(number))).isoformat()


def line(customer, number, amount, is_return=0):
    order = f"{customer}/{number}"
    return [customer, order, day(number), "P", "Paper", "Office", 1, amount, amount] + [
        is_return
    ]


@pytest.fixture
def predict(tmp_path):
    def run(lines):
        path, out = tmp_path / "lines.csv", tmp_path / "predictions.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *lines])
        command = [sys.executable, TOOL, "lifecycle", "--lines", path, "--cut"]
        subprocess.run(
            [*command, day(CUT), "--horizon", "90", "--out", out], check=True
        )
        with out.open(newline="") as file:
            return {row.pop("customer"): row for row in csv.DictReader(file)}

    return run


@pytest.fixture(scope="module")
def lines():
    events = simulate(400, days=700, seed=11)
    columns = (events["customer"], events["day"], events["amount"])
    return [
        line(f"C{who:04}", when, round(money, 2))
        for who, when, money in zip(*columns, strict=True)
    ]


def test_equals_the_engine(predict, lines):
    """Every customer who bought before the cut, with the numbers of the profile."""
    events = simulate(400, days=700, seed=11)
    facts, _, result = learn(events, 400, CUT, (90,))
    found = predict(lines)
    bought = np.flatnonzero(facts["order_count"] > 0)
    assert list(found) == [f"C{who:04}" for who in bought]
    names = ("probability_90", "expected_orders", "expected_value")
    for column, name in zip(
        ("p_active", "expected_orders", "expected_value"), names, strict=True
    ):
        values = [float(row[column]) for row in found.values()]
        np.testing.assert_allclose(values, result[name][bought], rtol=1e-6, atol=0.011)


def test_nothing_later_is_used(predict, lines):
    known = [row for row in lines if row[2] < day(CUT)]
    assert len(known) < len(lines)
    assert predict(lines) == predict(known)


def test_returns_lower_the_value(predict, lines):
    """Of the purchase that they belong to; one that came back whole does not count."""
    bought = [row for row in lines if row[2] < day(CUT)]
    customer = bought[0][0]
    plain = predict(lines)[customer]
    given_back = line(customer, CUT - 1, -bought[0][8] / 2, 1)
    after = predict([*lines, given_back])[customer]
    assert 0 <= float(after["expected_value"]) < float(plain["expected_value"])
    only = [line("Once", 500, 10.0), line("Once", 510, 10.0, 1)]
    assert "Once" not in predict([*lines, *only])


@pytest.mark.parametrize("count", [1, 3, 40])
def test_small_companies(predict, count):
    """One-time buyers only: not enough yet, which is an empty field and no 50 %."""
    once = [line(f"C{n}", 500 + n, 10.0) for n in range(count)]
    found = predict(once)
    assert len(found) == count
    assert {row["p_active"] for row in found.values()} == {""}
    again = predict([*once, line("C0", 540, 12.0)])
    assert all(0 <= float(row["p_active"]) <= 1 for row in again.values())
