import numpy as np
import pytest

from engine import consumables

pytestmark = pytest.mark.filterwarnings("error")

PRINTER, TONER, PAPER, DESK = range(4)
PRICES = np.array([400, 50, 5, 100])


class Office:
    """Lines of customers who buy paper, and of some who own printers too."""

    def __init__(self):
        self.lines = []

    def buy(self, customer, product, day, quantity=1):
        self.lines.append((customer, product, day, quantity))

    def every(self, customer, product, first, gap, times, quantity=1):
        for time in range(times):
            self.buy(customer, product, first + gap * time, quantity)

    def found(self, prices=PRICES):
        links = consumables.consumables(*np.array(self.lines).T, prices)
        return {
            (one, other): {name: links[name][row] for name in links}
            for row, (one, other) in enumerate(
                zip(links["product"], links["other"], strict=True)
            )
        }


@pytest.fixture
def office():
    """Six of twenty customers bought a printer on day 100 and a toner every 60 days
    from then on; a second printer makes it two toners. All buy paper."""
    office = Office()
    for customer in range(20):
        office.every(customer, PAPER, customer, 30, 12)
        if customer % 3 == 0:
            office.buy(customer, DESK, 200)
    for customer in range(6):
        pieces = 1 + customer % 2
        office.buy(customer, PRINTER, 100, pieces)
        office.every(customer, TONER, 100 + customer, 60, 4, pieces)
    return office


def test_what_owners_keep_buying(office):
    found = office.found()
    assert list(found) == [(PRINTER, TONER)]
    link = found[PRINTER, TONER]
    assert link["support"] == 6
    assert link["confidence"] == 1
    assert link["lift"] == pytest.approx(20 / 6, abs=1e-6)
    assert link["days"] == 60
    assert link["quantity"] == 1.5


def test_not_every_owner(office):
    """Share of the owners; those who never bought a toner count."""
    for customer in (6, 7):
        office.buy(customer, PRINTER, 100)
    assert office.found()[PRINTER, TONER]["confidence"] == 0.75


def test_too_few_owners(office):
    office.lines = [line for line in office.lines if line[0] not in range(2, 6)]
    assert not office.found()


def test_bought_before_the_equipment(office):
    """Who had toner before the printer does not need it because of the printer."""
    for customer in range(6):
        office.buy(customer, TONER, 50)
    assert not office.found()


def test_bought_without_the_equipment(office):
    for customer in range(8, 18):
        office.every(customer, TONER, 90, 60, 4)
    assert not office.found()


def test_as_dear(office):
    """What costs no more than the other is not its equipment."""
    assert not office.found([60, 50, 5, 100])


def test_bought_once(office):
    """A chair that came with most desks is no consumable."""
    office.lines = [
        line for line in office.lines if line[1] != TONER or line[2] <= 100 + line[0]
    ]
    assert not office.found()


def test_equipment_bought_often(office):
    """Two things that are both bought again and again are none."""
    for customer in range(6):
        office.every(customer, PRINTER, 110, 20, 5)
    assert not office.found()


def test_several_lines_a_day_and_any_order(office):
    before = office.found()
    split = [(c, p, d, q / 2) for c, p, d, q in office.lines]
    office.lines = (split * 2)[::-1]
    assert office.found() == before


def test_coincidence():
    """Customers who buy at random: no pair of 60 products is taken for one."""
    rng = np.random.default_rng(4)
    popularity = rng.dirichlet(np.full(60, 0.3))
    lines = [
        (customer, product, day, 1)
        for customer in range(400)
        for product, day in zip(
            rng.choice(60, rng.poisson(12), p=popularity),
            rng.integers(0, 700, 100),
            strict=False,
        )
    ]
    links = consumables.consumables(*np.array(lines).T, rng.lognormal(3, 2, 60))
    assert not links["other"].size


def test_nothing_sold():
    none = np.zeros(0, int)
    links = consumables.consumables(none, none, none, none, PRICES)
    assert not links["other"].size and not links["days"].size
