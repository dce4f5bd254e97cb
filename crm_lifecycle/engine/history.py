"""Who bought what when: the rows that all suggestions are computed from.

An order is a customer's day with a purchase. Quantities play no role.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

# Buyers that a product is imagined to have beyond its own when rates are computed, one
# of whom came back.
PRIOR_BUYERS, PRIOR_REPEATS = 4.0, 1.0
# Purchases that are imagined in each of the periods that a trend compares.
PRIOR_DEMAND = 3.0


@dataclass(frozen=True)
class History:
    """Purchases before ``as_of``: one row per customer, day and product, sorted in that
    order. Customers and products are numbers from 0 to their count."""

    customer: np.ndarray
    product: np.ndarray
    day: np.ndarray
    customers: int
    products: int
    as_of: int

    @classmethod
    def of(cls, customer, product, day, customers, products, as_of):
        """From lines in any order, of which several may be of one product and day."""
        columns = (np.asarray(column, np.int64) for column in (customer, day, product))
        customer, day, product = columns
        kept = day < as_of
        customer, day, product = customer[kept], day[kept], product[kept]
        order = np.lexsort((product, day, customer))
        customer, day, product = customer[order], day[order], product[order]
        new = _changes(customer, day, product)
        return cls(customer[new], product[new], day[new], customers, products, as_of)

    def before(self, day):
        """The same company as it was known on an earlier day."""
        kept = self.day < day
        return History(
            self.customer[kept],
            self.product[kept],
            self.day[kept],
            self.customers,
            self.products,
            day,
        )

    def some(self, customers):
        """At most so many of the customers with purchases, always the same ones."""
        known = np.flatnonzero(self.orders)
        if len(known) <= customers:
            return self
        drawn = np.zeros(self.customers, bool)
        drawn[np.random.default_rng(0).choice(known, customers, replace=False)] = True
        return self.only(drawn)

    def only(self, drawn):
        """The same company as it is known from some of its customers.

        :param drawn: of each customer, whether he is one of them
        """
        if drawn.all():
            return self
        kept = drawn[self.customer]
        rows = (self.customer[kept], self.product[kept], self.day[kept])
        return History(*rows, self.customers, self.products, self.as_of)

    def between(self, first, last):
        """Customer, day and product of the rows from one day to before another."""
        kept = (self.day >= first) & (self.day < last)
        return self.customer[kept], self.day[kept], self.product[kept]

    @cached_property
    def span(self):
        """Days that the history covers."""
        return int(self.as_of - self.day.min()) if self.day.size else 0

    @cached_property
    def age(self):
        """Days since each row."""
        return (self.as_of - self.day).astype(np.float32)

    @cached_property
    def order(self):
        """Number of the order of each row, counted over all customers."""
        return np.cumsum(_changes(self.customer, self.day), dtype=np.int32) - 1

    @cached_property
    def orders(self):
        """Number of orders of each customer."""
        first = _changes(self.customer, self.day)
        return np.bincount(self.customer[first], minlength=self.customers)

    @cached_property
    def orders_since(self):
        """For each row, how many later orders its customer made."""
        return np.cumsum(self.orders)[self.customer] - 1 - self.order

    @cached_property
    def pair(self):
        """Number of the pair of customer and product of each row."""
        return self._paired[1]

    @cached_property
    def pairs(self):
        """Customer and product of each pair, sorted by both."""
        return self._paired[0]

    @cached_property
    def times(self):
        """Orders of each pair."""
        return np.bincount(self.pair, minlength=len(self.pairs[0]))

    @cached_property
    def last(self):
        """Days since the last purchase of each pair."""
        last = np.zeros(len(self.pairs[0]), np.float32)
        last[self.pair] = self.age  # rows are sorted by day, the last one stays
        return last

    @cached_property
    def first(self):
        """Days since the first purchase of each pair."""
        first = np.zeros(len(self.pairs[0]), np.float32)
        first[self.pair[::-1]] = self.age[::-1]
        return first

    @cached_property
    def buyers(self):
        """Customers who bought each product."""
        return np.bincount(self.pairs[1], minlength=self.products)

    @cached_property
    def since(self):
        """Days since the first purchase of each product; infinite without any."""
        since = np.full(self.products, np.inf)
        since[self.product[np.argsort(-self.day, kind="stable")]] = np.sort(self.age)
        return since

    @cached_property
    def repeat_rate(self):
        """Of the buyers of each product, the share who bought it again; drawn towards
        a quarter by four buyers more."""
        again = np.bincount(self.pairs[1], self.times > 1, minlength=self.products)
        return (again + PRIOR_REPEATS) / (self.buyers + PRIOR_BUYERS)

    @cached_property
    def demand(self):
        """Purchases per day of each product of late, over those before: 1 is steady.

        Late are 45 days, or a quarter of a history shorter than half a year; before
        are the three times as many days that precede them.
        """
        late = max(min(45, self.span / 4), 1)
        fresh = self.age <= late
        known = ~fresh & (self.age <= 4 * late)
        now, then = (
            np.bincount(self.product[rows], minlength=self.products)
            for rows in (fresh, known)
        )
        return 3 * (now + PRIOR_DEMAND) / (then + 3 * PRIOR_DEMAND)

    def fresh_buyers(self, half_life):
        """Buyers of each product; one counts half for every ``half_life`` days since
        he last bought it."""
        weight = 0.5 ** (self.last / half_life)
        return np.bincount(self.pairs[1], weight, minlength=self.products)

    def bought(self, weight=None):
        """Sparse matrix of customers by products, 1 where bought or the ``weight`` of
        each pair."""
        weight = np.ones(len(self.pairs[0])) if weight is None else weight
        shape = (self.customers, self.products)
        return sparse.csr_matrix((weight.astype(np.float32), self.pairs), shape)

    def baskets(self):
        """Sparse matrix of orders by products, 1 where bought."""
        shape = (int(self.orders.sum()), self.products)
        ones = np.ones(len(self.order), np.float32)
        return sparse.csr_matrix((ones, (self.order, self.product)), shape)

    def habit(self, half_life):
        """For each pair, the share of the customer's orders that have the product; an
        order counts half for every ``half_life`` orders made since."""
        weight = 0.5 ** (self.orders_since / half_life)
        bought = np.bincount(self.pair, weight, minlength=len(self.pairs[0]))
        factor = 0.5 ** (1 / half_life)
        # The sum of a geometric row, of one member per order.
        total = (1 - factor ** self.orders[self.pairs[0]]) / (1 - factor)
        return bought / total

    @cached_property
    def _paired(self):
        size = max(self.products, 1)
        keys, pair = np.unique(self.customer * size + self.product, return_inverse=True)
        return np.divmod(keys, size), pair.astype(np.int32)


def _changes(*columns):
    """Of sorted rows, whether each differs from the one before it."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return new
