"""The evaluation suggests ten products for every query, whatever the lines are like."""

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import evaluate

COLUMNS = ["customer", "order", "date", "product", "name", "category", "qty"]
COLUMNS += ["unit_price", "amount", "is_return"]
CUT = 400
START = date(2020, 1, 1)


def day(number):
    return (START + timedelta(days=int(number))).isoformat()


def line(customer, number, product, price=10.0, category="Office", **values):
    values = {
        "customer": customer,
        "order": f"{customer}/{number}",
        "date": day(number),
        "product": product,
        "name": product.title(),
        "category": category,
        "qty": 1,
        "unit_price": price,
        "amount": price,
        "is_return": 0,
        **values,
    }
    return [values[name] for name in COLUMNS]


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def suggest(tmp_path, monkeypatch):
    """:return: function of task, lines and queries to the products of each key"""

    def run(task, lines, queries, header=COLUMNS):
        paths = [tmp_path / name for name in ("lines.csv", "queries.csv", "out.csv")]
        write(paths[0], [header, *lines])
        names = {"basket": ["key", "customer", "product"]}
        names["upsell"] = ["key", "customer", "type"]
        write(paths[1], [names.get(task, ["key"]), *queries])
        command = ["evaluate.py", "suggest", "--task", task, "--cut", day(CUT)]
        for option, path in zip(("lines", "queries", "out"), paths, strict=True):
            command += [f"--{option}", str(path)]
        monkeypatch.setattr(sys, "argv", command)
        evaluate.main()
        found = {}
        with paths[2].open(newline="") as file:
            for row in csv.DictReader(file):
                products = found.setdefault(row["key"], [])
                products.append(row["product"])
                assert int(row["rank"]) == len(products)
        for products in found.values():
            assert len(products) == len(set(products)) <= 10
        return found

    return run


@pytest.fixture(scope="module")
def office():
    """Sixty customers with a printer buy toner every month and paper now and then;
    sixty with a chair buy lamps. Pens are bought by all."""
    rng = np.random.default_rng(0)
    lines = []
    for number in range(120):
        own = ("printer", "toner", "paper") if number % 2 else ("chair", "lamp", "rug")
        lines.append(line(f"C{number}", rng.integers(100), own[0], 100.0))
        for when in range(int(rng.integers(30)), CUT + 60, 30):
            lines.append(line(f"C{number}", when, own[1], 20.0))
            if rng.random() < 0.3:
                lines.append(line(f"C{number}", when, own[2], 5.0))
            if rng.random() < 0.3:
                lines.append(line(f"C{number}", when, "pen", 1.0, "Desk"))
    return lines


def test_cross(suggest, office):
    """Toner is for who has a printer, and pens for all; nothing that he has bought;
    what is popular for strangers."""
    lines = [*office, line("new", 390, "printer", 100.0)]
    found = suggest("cross", lines, [["new"], ["C2"], ["stranger"]])
    assert {*found["new"][:2]} == {"toner", "pen"}
    assert "printer" not in found["new"]
    assert not {"chair", "lamp"} & {*found["C2"]}
    assert len(found["stranger"]) == 7


def test_basket(suggest, office):
    queries = [["A", "C2", "lamp"], ["B", "stranger", "printer"], ["D", "nobody", ""]]
    found = suggest("basket", office, queries)
    assert found["B"][0] == "toner"
    assert "lamp" not in found["A"]
    assert found["A"][0] in ("pen", "rug")
    assert len(found["D"]) == 7


def test_basket_of_several_products_is_one_query(suggest, office):
    queries = [["A", "C1", "toner"], ["A", "C1", "pen"], ["A", "C1", "unheard of"]]
    found = suggest("basket", office, queries)
    assert list(found) == ["A"]
    assert found["A"][0] == "paper"
    assert not {"toner", "pen"} & {*found["A"]}


def test_reorder(suggest, office):
    found = suggest("reorder", office, [["C1"], ["C2"], ["stranger"]])
    assert found["C1"][0] == "toner"
    assert found["C2"][0] == "lamp"
    assert len(found["stranger"]) == 7


