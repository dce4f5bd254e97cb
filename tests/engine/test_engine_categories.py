import numpy as np
import pytest

from engine import categories

pytestmark = pytest.mark.filterwarnings("error")

COFFEE, FILTERS, SUGAR = range(3)
HOTELS, NONE = 0, -1
AS_OF = 740000
NO_LINES = [np.zeros(0, int)] * 4


def rows(found):
    return [
        dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)
    ]


def line(customer, category, ago, amount=10.0):
    return customer, category, AS_OF - ago, amount


def white_space(lines, industry):
    columns = [np.array(column) for column in zip(*lines, strict=True)]
    return rows(categories.white_space(*columns, industry, AS_OF))


def stopped(lines):
    columns = [np.array(column) for column in zip(*lines, strict=True)]
    return rows(categories.stopped(*columns, AS_OF))


@pytest.fixture
def hotels():
    """Eight hotels buy coffee, six of them filters for 100, 200, ..., 600 a year."""
    lines = [line(number, COFFEE, 20) for number in range(8)]
    lines += [line(number, FILTERS, 30, 100 * (number + 1)) for number in range(6)]
    return lines


def test_what_peers_buy(hotels):
    found = white_space(hotels, [HOTELS] * 8)
    assert [row["customer"] for row in found] == [6, 7]
    for row in found:
        assert (row["category"], row["buyers"], row["peers"]) == (FILTERS, 6, 7)
        assert row["main"] == -1
        assert row["value"] == pytest.approx(6 / 7 * 350, abs=0.01)


def test_without_industry(hotels):
    """Peers are then those who mainly buy coffee; who mainly buys sugar is none."""
    hotels += [line(8, SUGAR, 10), line(8, COFFEE, 15), line(8, SUGAR, 20)]
    found = white_space(hotels, [NONE] * 9)
    assert [row["customer"] for row in found] == [6, 7]
    assert {row["main"] for row in found} == {COFFEE}


def test_few_in_the_industry(hotels):
    """With fewer than five others there, the main category makes peers."""
    found = white_space(hotels, [NONE] * 4 + [HOTELS] * 4)
    assert [(row["main"], row["peers"]) for row in found] == [(COFFEE, 7)] * 2


def test_bought_long_ago(hotels):
    """Who ever bought it is not told that he never did."""
    hotels.append(line(7, FILTERS, 900))
    assert [row["customer"] for row in white_space(hotels, [HOTELS] * 8)] == [6]


def test_gone_customers(hotels):
    """Who bought nothing in a year is no peer, and is not looked at."""
    hotels += [line(8, COFFEE, 400), line(9, FILTERS, 400), line(9, COFFEE, 400)]
    found = white_space(hotels, [HOTELS] * 10)
    assert [row["customer"] for row in found] == [6, 7]
    assert found[0]["peers"] == 7


def test_few_buyers(hotels):
    few = [row for row in hotels if row[1] != FILTERS or row[0] < 2]
    assert not white_space(few, [HOTELS] * 8)


def habit(last=100, since=6):
    """Coffee every 30 days for a year, sugar all the time."""
    lines = [line(0, COFFEE, last + 30 * time, 50) for time in range(12)]
    return lines + [line(0, SUGAR, 10 + 15 * time) for time in range(since)]


def test_stopped():
    [row] = stopped(habit())
    assert row["category"] == COFFEE
    assert row["pause"] == 30
    assert row["times"] == 12
    assert row["since"] == 6
    assert row["last"] == AS_OF - 100
    assert row["value"] == 600  # in 330 days and a pause, which is a year


def test_not_yet_stopped():
    """Three of his pauses have not passed."""
    assert not stopped(habit(last=80))


def test_gone_altogether():
    """Who buys nothing else either has not stopped a category."""
    assert not stopped(habit(since=0))
    assert not stopped(habit(since=1))


def test_bought_now_and_then():
    """One purchase in eleven with coffee: six without it are no sign."""
    lines = habit() + [line(0, SUGAR, 101 + time * 3) for time in range(110)]
    assert not stopped(lines)


def test_forgotten():
    assert not stopped(habit(last=800, since=60))


def test_nothing_sold():
    assert not rows(categories.white_space(*NO_LINES, np.zeros(0, int), AS_OF))
    assert not rows(categories.stopped(*NO_LINES, AS_OF))
