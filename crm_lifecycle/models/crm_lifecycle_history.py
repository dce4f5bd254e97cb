from odoo import fields, models
from odoo.models import parse_read_group_spec
from odoo.tools import SQL

from .crm_lifecycle_stage import PHASES


class CrmLifecycleHistory(models.Model):
    """How many customers were in each stage at the end of each month: a row per month,
    company and stage. The current month ends today.

    A running sum over the transitions: one more for the stage that a customer came to,
    one less for the one that he left. Archived customers are not counted, not for the
    past either, so that the current month shows what the list of customers shows.
    """

    _name = "crm.lifecycle.history"
    _description = "Customers by Stage over Time"
    _auto = False
    _order = "month desc, stage_id"
    _rec_name = "month"

    month = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    stage_id = fields.Many2one("crm.lifecycle.stage", readonly=True)
    phase = fields.Selection(PHASES, readonly=True)
    is_customer = fields.Boolean(
        "Counts as Customer",
        readonly=True,
        help="Customers of this stage have bought at least once.",
    )
    customer_count = fields.Integer(
        "Customers",
        aggregator="sum",
        readonly=True,
        help="Over several months: their average.",
    )
    share = fields.Float(
        aggregator="sum",
        readonly=True,
        help="Of all in that month, also those who have not bought yet. Over several "
        "months: their average.",
    )
    customer_share = fields.Float(
        "Share of Customers",
        aggregator="sum",
        readonly=True,
        help="Of those in that month who have bought at least once. Over several "
        "months: their average.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH change AS (
                SELECT profile.company_id, side.stage_id,
                       date_trunc('month', transition.date)::date AS month,
                       SUM(side.change) AS change
                  FROM crm_lifecycle_transition transition
                  JOIN crm_lifecycle_profile profile
                    ON profile.id = transition.profile_id AND profile.active
            CROSS JOIN LATERAL (
                      VALUES (transition.to_stage_id, 1),
                             (transition.from_stage_id, -1)
                  ) AS side (stage_id, change)
                 WHERE side.stage_id IS NOT NULL
              GROUP BY 1, 2, 3
            ),
            calendar AS (
                SELECT company_id,
                       generate_series(
                           MIN(month),
                           GREATEST(MAX(month), date_trunc('month', %(today)s)),
                           '1 month'
                       )::date AS month
                  FROM change
              GROUP BY company_id
            ),
            total AS (
                SELECT calendar.company_id, calendar.month, stage.stage_id,
                       COALESCE(SUM(change.change) OVER (
                           PARTITION BY calendar.company_id, stage.stage_id
                               ORDER BY calendar.month
                       ), 0) AS customer_count
                  FROM calendar
                  JOIN (SELECT DISTINCT company_id, stage_id FROM change) AS stage
                 USING (company_id)
             LEFT JOIN change USING (company_id, stage_id, month)
            )
            SELECT row_number() OVER (
                       ORDER BY total.company_id, total.month, total.stage_id
                   ) AS id,
                   total.company_id, total.month, total.stage_id,
                   stage.phase, stage.is_customer, total.customer_count::integer,
                   total.customer_count / NULLIF(
                       SUM(total.customer_count) OVER everybody, 0
                   ) AS share,
                   CASE WHEN stage.is_customer
                        THEN total.customer_count / NULLIF(
                            SUM(total.customer_count) FILTER (WHERE stage.is_customer)
                                OVER everybody, 0
                        )
                   END AS customer_share
              FROM total
              JOIN crm_lifecycle_stage stage ON stage.id = total.stage_id
            WINDOW everybody AS (PARTITION BY total.company_id, total.month)
            """,
            today=fields.Date.today(),
        )

    def _read_group_select(self, aggregate_spec, query):
        """Stages add up, months do not: over several of them, the average month. Each
        month has a row for each stage of the company."""
        select = super()._read_group_select(aggregate_spec, query)
        name, _property, function = parse_read_group_spec(aggregate_spec)
        if function != "sum":
            return select
        month = self._field_to_sql(self._table, "month", query)
        if name == "customer_count":
            return SQL("round(1.0 * %s / COUNT(DISTINCT %s))::integer", select, month)
        company = self._field_to_sql(self._table, "company_id", query)
        return SQL("%s / COUNT(DISTINCT (%s, %s))", select, company, month)
