"""The models of suggestions: closed forms by hand, and what must always hold."""

import numpy as np
import pytest
from scipy import sparse

from engine import choose, ease, ranking, reorder, trials
from engine.basket import Basket
from engine.cross import Cross
from engine.history import History
from engine.reorder import Reorder
from engine.upsell import UpSell

pytestmark = pytest.mark.filterwarnings("error")
NONE = ranking.NOTHING
DEFAULTS = {task: module.DEFAULTS for task, module in trials.TASKS.items()}
AS_OF = 365


def history(*rows, as_of=AS_OF):
    """From rows of customer, product and day."""
    columns = np.array(rows or np.zeros((0, 3)), int).T
    customer, product, day = columns
    return History.of(customer, product, day, 6, 6, as_of)


def shop(seed=0, customers=400, products=60):
    """A made-up shop: customers have a few products that they buy again and again."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        own = rng.choice(products, 8, p=np.arange(products, 0, -1) / 1830)
        for day in np.flatnonzero(rng.random(AS_OF) < rng.uniform(0.01, 0.1)):
            bought = own[rng.random(8) < np.linspace(0.8, 0.03, 8)]
            rows += [(customer, product, day) for product in bought]
    customer, product, day = np.array(rows).T
    made = History.of(customer, product, day, customers, products, AS_OF)
    return made, np.arange(products) % 5, rng.uniform(1, 20, products)


def test_history_by_hand():
    """Rows in any order, repeated ones once, later ones not."""
    rows = [(1, 2, 30), (0, 1, 20), (1, 2, 10), (0, 1, 20), (1, 3, 30), (0, 0, 400)]
    found = history(*rows)
    assert found.customer.tolist() == [0, 1, 1, 1]
    assert found.day.tolist() == [20, 10, 30, 30]
    assert found.orders.tolist() == [1, 2, 0, 0, 0, 0]
    assert found.orders_since.tolist() == [0, 1, 0, 0]
    assert [part.tolist() for part in found.pairs] == [[0, 1, 1], [1, 2, 3]]
    assert found.times.tolist() == [1, 2, 1]
    assert found.last.tolist() == [345, 335, 335]
    assert found.first.tolist() == [345, 355, 335]
    assert found.repeat_rate[2] == (1 + 1) / (1 + 4)
    assert found.baskets().toarray().sum(axis=1).tolist() == [1, 1, 2]


def test_habit_by_hand():
    """Of two orders, the newer one has the product; the older one counts half."""
    found = history((0, 1, 10), (0, 2, 20), (0, 1, 20))
    np.testing.assert_allclose(found.habit(1.0), [1.0, 1 / 1.5])
    # A product of the older order alone.
    assert history((0, 1, 10), (0, 2, 20)).habit(1.0)[0] == pytest.approx(0.5 / 1.5)


def test_demand_rises_and_falls():
    """Once every ten days before, then three times as often, or no more."""
    steady = [(0, 0, day) for day in range(0, AS_OF, 10)]
    rising = [(0, 1, day) for day in range(0, 320, 30)]
    rising += [(0, 1, day) for day in range(321, AS_OF, 3)]
    falling = [(0, 2, day) for day in range(0, 320, 5)]
    found = history(*steady, *rising, *falling).demand
    assert found[0] == pytest.approx(1, abs=0.2)
    assert found[1] > 2
    assert found[2] < 0.5
    assert found[3] == 1  # never sold


def test_ease_is_the_ridge_regression_without_the_product_itself():
    rng = np.random.default_rng(0)
    bought = (rng.random((200, 7)) < 0.3) * 1.0
    weights = ease.regression(bought.T @ bought, 5.0)
    assert not weights.diagonal().any()
    others = np.arange(7) != 4
    gram = bought[:, others].T @ bought[:, others] + 5 * np.eye(6)
    expected = np.linalg.solve(gram, bought[:, others].T @ bought[:, 4])
    np.testing.assert_allclose(weights[others, 4], expected, rtol=1e-4, atol=1e-6)


def test_best_are_in_order_and_ties_go_to_the_lower():
    scores = np.array([[1.0, 3, 3, -np.inf, 2], [-np.inf] * 5])
    assert ranking.best(scores, 3).tolist() == [[1, 2, 4], [NONE] * 3]
    assert ranking.best(scores, 7)[0].tolist() == [1, 2, 4, 0, NONE, NONE, NONE]
    assert ranking.best(np.zeros((2, 0)), 2).tolist() == [[NONE] * 2] * 2


def test_gains_by_hand():
    found = np.array([[5, 3], [1, NONE], [2, 4]])
    row, item = np.array([0, 0, 1]), np.array([3, 0, 1])
    ndcg, hit, recall = ranking.gains(found, row, item, 6)
    second = 1 / np.log2(3)
    assert ndcg[:2] == pytest.approx([second / (1 + second), 1])
    assert hit[:2].tolist() == [1, 1]
    assert recall[:2].tolist() == [0.5, 1]
    assert np.isnan([ndcg[2], hit[2], recall[2]]).all()


def test_fill_with_what_is_not_taken():
    found = np.array([[4, NONE, NONE], [1, 2, 3]])
    ranking.fill(found, np.array([4, 5, 1, 2]), lambda row: [5])
    assert found.tolist() == [[4, 1, 2], [1, 2, 3]]


def test_reorder_by_hand():
    """Every order has 0, the last ones 1, one long ago 2; 3 was bought by others."""
    rows = [(0, 0, day) for day in range(0, 360, 30)]
    rows += [(0, 1, 330), (0, 1, 300), (0, 2, 0), (1, 3, 10)]
    model = Reorder(history(*rows))
    found = model.suggest(np.array([0, 5, -1]), DEFAULTS["reorder"])
    assert found[0, :4].tolist() == [0, 1, 2, NONE]
    assert (found[1:] == NONE).all()


def test_due_is_what_was_not_just_bought():
    rows = [(0, 0, day) for day in (100, 200, 300)]
    rows += [(0, 1, day) for day in (164, 264, 364)]
    weights = reorder.weights(history(*rows), {**DEFAULTS["reorder"], "due": 0.2})
    assert reorder.due(history(*rows)) == pytest.approx([0.65, 0.1])
    assert weights[0] > weights[1] * 0.9


def test_cross_finds_what_like_customers_bought():
    """Printers go with toner; a stranger gets what most have."""
    rows = [(0, 0, 1), (1, 0, 1), (1, 1, 2), (2, 0, 1), (2, 1, 2)]
    rows += [(3, 2, 1), (3, 3, 2), (4, 2, 1), (4, 3, 2), (4, 1, 3)]
    model = Cross(history(*rows), np.zeros(6, int))
    found = model.suggest(np.array([0, 5, -1]), {**DEFAULTS["cross"], "ridge": 0.5})
    assert found[0, 0] == 1
    assert 0 not in found[0]
    assert found[1, :4].tolist() == found[2, :4].tolist() == [0, 1, 2, 3]
    assert (found[:, 4:] == NONE).all()


def test_basket_adds_habit_to_what_goes_together():
    """0 and 1 are always together; 5 is what this customer always takes."""
    rows = [(who, what, day) for who in range(4) for day in (1, 9) for what in (0, 1)]
    rows += [(who, what, 5) for who in range(4) for what in (2, 3)]
    rows += [(4, 5, 3), (4, 4, 3), (4, 5, 30)]
    model = Basket(history(*rows))
    visible = sparse.csr_matrix(np.array([[1, 0, 0, 0, 0, 0]] * 2, np.float32))
    found = model.suggest(np.array([-1, 4]), visible, DEFAULTS["basket"])
    assert found[0, 0] == 1
    assert set(found[1, :2]) == {1, 5}
    assert 0 not in found


def test_products_beyond_the_regression_compete_by_habit():
    rows = [(who, what, who) for who in range(5) for what in (0, 1)]
    rows += [(5, 4, day) for day in (1, 2, 3)]
    model = Basket(history(*rows), max_products=2)
    nothing = sparse.csr_matrix((1, 6), dtype=np.float32)
    assert model.core.tolist() == [0, 1]
    assert model.suggest(np.array([5]), nothing, DEFAULTS["basket"])[0, 0] == 4


def test_upsell_by_hand():
    """Who has 0 took 2 more often than 1; 3 is no tenth dearer, 4 of another type, and
    what he has himself comes last."""
    rows = [(who, 0, 1) for who in range(5)]
    rows += [(0, 1, 9), (1, 2, 9), (2, 2, 9), (3, 3, 9), (4, 4, 9), (4, 2, 9)]
    price = [10.0, 30.0, 40.0, 10.5, 50.0, 0.0]
    model = UpSell(history(*rows), [0, 0, 0, 0, 1, 0], price)
    customers, kinds = np.array([3, 1, -1, 3]), np.array([0, 0, 0, 7])
    assert model.usual_prices(customers, kinds)[:2].tolist() == [10.25, 25.0]
    found = model.suggest(customers, kinds, DEFAULTS["upsell"])
    assert found[0, :3].tolist() == [2, 1, NONE]
    assert found[1, :3].tolist() == [1, 2, NONE]
    assert 4 not in found
    assert (found[3] == NONE).all()


@pytest.mark.parametrize("task", trials.TASKS)
def test_choice_looks_at_the_past_alone(task):
    """The same lines give the same choice, whatever comes later or in which order."""
    made, category, price = shop()
    settings, graded = choose.choose(task, made, category, price)
    assert set(settings) == set(DEFAULTS[task])
    assert graded["cases"] >= choose.ENOUGH
    assert graded["chosen"] >= graded["defaults"] > 0
    order = np.random.default_rng(1).permutation(len(made.day))
    columns = (made.customer, made.product, made.day)
    columns = [np.append(column[order], column[:50]) for column in columns]
    columns[2][-50:] += 1000
    again = History.of(*columns, made.customers, made.products, AS_OF)
    assert choose.choose(task, again, category, price) == (settings, graded)


@pytest.mark.parametrize("task", trials.TASKS)
def test_suggestions_beat_chance_by_far(task):
    made, category, price = shop()
    before, later = made.before(305), made.between(305, AS_OF)
    trial = trials.make(task, before, later, category, price)
    found = trial.suggest(DEFAULTS[task])
    rng = np.random.default_rng(0)
    chance = np.array([rng.permutation(60)[:10] for _row in found])
    ours, theirs = (np.nanmean(trial.gains(rows)[0]) for rows in (found, chance))
    assert ours > 1.5 * theirs


@pytest.mark.parametrize("task", trials.TASKS)
def test_too_little_to_choose_by(task):
    """One order, one customer or nothing at all: the defaults."""
    category, price = np.zeros(6, int), np.ones(6)
    for rows in ([], [(0, 0, 5)], [(0, 0, day) for day in range(0, 360, 40)]):
        settings, graded = choose.choose(task, history(*rows), category, price)
        assert settings == DEFAULTS[task]
        assert graded["cases"] < choose.ENOUGH


def test_a_setting_needs_more_than_chance(monkeypatch):
    """Equal cases change nothing; a gain on every day does."""
    made, category, price = shop()
    monkeypatch.setattr(reorder, "weights", lambda history, settings: history.times)
    assert choose.choose("reorder", made, category, price)[0] == DEFAULTS["reorder"]

    def hidden_truth(history, settings):
        """Ten orders as half life is right, everything else far off."""
        right = settings["half_life"] == 8.0
        return history.times if right else -history.times

    monkeypatch.setattr(reorder, "weights", hidden_truth)
    chosen, graded = choose.choose("reorder", made, category, price)
    assert chosen == {**DEFAULTS["reorder"], "half_life": 8.0}
    assert graded["chosen"] > graded["defaults"]


def test_memory_is_bounded_by_the_products_compared():
    """Few of many products are in the regression; customers are scored in blocks."""
    rng = np.random.default_rng(0)
    rows = 40000
    product = np.minimum(rng.geometric(0.001, rows), 19999)
    columns = (rng.integers(0, 3000, rows), product, rng.integers(0, AS_OF, rows))
    made = History.of(*columns, 3000, 20000, AS_OF)
    model = Cross(made, np.zeros(20000, int), max_products=300)
    found = model.suggest(np.arange(3000), DEFAULTS["cross"])
    assert len(model.core) == 300
    assert np.isin(found, model.core).all()
    assert model._known["weights"].shape[1] == 300