def test_upsell(suggest):
    """Who took the small one often took the big one later; the huge one is rare; the
    cheap one and another type are no step up."""
    lines = []
    for number in range(30):
        lines.append(line(f"C{number}", number, "small", 10.0, "Bag"))
        lines.append(line(f"C{number}", number, "box", 50.0, "Box"))
        if number < 20:
            lines.append(line(f"C{number}", 100 + number, "big", 20.0, "Bag"))
        if number < 3:
            lines.append(line(f"C{number}", 90, "huge", 40.0, "Bag"))
            lines.append(line(f"C{number}", 90, "tiny", 2.0, "Bag"))
            lines.append(line(f"C{number}", 90, "other", 10.5, "Bag"))
    queries = [["A", "C25", "Bag"], ["B", "stranger", "Bag"], ["D", "C25", "unheard"]]
    found = suggest("upsell", lines, queries)
    assert found["A"][:2] == ["big", "huge"]
    assert found["B"][0] == "small"
    assert len(found["D"]) == 6


@pytest.mark.parametrize("task", ["cross", "basket", "reorder", "upsell"])
def test_nothing_later_is_used(suggest, office, task):
    queries = {
        "basket": [["A", "C1", "toner"], ["B", "C4", "lamp"]],
        "upsell": [["A", "C1", "Office"], ["B", "C4", "Desk"]],
    }.get(task, [["C1"], ["C4"]])
    known = [row for row in office if row[2] < day(CUT)]
    assert len(known) < len(office)
    assert suggest(task, office, queries) == suggest(task, known, queries)


QUERIES = {
    "cross": [["C0"], ["stranger"]],
    "reorder": [["C0"], ["stranger"]],
    "basket": [["C0", "C0", "pen"], ["stranger", "stranger", ""]],
    "upsell": [["C0", "C0", "Office"], ["stranger", "stranger", ""]],
}


@pytest.mark.parametrize("task", QUERIES)
@pytest.mark.parametrize(
    "lines",
    [
        [line("C0", 10, "pen")],
        [line("C0", 10, "pen"), line("C0", 10, "pen"), line("C0", 60, "pen")],
        [line("C0", 10, "pen"), line("C1", 10, "pen"), line("C1", 20, "ink")],
        [line("C0", 10, "pen", 0.0), line("C1", 50, "ink", 0.0, category="")],
        [line("C0", 10, "pen", "", ""), line("C1", 50, "ink", "", "")],
        [line("C0", 10, "pen"), line("C0", 10, "pen", -10.0, qty=-1, is_return=1)],
        [line(f"C{n}", n, f"P{n}") for n in range(60)],
        [line("C0", n, f"P{n % 7}", n + 1.0) for n in range(200)],
    ],
    ids=[
        *("one line", "one product", "two customers", "no price", "no value"),
        *("given back", "no repeat", "one customer"),
    ],
)
def test_small_companies(suggest, task, lines):
    """Every query has an answer if anything but what may not be offered was sold."""
    found = suggest(task, lines, QUERIES[task])
    assert found["stranger"]


@pytest.mark.parametrize("task", QUERIES)
def test_nothing_sold(suggest, task):
    """All was returned, or lies after the cut: no answer, and no error."""
    back = line("C0", 10, "pen", -10.0, qty=-1, is_return="True")
    assert suggest(task, [back, line("C0", CUT, "pen")], QUERIES[task]) == {}


def test_returned_lines_are_no_purchases(suggest, office):
    """Nobody is offered again what was only ever given back."""
    back = [line(f"C{n}", 300, "mat", -9.0, qty=-1, is_return=1) for n in range(100)]
    found = suggest("cross", [*office, *back], [["stranger"]])
    assert "mat" not in found["stranger"]


def test_few_columns_are_enough(suggest, office):
    """Of the lines, customer, date and product."""
    places = [COLUMNS.index(name) for name in ("customer", "date", "product")]
    short = [[row[place] for place in places] for row in office]
    found = suggest("reorder", short, [["C1"]], [COLUMNS[place] for place in places])
    assert found["C1"][0] == "toner"


def test_customer_numbers_with_decimals(suggest):
    lines = [line("17.0", when, "pen") for when in (10, 50, 90)]
    lines += [line(f"{n}.0", 60, "ink") for n in range(5)]
    assert suggest("reorder", lines, [["17"]])["17"][0] == "pen"
