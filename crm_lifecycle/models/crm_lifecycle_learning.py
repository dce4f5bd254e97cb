from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

from odoo import api, models

from .crm_lifecycle_learners import LEARNERS

# Customers whose purchases are read in one unit of work, and seconds after which the
# trial of settings pauses for a commit.
READ_BATCH, TRIAL_SECONDS = 10000, 4.0
# What there is to learn: the links and figures of products, categories to win, and how
# suggestions are made.
TOPICS = ("settings", "links", "gaps")


@dataclass(frozen=True)
class Past:
    """What a company sold, for the lessons, as arrays. Customers, products and
    categories are numbered from 0.

    - history: an ``engine.history.History``, days numbered as Python counts them
    - templates, categories: ids by number (0: no category)
    - category, price: of each product; the mean price is without taxes
    - customers: ids of commercial partners by number
    - is_sample: of each customer, whether he was drawn whatever he bought; the others
      are buyers of rare products
    - quantity, amount: of each row of the history
    """

    history: Any
    templates: Any
    categories: Any
    category: Any
    price: Any
    customers: Any
    is_sample: Any
    quantity: Any
    amount: Any

    @cached_property
    def sample(self):
        """The history of the sample: how many buy something is told by it."""
        return self.history.only(self.is_sample)


class CrmLifecycleLearning(models.Model):
    """SUGGESTIONS, the learning: purchases of a company in, links of products out."""

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _learn(self, company, as_of):
        """All units of :meth:`_learn_units` in the caller's transaction."""
        for _left in self._learn_units(company, as_of):
            pass

    @api.model
    def _learn_units(self, company, as_of, topics=TOPICS):
        """Learn from what was bought before `as_of` what to suggest from now on. Only
        what changed is written.

        In a company with very many customers from those of some, see
        ``crm_lifecycle_learners.py``: however many there are, it takes no longer.

        :param company: the company, with its branches
        :param as_of: excluding bound, naive datetime in UTC
        :param topics: which of TOPICS
        :return: generator of units of work, each the number of units left
        """
        buyers = self._get_buyer_ids(company, as_of)
        learners, others = buyers[:LEARNERS], buyers[LEARNERS:]
        parts, rows = [], []
        yield from self._read_units(company, as_of, learners, parts)
        if "gaps" in topics:
            rows = [_by_category(*part) for part in parts]
        if "settings" in topics or "links" in topics:
            if others and "links" in topics:
                more = self._get_rare_buyer_ids(company, parts, others)
                yield from self._read_units(company, as_of, more, parts)
            past = self._get_past(company, as_of, parts, learners)
            if "settings" in topics:
                yield from self._learn_settings(company, as_of, past)
            if "links" in topics:
                yield from self._learn_links(company, as_of, past)
        if "gaps" in topics:
            if others:
                parts.clear()
                turn = self.env["crm.lifecycle.gap"]._get_turn_ids(
                    company, as_of, others
                )
                yield from self._read_units(company, as_of, turn, parts)
                rows += [_by_category(*part) for part in parts]
            yield from self._learn_gaps(company, as_of, rows)

    def _read_units(self, company, as_of, partner_ids, parts):
        """Append what :meth:`_read_purchases` returns of the customers to `parts`, of
        no customers empty arrays.

        :return: generator of units of work, each the number of units left
        """
        for start in range(0, len(partner_ids) or 1, READ_BATCH):
            yield 1 + (len(partner_ids) - start) // READ_BATCH
            some = partner_ids[start : start + READ_BATCH]
            parts.append(self._read_purchases(company, as_of, some))
        yield 1

    def _learn_gaps(self, company, as_of, rows):
        """Categories to win, of the sample and of those whose turn it is.

        :param rows: list of what :func:`_by_category` returned of them
        :return: generator of units of work, each the number of units left
        """
        import numpy as np

        customer, category, day, amount = np.concatenate(rows, axis=1)
        customers, customer = np.unique(customer.astype(int), return_inverse=True)
        categories, category = np.unique(category.astype(int), return_inverse=True)
        yield from self.env["crm.lifecycle.gap"]._learn_units(
            company,
            company._lifecycle_today(as_of).toordinal() + 1,
            customers,
            categories,
            (customer, category, day, amount),
        )

    def _learn_links(self, company, as_of, past):
        """The lessons, with the settings that were chosen.

        :return: generator of units of work, each the number of units left
        """
        settings = self.env["crm.lifecycle.suggestion.model"]._get_settings(company)
        lessons = self._get_lessons()
        while lessons:
            yield len(lessons)
            lessons.pop(0)(company, as_of, past, settings)

    @api.model
    def _get_lessons(self):
        """:return: list of methods that learn one thing each, in one unit of work:
        company, as_of, the :class:`Past` and the settings of each task"""
        return [
            self._learn_buyers,
            self._learn_orders,
            self._learn_dearer,
            self._learn_figures,
            self._learn_consumables,
            self._learn_news,
        ]

    @api.model
    def _get_past(self, company, as_of, parts, learners):
        """:param parts: list of what :meth:`_read_purchases` returned; emptied
        :param learners: ids of the customers who are the sample
        :return: :class:`Past`"""
        import numpy as np

        from ..engine.history import History

        products = np.concatenate([part[1] for part in parts], axis=1)
        templates, first, place = np.unique(
            products[0].astype(int), return_index=True, return_inverse=True
        )
        categories, category = np.unique(
            products[1][first].astype(int), return_inverse=True
        )
        quantity, amount = (
            np.bincount(place, column, minlength=len(templates))
            for column in products[2:]
        )
        price = amount / np.maximum(quantity, 1e-9)
        # Column by column, so that not all of it is in memory twice.
        customer, product, day, quantity, amount = (
            np.concatenate([part[0][column] for part in parts]) for column in range(5)
        )
        parts.clear()
        customers, customer = np.unique(customer.astype(int), return_inverse=True)
        product, day = np.searchsorted(templates, product), day.astype(int)
        order = np.lexsort((product, day, customer))
        tomorrow = company._lifecycle_today(as_of).toordinal() + 1
        return Past(
            history=History.of(
                *(customer, product, day, len(customers), len(templates), tomorrow)
            ),
            templates=templates,
            categories=categories,
            category=category,
            price=price,
            customers=customers,
            is_sample=np.isin(customers, learners),
            quantity=quantity[order],
            amount=amount[order],
        )

    @api.model
    def _learn_settings(self, company, as_of, past):
        """Let the company's own past choose the settings of what is due.

        :return: generator of the number of units left
        """
        from ..engine import choose

        Model = self.env["crm.lifecycle.suggestion.model"]
        due = Model._get_due_tasks(company, as_of)
        for number, task in enumerate(due):
            yield len(due) - number
            work = choose.steps(task, past.sample, past.category, past.price)
            started = monotonic()
            for found in work:
                if found:
                    Model._remember(company, task, as_of, *found)
                elif monotonic() - started > TRIAL_SECONDS:
                    yield len(due) - number
                    started = monotonic()


def _by_category(lines, products):
    """:param lines, products: what ``_read_purchases`` returned
    :return: array of customer, category, day number and amount of each line"""
    import numpy as np

    category = products[1][np.searchsorted(products[0], lines[1])]
    return np.stack((lines[0], category, lines[2], lines[4]))
