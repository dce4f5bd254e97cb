"""What ``make bench`` says of a figure."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from benchmark import goals

VERDICTS = [
    # goal, size of the company, what was measured, is it set for it, what is said
    ("1", "large", 1.2, True, "aim met"),
    ("1", "large", 2.0, True, "must met"),
    ("1", "large", 2.1, True, "missed"),
    ("1 strict", "large", 9.9, False, ""),  # it was not set for the stricter bound
    ("6", "large", 0.9, True, "aim not met"),  # no must
    ("6 rows", "large", 1, True, "missed"),
    ("9", "large", 99.9, True, "missed"),  # the more the better
    ("10", "large", 0.6, True, "missed"),
    ("10", "medium", 0.6, False, ""),  # the index counts on large
]


@pytest.mark.parametrize(("name", "size", "value", "is_set", "verdict"), VERDICTS)
def test_verdict(name, size, value, is_set, verdict):
    measured = {"ours": value, "ratio": value, "bound": 1.0, "details": {}}
    results = {"run": {"size": size}, name: measured}
    assert goals.judge(name, results) == (value, is_set, verdict)
    *_head, line = goals.table(results)
    assert ("missed" in line) == (verdict == "missed")
    [row] = goals.rows(results)
    assert bool(row[5] or row[6]) == is_set
