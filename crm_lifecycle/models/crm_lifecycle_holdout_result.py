from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

VERDICTS = [
    ("early", "Too early to tell"),
    ("open", "No difference seen yet"),
    ("more", "Suggestions bring more"),
    ("less", "Suggestions bring less"),
]


class CrmLifecycleHoldout(models.Model):
    """EXPERIMENT, its result: what was invoiced to customers with suggestions, and to
    those without.

    Who counts: every customer of the company who had a profile on the day when the
    experiment started, bought or not, in the group that he was drawn for (intention to
    treat). Customers who came later are left out: they were watched for less time. So
    are those who want no profile, whenever they said so.

    What counts: net invoiced as in the invoice analysis of Odoo, dated from the first
    day on, less the cost of the products as they cost today, which is the margin of
    that analysis. What has no cost counts in full.
    """

    _inherit = "crm.lifecycle.holdout"

    lift = fields.Float(
        "Difference to See",
        default=0.1,
        required=True,
        help="How many percent more margin suggestions should bring for you to care. "
        "The smaller, the more time and customers it takes to see it.",
    )
    date_result = fields.Datetime("Computed on", readonly=True, copy=False)
    verdict = fields.Selection(VERDICTS, "Result", readonly=True, copy=False)
    results = fields.Json(readonly=True, copy=False)

    _lift_check = models.Constraint(
        "CHECK (lift > 0)", "The difference to see must be more than 0 %."
    )

    def action_compute(self):
        """Compare both groups, as of today or of the last day."""
        from ..engine import holdout

        for experiment in self.filtered("date_start"):
            company = experiment.company_id
            today = company._lifecycle_today(company._lifecycle_as_of())
            end = min(filter(None, (experiment.date_end, today)))
            days = (end - experiment.date_start).days + 1
            rows = experiment._read_outcomes(end, days)
            groups = [[row for row in rows if row[0] == out] for out in (False, True)]
            results = holdout.compare(
                *([row[1:3] for row in group] for group in groups),
                days,
                experiment.lift,
            )
            results["days"] = days
            for position, name in ((3, "before"), (4, "suggested")):
                results[name] = [
                    sum(row[position] for row in group) for group in groups
                ]
            experiment.write(
                {
                    "results": results,
                    "verdict": results["verdict"],
                    "date_result": fields.Datetime.now(),
                }
            )

    def action_stop(self):
        result = super().action_stop()
        self.action_compute()
        return result

    def _read_outcomes(self, end, days):
        """:return: list of tuples, one for each customer: whether he is held out, his
        margin in the first half of the days and in the rest (until `end`), in as
        many days before the experiment, and how many suggestions he was shown from
            the second day on
        """
        self.ensure_one()
        self.env.flush_all()
        company, start = self.company_id, self.date_start
        return self.env.execute_query(
            SQL(
                """
                WITH item AS (
                    SELECT move.commercial_partner_id AS partner_id, move.invoice_date,
                           -line.balance - COALESCE(
                               line.quantity
                               * COALESCE(unit.factor, 1) / COALESCE(own_unit.factor, 1)
                               * CASE move.move_type
                                     WHEN 'out_refund' THEN -1 ELSE 1
                                 END
                               * (product.standard_price
                                     ->> line.company_id::text)::float8,
                               0
                           ) AS margin
                      FROM account_move move
                      JOIN account_move_line line ON line.move_id = move.id
                 LEFT JOIN product_product product ON product.id = line.product_id
                 LEFT JOIN product_template template
                        ON template.id = product.product_tmpl_id
                 LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
                 LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
                     WHERE move.company_id = ANY(%(companies)s)
                       AND move.state = 'posted'
                       AND move.move_type IN (
                           'out_invoice', 'out_refund', 'out_receipt'
                       )
                       AND move.invoice_date BETWEEN %(before)s AND %(end)s
                       AND line.display_type = 'product'
                ),
                outcome AS (
                    SELECT partner_id,
                           SUM(margin) FILTER (
                               WHERE invoice_date >= %(start)s
                                 AND invoice_date < %(middle)s
                           ) AS first,
                           SUM(margin) FILTER (
                               WHERE invoice_date >= %(middle)s
                           ) AS second,
                           SUM(margin) FILTER (
                               WHERE invoice_date < %(start)s
                           ) AS before
                      FROM item
                  GROUP BY partner_id
                ),
                suggested AS (
                    SELECT partner_id, COUNT(*) AS count
                      FROM crm_lifecycle_suggestion
                     WHERE company_id = ANY(%(companies)s)
                       AND date >= %(moment)s
                       AND date < %(end_moment)s
                  GROUP BY partner_id
                )
                SELECT %(hash)s < %(limit)s,
                       COALESCE(outcome.first, 0)::float8,
                       COALESCE(outcome.second, 0)::float8,
                       COALESCE(outcome.before, 0)::float8,
                       COALESCE(suggested.count, 0)
                  FROM crm_lifecycle_profile profile
             LEFT JOIN outcome USING (partner_id)
             LEFT JOIN suggested USING (partner_id)
                 WHERE profile.company_id = %(company)s
                   AND profile.create_date < %(population)s
              ORDER BY profile.partner_id
                """,
                company=company.id,
                companies=company._lifecycle_branch_ids(),
                before=start - timedelta(days=days),
                start=start,
                middle=start + timedelta(days=days // 2),
                end=end,
                moment=company._lifecycle_bound(start + timedelta(days=1)),
                end_moment=company._lifecycle_bound(end + timedelta(days=1)),
                population=company._lifecycle_bound(start + timedelta(days=1)),
                hash=self._sql_hash(company.id, SQL("profile.partner_id"), self.salt),
                limit=self._get_limit(),
            )
        )
