import numpy as np
import pytest

from engine import affinity, links
from engine.cross import Cross
from engine.defaults import TASKS
from engine.history import History
from engine.upsell import UpSell

pytestmark = pytest.mark.filterwarnings("error")

PRINTER, TONER, PAPER, CHAIR, LAMP = range(5)
NO_LINES = np.zeros(0, int)
# The ridge that the numbers by hand are made with; products alone.
BUYERS = {**TASKS["cross"], "ridge": 5.0, "categories": 0.0}
STEADY = {"shrink": 20.0, "fresh": 0.0}


def history(customer, product, day, products):
    customer = np.asarray(customer, int)
    day = np.asarray(day, int)
    return History.of(
        *(customer, product, day, customer.max(initial=-1) + 1, products),
        day.max(initial=0) + 1,
    )


def cross_sell(customer, product, products, settings=BUYERS, category=None, **options):
    past = history(customer, product, np.zeros(len(customer)), products)
    category = np.arange(products) if category is None else category
    return affinity.cross_sell(past, category, settings, **options)[0]


def bought_together(customer, product, day, products, **options):
    past = history(customer, product, day, products)
    return affinity.bought_together(past, TASKS["basket"], **options)


def up_sell(customer, product, day, category, price):
    past = history(customer, product, day, len(price))
    model = UpSell(past, category, np.asarray(price, float))
    return affinity.up_sell(model, STEADY)


def popular(customer, product, day, products):
    return affinity.popular(history(customer, product, day, products))


def lines(*baskets):
    """Customer and product of each line, one basket per customer."""
    customer = [number for number, basket in enumerate(baskets) for _ in basket]
    return np.array(customer), np.array([p for basket in baskets for p in basket])


def office(times):
    """Printers go with toner, chairs with lamps, paper with everything."""
    return lines(
        *[
            [PRINTER, TONER, PAPER],
            [PRINTER, TONER],
            [TONER, PAPER],
            [CHAIR, LAMP, PAPER],
            [CHAIR, LAMP],
            [PAPER],
        ]
        * times
    )


def of(found, product):
    """Links of one product: others in order."""
    return found["other"][found["product"] == product].tolist()


def assert_consistent(found, per_product):
    """Sorted, within limits, no link to itself, numbers that can be."""
    order = np.lexsort((-found["weight"], found["product"]))
    assert np.array_equal(order, np.arange(len(order)))
    assert np.all(found["product"] != found["other"])
    assert np.all(found["weight"] > 0)
    assert np.all((found["confidence"] >= 0) & (found["confidence"] <= 1))
    assert np.isfinite(found["lift"]).all()
    assert np.all(np.bincount(found["product"]) <= per_product)
    pairs = np.stack((found["product"], found["other"]), axis=1)
    assert len(np.unique(pairs, axis=0)) == len(pairs)


@pytest.mark.parametrize("times", [3, 30], ids=["co-occurrence", "regression"])
def test_cross_sell_by_hand(times):
    found = cross_sell(*office(times), 5)
    assert of(found, PRINTER)[0] == TONER
    assert of(found, CHAIR)[0] == LAMP
    assert LAMP not in of(found, PRINTER)
    link = (found["product"] == PRINTER) & (found["other"] == TONER)
    assert found["support"][link] == 2 * times
    assert found["confidence"][link] == 1
    assert found["lift"][link] == 2
    assert_consistent(found, 10)


def test_single_weight_by_hand():
    """18 customers, 6 with a printer, 9 with toner, 6 with both; ridge of 5 times the
    mean of 6, 9, 12, 6 and 6 buyers."""
    found = cross_sell(*office(3), 5)
    link = (found["product"] == PRINTER) & (found["other"] == TONER)
    expected = (6 - 6 * 9 / 18) / (6 + 5 * 7.8)
    assert found["weight"][link] == pytest.approx(expected, abs=1e-6)


def test_regression_is_that_of_the_closed_form():
    """Each weight is a coefficient of the ridge regression on all other products."""
    customer, product = office(30)
    bought = np.zeros((180, 5))
    bought[customer, product] = 1
    ridge = 5 * bought.sum(axis=0).mean()
    others = [PRINTER, PAPER, CHAIR, LAMP]
    gram = bought[:, others].T @ bought[:, others] + ridge * np.eye(4)
    coefficient = np.linalg.solve(gram, bought[:, others].T @ bought[:, TONER])[0]
    found = cross_sell(customer, product, 5)
    link = (found["product"] == PRINTER) & (found["other"] == TONER)
    assert found["weight"][link] == pytest.approx(coefficient, abs=1e-5)


def test_products_beyond_the_regression_are_linked():
    """With a regression of two products the three others have links of their own."""
    found = cross_sell(*office(30), 5, max_products=2)
    assert of(found, CHAIR)[0] == LAMP
    assert of(found, LAMP)[0] == CHAIR
    assert_consistent(found, 10)


