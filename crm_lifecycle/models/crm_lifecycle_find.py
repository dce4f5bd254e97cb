from odoo import api, models
from odoo.tools import SQL

from ..engine import defaults
from .planned import planned

# One place in so many, at the latest, is for something that the customer does not have
# yet, and for a new product of a category that he buys.
FRESH_PLACE, NEW_PLACE = 3, 5
# In the statement, the customer for whom it is looked.
ASKED = SQL("asked.customer")


class CrmLifecycleFind(models.Model):
    """SUGGESTIONS, found by look-ups: what the customer bought and what is on the
    order, joined with the links and figures of these products.

    The arithmetic is that of ``engine.quotation``, where it is graded.

    Most of the time would go into planning the statement, not into running it. So it is
    :func:`.planned.planned` once; each step is materialized, and planned alone; and
    rules are left out where there are none.
    """

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _find(self, company, partner_ids, ordered_ids, variants, limit):
        """The best suggestions for an order: better choices, and others. One statement
        for any number of customers, of whom each has the same on his order.

        Others are in order of their score::

            what is on the same orders as the products of this one
            + his own habit, for what he bought before
            + what the customers of his products bought, for what he did not

        On an empty order the habit is that of the reorder model. A suggestion is of the
        kind that adds most to its score. At the latest every third place is something
        that he does not have yet, every fifth a new product of a category that he buys.
        Manual rules go before declared links, and these before all that was learned.

        A better choice is sought for what is on the order: dearer products of its
        category, by what else the customers of his products of the category bought;
        what he has bought already comes last.

        :param partner_ids: commercial partners
        :param ordered_ids: product templates on the order
        :param variants: Query of the variants (product.product) that may be suggested
            to ``ASKED``; of a product with several, the one the customer bought most
            often is
        :param limit: how many better choices, and how many others
        :return: dict by commercial partner of lists of dicts, better choices first,
            each with the best first:

            - kind, product_id (variant), weight (score)
            - source (bought template that contributes most, or None), on_order (whether
              that is on the order), support and confidence of that link
            - quantity: his usual one of what he bought before, else that of all
              customers for consumables
            - last_date, pause (his usual days between two purchases of it, else those
              of all customers) and due_days, by how many days that has passed
            - origin (learned, declared or manual), and rule_id of a manual one
        """
        settings = self.env["crm.lifecycle.suggestion.model"]._get_settings(company)
        as_of = company._lifecycle_as_of()
        habit = {"habit": 1.0, "popular": 0.0, **settings["reorder"]}
        if ordered_ids:
            habit = {"demand": 0.0, "due": 0.0, "days": 0.0, **settings["basket"]}
        Facts = self.env["crm.lifecycle.facts"]
        parameters = Facts._get_parameters(company, partner_ids, as_of)
        parameters |= {
            "asked": parameters["partners"],
            "partners": SQL("ARRAY[%s]", ASKED),
            "ordered": list(ordered_ids),
            "limit": limit,
            "has_rules": self.env["crm.lifecycle.suggestion.rule"]._is_any(company),
        }
        parts = [self._sql_owned(parameters, habit)]
        if parameters["has_rules"]:
            parts.append(self._sql_rules(parameters))
        parts += [
            self._sql_links(parameters, settings["cross"]),
            self._sql_scored(parameters, settings["cross"], habit),
        ]
        found = [SQL("SELECT * FROM scored")]
        if ordered_ids:
            parts.append(self._sql_better(parameters, settings["upsell"]))
            found.append(SQL("SELECT * FROM better"))
        parts.append(SQL("found AS MATERIALIZED (%s)", SQL(" UNION ALL ").join(found)))
        prepare, found = planned(
            self.env,
            SQL(
                """
                SELECT asked.customer, suggested.*
                  FROM unnest(%(asked)s::int[]) AS asked (customer)
            CROSS JOIN LATERAL (WITH %(parts)s, %(placed)s) AS suggested
              ORDER BY suggested.is_better DESC, suggested.weight DESC,
                       suggested.product_id
                """,
                **parameters,
                parts=SQL(", ").join(parts),
                placed=self._sql_placed(parameters, variants),
            ),
        )
        rows = self.env.execute_query_dict(SQL("%s %s", prepare, found))
        result = {partner_id: ([], []) for partner_id in partner_ids}
        for row in rows:
            better, others = result[row["customer"]]
            (better if row["is_better"] else others).append(row)
        return {
            partner_id: better[:limit] + self._mix(others, limit)
            for partner_id, (better, others) in result.items()
        }

    def _mix(self, rows, limit):
        """:param rows: suggestions that are no better choices, best first
        :return: the first of them, with places for what he does not have yet and for
        new products"""
        mixed, left = [], list(rows)
        while left and len(mixed) < limit:
            wanted, place = left, len(mixed) + 1
            if not place % NEW_PLACE:
                wanted = [row for row in left if row["kind"] == "novelty"] or wanted
            elif all(row["is_owned"] for row in mixed[1 - FRESH_PLACE :]) and mixed[1:]:
                wanted = [row for row in left if not row["is_owned"]] or wanted
            mixed.append(wanted[0])
            left.remove(wanted[0])
        return mixed

    def _sql_owned(self, parameters, habit):
        """His purchases, and of each product how often and when, with his habit: the
        share of his orders that have it, see ``engine.reorder.weights``. And what the
        links start from: products on the order, and those that he bought last."""
        half_life = habit["half_life"]
        return SQL(
            """
            purchase AS MATERIALIZED (%(purchases)s),
            visit AS MATERIALIZED (
                SELECT product_tmpl_id AS template_id, categ_id, day,
                       SUM(quantity) AS quantity,
                       DENSE_RANK() OVER (ORDER BY day DESC) - 1 AS later
                  FROM purchase
              GROUP BY product_tmpl_id, categ_id, day
            ),
            owned AS MATERIALIZED (
                SELECT *, (last - first) / NULLIF(times - 1, 0)::float8 AS pause
                  FROM (
                      SELECT template_id, MIN(categ_id) AS categ_id,
                             COUNT(*) AS times, MIN(day) AS first, MAX(day) AS last,
                             SUM(0.5 ^ (later / %(half_life)s::float8))
                                 / (SELECT (1 - %(factor)s ^ (MAX(later) + 1))
                                           / (1 - %(factor)s::float8) FROM visit)
                                 AS habit,
                             percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity)
                                 AS quantity
                        FROM visit
                    GROUP BY template_id
                  ) AS bought
            ),
            ordered AS MATERIALIZED (
                SELECT template.id, template.categ_id,
                       COALESCE(NULLIF(figure.price, 0), template.list_price::float8)
                           AS price
                  FROM product_template template
             LEFT JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.product_tmpl_id = template.id
                 WHERE template.id = ANY(%(ordered)s)
            ),
            source AS MATERIALIZED (
                SELECT id, categ_id, TRUE AS on_order, NULL::date AS last FROM ordered
             UNION ALL (
                SELECT template_id, categ_id, FALSE, last
                  FROM owned
                 WHERE template_id != ALL(%(ordered)s)
              ORDER BY last DESC, template_id
                 LIMIT %(latest)s
             )
            )
            """,
            purchases=self._sql_purchases(parameters),
            half_life=half_life,
            factor=0.5 ** (1 / half_life),
            latest=defaults.LATEST,
            **parameters,
        )
