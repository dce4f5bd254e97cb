from dataclasses import dataclass
from datetime import date
from functools import cached_property
from time import monotonic
from typing import Any

from odoo import api, models
from odoo.tools import SQL

from .crm_lifecycle_learners import LEARNERS

# Customers whose purchases are read in one unit of work, and seconds after which the
# trial of settings pauses for a commit.
READ_BATCH, TRIAL_SECONDS = 10000, 4.0
# Links between products change slowly: they are learned again after so many days, or
# when there are so many times as many purchases as then.
LEARNING_DAYS, LEARNING_GROWTH = 7, 1.1


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
    def _is_due(self, company, as_of):
        """Whether `company` is to learn (again) what to suggest."""
        learned = company.sudo().lifecycle_learned
        if not learned:
            return True
        day = date.fromisoformat(learned["day"])
        return (
            not 0 <= (company._lifecycle_today(as_of) - day).days < LEARNING_DAYS
            or self._count_purchases(company) > LEARNING_GROWTH * learned["purchases"]
        )

    def _count_purchases(self, company):
        [(purchases,)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(order_count), 0)
                  FROM crm_lifecycle_profile WHERE company_id = %s
                """,
                company.id,
            )
        )
        return int(purchases)

    @api.model
    def _nightly_units(self, company, as_of):
        """Learn when it is due. In the other nights no more than gaps that customers
        have filled is forgotten; what they buy is read when something is suggested.

        :return: generator of units of work, each the number of units left
        """
        company = company.sudo()
        if learned := company.lifecycle_learned:
            day = date.fromisoformat(learned["day"])
            self.env["crm.lifecycle.gap"]._forget_filled(company, as_of, day)
        if not self._is_due(company, as_of):
            return
        purchases = self._count_purchases(company)
        yield from self._learn_units(company, as_of)
        company.lifecycle_learned = {
            "day": company._lifecycle_today(as_of).isoformat(),
            "purchases": purchases,
        }

    @api.model
    def _learn_units(self, company, as_of):
        """Learn from what was bought before `as_of` what to suggest from now on. Only
        what changed is written. Settings are tried once a month; an interrupted night
        goes on with the next task.

        In a company with very many customers from those of some, see
        ``crm_lifecycle_learners.py``: however many there are, it takes no longer.

        :param company: the company, with its branches
        :param as_of: excluding bound, naive datetime in UTC
        :return: generator of units of work, each the number of units left
        """
        buyers = self._get_buyer_ids(company, as_of)
        learners, others = buyers[:LEARNERS], buyers[LEARNERS:]
        parts = []
        yield from self._read_units(company, as_of, learners, parts)
        if others:
            more = self._get_rare_buyer_ids(company, parts, others)
            yield from self._read_units(company, as_of, more, parts)
        past = self._get_past(company, as_of, parts, learners)
        yield from self._learn_settings(company, as_of, past)
        settings = self.env["crm.lifecycle.suggestion.model"]._get_settings(company)
        lessons = self._get_lessons()
        while lessons:
            yield len(lessons)
            lessons.pop(0)(company, as_of, past, settings)
        if others:
            turn = self.env["crm.lifecycle.gap"]._get_turn_ids(company, as_of, others)
            yield from self._read_units(company, as_of, turn, parts)
        yield from self._learn_gaps(company, past, parts)

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

    def _learn_gaps(self, company, past, parts):
        """Categories to win, of the sample and of those whose turn it is.

        :param parts: what was read of the latter
        :return: generator of units of work, each the number of units left
        """
        import numpy as np

        rows = past.history
        kept = past.is_sample[rows.customer]
        columns = [
            past.customers[rows.customer[kept]],
            past.categories[past.category[rows.product[kept]]],
            rows.day[kept],
            past.amount[kept],
        ]
        for lines, products in parts:
            category = products[1][np.searchsorted(products[0], lines[1])]
            read = (lines[0], category, lines[2], lines[4])
            columns = map(np.append, columns, read)
        customer, category, day, amount = columns
        customers, customer = np.unique(customer.astype(int), return_inverse=True)
        categories, category = np.unique(category.astype(int), return_inverse=True)
        yield from self.env["crm.lifecycle.gap"]._learn_units(
            company,
            rows.as_of,
            customers,
            categories,
            (customer, category, day, amount),
        )

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