def test_bought_together_by_hand():
    """Printer and toner are on the same orders, the chair is bought another day."""
    customer, product, day = np.array(
        [(n, p, d) for n in range(4) for p, d in ((PRINTER, 1), (TONER, 1), (CHAIR, 2))]
    ).T
    found = bought_together(customer, product, day, 5)
    assert of(found, PRINTER) == [TONER]
    assert of(found, CHAIR) == []
    assert found["support"].tolist() == [4, 4]
    assert found["lift"].tolist() == [2, 2]  # on half of the eight orders
    assert_consistent(found, 10)


def test_bought_together_is_the_regression_on_orders():
    """Every customer has a printer and a chair, and toner on the printer's order."""
    customer = np.repeat(np.arange(60), 4)
    product = np.tile([PRINTER, TONER, CHAIR, LAMP], 60)
    day = np.tile([1, 1, 2, 2], 60)
    found = bought_together(customer, product, day, 5)
    assert of(found, PRINTER) == [TONER]
    # One product of 60 orders, regressed on another with all of them, ridge 60.
    assert found["weight"] == pytest.approx(60 / (60 + 60), abs=1e-5)


def shop(seed=0, customers=300, products=80):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 30, customers)
    customer = np.repeat(np.arange(customers), size)
    product = np.minimum(rng.geometric(0.04, size.sum()) - 1, products - 1)
    day = rng.integers(0, 700, len(customer)).astype(float)
    return customer, product, day, np.arange(products) % 4, rng.uniform(1, 50, products)


def test_order_and_repetition_of_lines_do_not_matter():
    customer, product, day, category, price = shop()
    order = np.random.default_rng(1).permutation(len(customer))
    order = np.append(order, order[:50])
    for learn in (
        lambda c, p, d: cross_sell(c, p, 80, max_products=40),
        lambda c, p, d: bought_together(c, p, d, 80, max_products=40),
        lambda c, p, d: up_sell(c, p, d, category, price),
        lambda c, p, d: popular(c, p, d, 80),
    ):
        left = learn(customer, product, day)
        right = learn(customer[order], product[order], day[order])
        for name, values in left.items():
            np.testing.assert_array_equal(values, right[name], err_msg=name)


def test_slices_change_nothing(monkeypatch):
    """Memory is bounded by working in slices; the links are the same."""
    customer, product, day, category, price = shop()
    whole = (
        cross_sell(customer, product, 80, max_products=20),
        up_sell(customer, product, day, category, price),
    )
    monkeypatch.setattr(links, "PAIRS", 700)
    sliced = (
        cross_sell(customer, product, 80, max_products=20),
        up_sell(customer, product, day, category, price),
    )
    for left, right in zip(whole, sliced, strict=True):
        assert len(left["product"]) > 100
        for name, values in left.items():
            np.testing.assert_array_equal(values, right[name], err_msg=name)


def test_limits():
    customer, product, day, category, price = shop()
    assert_consistent(cross_sell(customer, product, 80, per_product=4), 4)
    found = up_sell(customer, product, day, category, price)
    assert_consistent(found, 15)
    ratio = price[found["other"]] / price[found["product"]]
    assert np.all((ratio >= 1 / 5) & (ratio <= 5))
    assert np.array_equal(ratio >= 1.1, found["dearer"])
    assert np.array_equal(category[found["other"]], category[found["product"]])
    found = affinity.popular(history(customer, product, day, 80), limit=7)
    assert len(found["other"]) == 7
    assert np.all(np.diff(found["weight"]) <= 0)


def test_up_sell_by_hand():
    """Ten bought the cheap one; four of them the better one later, two the best one
    before; the dearest is out of reach and the stranger another category."""
    cheap, better, best, dearest, stranger = range(5)
    category = np.array([0, 0, 0, 0, 1])
    price = np.array([10.0, 15.0, 20.0, 90.0, 15.0])
    customer = np.array([*range(10), 0, 1, 2, 3, 8, 9, 4, 5])
    product = np.array([cheap] * 10 + [better] * 4 + [best] * 2 + [dearest, stranger])
    day = np.array([50.0] * 10 + [90.0] * 4 + [20.0] * 2 + [90.0, 90.0])
    found = up_sell(customer, product, day, category, price)
    assert of(found, cheap) == [better, best]
    assert found["support"][:2].tolist() == [4, 0]
    assert found["weight"][:2] == pytest.approx([4 / 30, 2 / 30], abs=1e-6)
    assert found["confidence"][0] == 0.4
    assert found["dearer"][:2].all()
    assert not found["dearer"][found["product"] == better].any()
    assert of(found, best) == [cheap]
    assert of(found, stranger) == []


def test_up_sell_on_the_same_day_counts():
    found = up_sell([0, 0], [0, 1], [5.0, 5.0], [0, 0], [10.0, 20.0])
    assert of(found, 0) == [1]
    assert found["dearer"].tolist() == [True, False]
    assert found["support"].tolist() == [1, 1]


