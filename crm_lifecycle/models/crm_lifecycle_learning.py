from odoo import api, models
from odoo.tools import SQL


class CrmLifecycleLearning(models.Model):
    """SUGGESTIONS, the learning: purchases of a company in, links of products out."""

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _learn(self, company, as_of):
        """All units of :meth:`_learn_units` in the caller's transaction."""
        for _left in self._learn_units(company, as_of):
            pass

    @api.model
    def _learn_units(self, company, as_of):
        """Learn from everything bought before `as_of` what to suggest from now on.
        Only links that changed are written.

        :param company: the company, with its branches
        :param as_of: excluding bound, naive datetime in UTC
        :return: generator of units of work, each the number of units left
        """
        # numpy and scipy stay out of the workers that only show suggestions
        import numpy as np

        from ..engine import affinity, consumables

        today = company._lifecycle_today(as_of)
        lines, (templates, category, price) = self._read_purchases(company, as_of)
        customer, template, day = lines[:3].astype(np.int32)
        quantity, amount = lines[3:]
        customers, customer = np.unique(customer, return_inverse=True)
        product = np.searchsorted(templates, template)
        categories, category = np.unique(category, return_inverse=True)
        count, tomorrow = len(templates), today.toordinal() + 1
        lessons = [
            ("cross_sell", affinity.cross_sell, (customer, product, count)),
            ("together", affinity.bought_together, (customer, product, day, count)),
            ("up_sell", affinity.up_sell, (customer, product, day, category, price)),
            ("popular", affinity.popular, (customer, product, day, count, tomorrow)),
            (
                "consumable",
                consumables.consumables,
                (customer, product, day, quantity, price),
            ),
        ]
        while lessons:
            yield len(lessons)
            kind, learn, purchases = lessons.pop(0)
            self._write_links(company, today, templates, kind, learn(*purchases))
        yield from self.env["crm.lifecycle.gap"]._learn_units(
            company,
            tomorrow,
            customers,
            categories,
            (customer, category[product], day, amount),
        )

    @api.model
    def _read_purchases(self, company, as_of):
        """Texts of numbers instead of a million rows: a tenth of the memory.

        :return: two arrays. Of each line: customer, product template, day number,
            quantity and amount. Of each template that was bought, by id: its id,
            category and mean price
        """
        import numpy as np

        [(lines, products)] = self.env.execute_query(
            SQL(
                """
                WITH purchase AS MATERIALIZED (%s)
                SELECT (
                    SELECT string_agg(
                               concat_ws(
                                   ' ', customer, product_tmpl_id,
                                   day - date '0001-01-01' + 1,
                                   round(quantity, 3), round(amount, 2)
                               ), ' '
                           )
                      FROM purchase
                ), (
                    SELECT string_agg(
                               concat_ws(
                                   ' ', product_tmpl_id, COALESCE(categ_id, 0), price
                               ), ' ' ORDER BY product_tmpl_id
                           )
                      FROM (
                          SELECT product_tmpl_id, categ_id,
                                 SUM(amount) / SUM(quantity) AS price
                            FROM purchase
                        GROUP BY product_tmpl_id, categ_id
                      ) AS product
                )
                """,
                self._sql_purchases(
                    company, as_of, company._lifecycle_non_product_ids()
                ),
            )
        )
        return (
            np.fromstring(lines or "", sep=" ").reshape(-1, 5).T,
            np.fromstring(products or "", sep=" ").reshape(-1, 3).T,
        )

    @api.model
    def _write_links(self, company, today, templates, kind, link):
        """Make the links of one kind of `company` those that were found: what vanished
        is deleted, what is new or differs is written, what is the same stays untouched.

        :param today: the date that they were learned on
        :param templates: array of product template ids, by product number
        :param link: the links as the engine returns them
        """
        import numpy as np

        size = len(link["other"])
        source = np.zeros(size)  # a popular product goes with none in particular
        if "product" in link:
            source = templates[link["product"]]
        columns = [
            source.astype(int),
            templates[link["other"]].astype(int),
            link["support"].astype(int),
            np.round(link["confidence"], 4),
            np.round(link["lift"], 2),
            np.round(link["weight"], 6),
            # unknown, and of the other kinds: 0
            np.round(np.nan_to_num(link.get("days", np.zeros(size))), 1),
            np.round(np.nan_to_num(link.get("quantity", np.zeros(size))), 2),
        ]
        self.env.execute_query(
            SQL(
                """
                WITH link AS (
                    SELECT * FROM unnest(
                        %(columns)s
                    ) AS link (source, product, support, confidence, lift, weight,
                               usual_days, usual_quantity)
                ),
                vanished AS (
                    DELETE FROM crm_lifecycle_affinity known
                     WHERE company_id = %(company)s
                       AND kind = %(kind)s
                       AND NOT EXISTS (
                           SELECT FROM link
                            WHERE link.source = COALESCE(known.source_tmpl_id, 0)
                              AND link.product = known.product_tmpl_id
                       )
                )
                INSERT INTO crm_lifecycle_affinity AS known (
                    company_id, kind, source_tmpl_id, product_tmpl_id,
                    support, confidence, lift, weight, usual_days, usual_quantity, date
                )
                SELECT %(company)s, %(kind)s, NULLIF(source, 0), product,
                       support, confidence, lift, weight, usual_days, usual_quantity,
                       %(today)s
                  FROM link
                ON CONFLICT (
                    company_id, kind, COALESCE(source_tmpl_id, 0), product_tmpl_id
                ) DO UPDATE SET (
                    support, confidence, lift, weight, usual_days, usual_quantity, date
                ) = (
                    EXCLUDED.support, EXCLUDED.confidence, EXCLUDED.lift,
                    EXCLUDED.weight, EXCLUDED.usual_days, EXCLUDED.usual_quantity,
                    EXCLUDED.date
                )
                WHERE (known.support, known.confidence, known.lift, known.weight,
                       known.usual_days, known.usual_quantity)
                      IS DISTINCT FROM (EXCLUDED.support, EXCLUDED.confidence,
                                        EXCLUDED.lift, EXCLUDED.weight,
                                        EXCLUDED.usual_days, EXCLUDED.usual_quantity)
                """,
                columns=SQL(
                    "%s::int[], %s::int[], %s::int[], %s::float[], %s::float[], "
                    "%s::float[], %s::float[], %s::float[]",
                    *(column.tolist() for column in columns),
                ),
                kind=kind,
                company=company.id,
                today=today,
            )
        )
        self.invalidate_model()
