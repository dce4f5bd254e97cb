from odoo import api, models
from odoo.tools import SQL

# Customers whose gaps are written in one unit of work, and of a company with very many
# those who have their turn in a week's learning, and in the first one.
CUSTOMERS, TURN, FIRST_TURN = 10_000, 10_000, 100_000


class CrmLifecycleGap(models.Model):
    """SUGGESTIONS, the learning: purchases of a company in, missing categories out."""

    _inherit = "crm.lifecycle.gap"

    @api.model
    def _learn_units(self, company, tomorrow, customers, categories, purchases):
        """Find what is missing and write what changed.

        :param tomorrow: day number (of Python's dates) after the last one that counts
        :param customers: array of ids of commercial partners, by customer number
        :param categories: array of ids of product categories (0: none), by number
        :param purchases: of each line: customer number, category number, day number
            and amount
        :return: generator of units of work, each the number of units left
        """
        import numpy as np

        from ..engine.categories import stopped, white_space

        starts = range(0, len(customers) or 1, CUSTOMERS)
        yield len(starts)
        industries, industry = self._read_industries(customers)
        gone = stopped(*purchases, tomorrow)
        never = white_space(*purchases, industry, tomorrow)
        never["industry"] = np.where(never["main"] < 0, industry[never["customer"]], -1)
        for left, start in enumerate(starts):
            some = np.arange(start, min(start + CUSTOMERS, len(customers)))
            for kind, found in (("stopped", gone), ("white_space", never)):
                kept = np.isin(found["customer"], some)
                row = {name: values[kept] for name, values in found.items()}
                row["customer"] = customers[row["customer"]]
                for name, ids in (
                    ("category", categories),
                    ("main", categories),
                    ("industry", industries),
                ):
                    if name in row:
                        row[name] = np.append(ids, 0)[row[name]]  # -1: none
                self._write_gaps(company, customers[some], kind, row)
            yield len(starts) - left - 1

    @api.model
    def _get_turn_ids(self, company, as_of, others):
        """Of the customers whom the links are not learned from, those whose gaps are
        looked for now. Each who may have one has his turn; the gaps of the others are
        forgotten.

        :param others: ids of customers
        :return: ids of some of them
        """
        from ..engine.categories import HABIT, MISSED

        today = company._lifecycle_today(as_of)
        may_have = SQL(
            """
            (profile.last_order_date > %(today)s - 365
             OR profile.last_order_date > %(today)s - 730
                AND profile.order_count >= %(enough)s)
            """,
            today=today,
            enough=HABIT + MISSED,
        )
        self._forget(company, SQL("%s IS NOT TRUE", may_have))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM crm_lifecycle_profile profile
                 WHERE company_id = %s AND active AND %s
              ORDER BY hashint8extended(partner_id, 0), partner_id
                """,
                company.id,
                may_have,
            )
        )
        others = set(others)
        those = [partner_id for (partner_id,) in rows if partner_id in others]
        learned = company.sudo().lifecycle_learned
        turns = -(-len(those) // (TURN if learned else FIRST_TURN)) or 1
        turn = (learned or {}).get("turn", 0) % turns
        size = -(-len(those) // turns)
        return those[turn * size : (turn + 1) * size]

    @api.model
    def _forget_filled(self, company, as_of, since):
        """Forget the gaps whose category was bought on the day `since` or later."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT profile.partner_id
                  FROM crm_lifecycle_profile profile
                  JOIN crm_lifecycle_gap gap ON gap.profile_id = profile.id
                 WHERE profile.company_id = %s AND profile.last_order_date >= %s
                """,
                company.id,
                since,
            )
        )
        if not rows:
            return
        customers = [partner_id for (partner_id,) in rows]
        Facts = self.env["crm.lifecycle.facts"]
        Facts._tell_planner()
        parameters = Facts._get_parameters(company, customers, as_of)
        filled = SQL(
            """
            (profile.partner_id, gap.categ_id) IN (
                SELECT customer, categ_id FROM (%s) AS purchase WHERE day >= %s
            )
            """,
            self.env["crm.lifecycle.affinity"]._sql_purchases(parameters),
            since,
        )
        self._forget(company, filled)

    def _forget(self, company, condition):
        """Delete the gaps of `company` that meet a condition on ``gap`` and its
        ``profile``."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_lifecycle_gap gap
                 USING crm_lifecycle_profile profile
                 WHERE profile.id = gap.profile_id
                   AND profile.company_id = %s
                   AND %s
                """,
                company.id,
                condition,
            )
        )
        self.invalidate_model()

    @api.model
    def _read_industries(self, customers):
        """:param customers: array of ids of partners
        :return: array of ids of industries, and of each customer the number of his
            in it, -1 for none
        """
        import numpy as np

        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, industry_id FROM res_partner
                 WHERE id = ANY(%s) AND industry_id IS NOT NULL
                """,
                customers.tolist(),
            )
        )
        partner, industry = np.array(rows, np.int64).reshape(-1, 2).T
        industries, number = np.unique(industry, return_inverse=True)
        of_customer = np.full(len(customers), -1)
        of_customer[np.searchsorted(customers, partner)] = number
        return industries, of_customer

    @api.model
    def _write_gaps(self, company, customers, kind, row):
        """Make the gaps of one kind of `customers` those that were found: what vanished
        is deleted, what is new or differs is written, what is the same stays untouched.

        :param customers: array of ids of partners
        :param row: dict of arrays, as the engine returns them but with ids
        """
        none = [None] * len(row["customer"])
        names = {
            "peer_count": "peers",
            "buyer_count": "buyers",
            "industry_id": "industry",
            "main_categ_id": "main",
            "last_date": "last",
            "usual_days": "pause",
            "purchase_count": "times",
            "missed_count": "since",
            "expected_value": "value",
        }
        columns = [
            row[name].tolist() if name in row else none
            for name in ("customer", "category", *names.values())
        ]
        values = SQL(", ").join(SQL.identifier(name) for name in names)
        new = SQL(", ").join(SQL.identifier("excluded", name) for name in names)
        old = SQL(", ").join(SQL.identifier("known", name) for name in names)
        self.env.execute_query(
            SQL(
                """
                WITH gap AS (
                    SELECT profile.id AS profile_id, gap.categ_id,
                           gap.peer_count, gap.buyer_count,
                           NULLIF(gap.industry_id, 0) AS industry_id,
                           NULLIF(gap.main_categ_id, 0) AS main_categ_id,
                           date '0001-01-01' + gap.last_day - 1 AS last_date,
                           gap.usual_days, gap.purchase_count, gap.missed_count,
                           gap.expected_value
                      FROM unnest(
                               %(columns)s
                           ) AS gap (
                               partner_id, categ_id, peer_count, buyer_count,
                               industry_id, main_categ_id, last_day, usual_days,
                               purchase_count, missed_count, expected_value
                           )
                      JOIN crm_lifecycle_profile profile
                        ON profile.partner_id = gap.partner_id
                       AND profile.company_id = %(company)s
                       AND profile.active
                     WHERE gap.categ_id > 0
                ),
                vanished AS (
                    DELETE FROM crm_lifecycle_gap known
                     USING crm_lifecycle_profile profile
                     WHERE profile.id = known.profile_id
                       AND profile.company_id = %(company)s
                       AND profile.partner_id = ANY(%(customers)s)
                       AND known.kind = %(kind)s
                       AND (known.profile_id, known.categ_id) NOT IN (
                           SELECT profile_id, categ_id FROM gap
                       )
                )
                INSERT INTO crm_lifecycle_gap AS known (
                    company_id, kind, profile_id, categ_id, %(values)s
                )
                SELECT %(company)s, %(kind)s, profile_id, categ_id, %(values)s FROM gap
                ON CONFLICT (profile_id, categ_id) DO UPDATE
                   SET (kind, %(values)s) = (excluded.kind, %(new)s)
                 WHERE (known.kind, %(old)s) IS DISTINCT FROM (excluded.kind, %(new)s)
                """,
                columns=SQL(
                    "%s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], "
                    "%s::int[], %s::float[], %s::int[], %s::int[], %s::numeric[]",
                    *columns,
                ),
                company=company.id,
                customers=customers.tolist(),
                kind=kind,
                values=values,
                new=new,
                old=old,
            )
        )
        self.invalidate_model()