def test_links_and_shares_are_the_whole_up_sell():
    """What is kept adds up to the score of the model, for products that have links."""
    past = history(*(shop()[:3]), 80)
    category, price = shop()[3:]
    model = UpSell(past, category, price)
    settings = TASKS["upsell"]
    for kind, products in model.types.items():
        rows = np.arange(len(products))
        kept = model.common(kind, settings)
        rest = settings["shrink"] / (past.buyers[products] + settings["shrink"])
        rest = rest[:, None] * model.shares(settings)[products]
        np.fill_diagonal(rest, 0)
        np.testing.assert_allclose(kept + rest, model.weights(kind, rows, settings))


def apart_of(link):
    columns = (link[name].tolist() for name in ("product", "other", "apart"))
    return {(one, other): apart for one, other, apart in zip(*columns, strict=True)}


def test_apart_or_together():
    """Desk and lamp are on the same orders; the chair is bought on other days."""
    rows = [(n, p, d) for n in range(4) for p, d in ((0, 1), (1, 1), (2, 2))]
    rows += [(n, 3, 3) for n in range(4, 9)]
    past = history(*np.array(rows).T[[0, 1]], np.array(rows)[:, 2], 4)
    link, _kinds = affinity.cross_sell(past, np.arange(4), BUYERS)
    apart = apart_of(link)
    assert not apart[0, 1]
    assert apart[0, 2]
    link, _kinds = affinity.cross_sell(past, np.array([0, 1, 0, 2]), BUYERS)
    apart = apart_of(link)
    assert not apart[0, 2], "of one category"
    assert apart[1, 2]


def test_categories_are_the_rest_of_the_regression():
    """Without the links of products, what is left of the scores of customers is what
    their categories say."""
    customer, product, day, category, _price = shop()
    past, settings = history(customer, product, day, 80), TASKS["cross"]
    _link, kind = affinity.cross_sell(past, category, settings)
    weights = Cross(past, category, 2000).weights(settings)[1]
    assert len(kind["weight"]) == 4 * affinity.PER_CATEGORY
    model = Cross(past, category, 2000)
    places = np.argsort(model.core)[np.searchsorted(np.sort(model.core), kind["other"])]
    rows = [list(model.kinds).index(number) for number in kind["category"]]
    expected = settings["categories"] * weights[rows, places]
    assert kind["weight"] == pytest.approx(expected, abs=1e-6)


def test_figures():
    """Pens are bought every 10 days by one, once by another; ink once."""
    past = history([0, 0, 0, 1, 1], [0, 0, 0, 0, 1], [1, 11, 21, 5, 5], 3)
    found = affinity.figures(past)
    assert found["buyers"].tolist() == [2, 1, 0]
    assert found["buyer_share"].tolist() == [1, 0.5, 0]
    assert found["order_share"].tolist() == [1, 0.25, 0]
    assert found["pause"][0] == 10
    assert np.isnan(found["pause"][1:]).all()
    assert found["repeat_rate"][0] == (1 + 1) / (2 + 4)


def test_popular_forgets():
    """Three bought one long ago, two the other lately."""
    customer, product = np.array([0, 1, 2, 3, 4, 4]), np.array([0, 0, 0, 1, 1, 1])
    day = np.array([1.0, 1, 1, 700, 519, 500])
    found = popular(customer, product, day, 3)
    assert found["other"].tolist() == [1, 0]
    assert found["support"].tolist() == [2, 3]
    recent = 0.5 ** (1 / 180) + 0.5 ** (182 / 180)
    assert found["weight"][0] == pytest.approx(recent / 5, abs=1e-6)
    assert found["confidence"].tolist() == [0.4, 0.6]


@pytest.mark.parametrize(
    ("customer", "product"),
    [(NO_LINES, NO_LINES), ([7], [0]), ([7, 7], [0, 1]), ([1, 2], [0, 0])],
    ids=["no line", "one line", "one customer", "one product"],
)
def test_degenerate_lines(customer, product):
    """Nothing to learn is no link, and no error."""
    day = np.full(len(customer), 3.0)
    found = cross_sell(customer, product, 2)
    assert len(found["product"]) == len(found["weight"]) == 0
    assert not bought_together(customer, product, day, 2)["product"].size
    for price in ([1.0, 2.0], [0.0, -1.0], [np.nan, np.inf]):
        assert_consistent(up_sell(customer, product, day, [0, 0], price), 10)
    assert set(popular(customer, product, day, 2)["other"]) == set(product)


def test_no_product_at_all():
    nothing = NO_LINES
    assert not cross_sell(nothing, nothing, 0)["product"].size
    assert not up_sell(*[nothing] * 5)["product"].size
    assert not bought_together(nothing, nothing, nothing, 0)["product"].size
    assert not popular(nothing, nothing, nothing, 0)["other"].size
