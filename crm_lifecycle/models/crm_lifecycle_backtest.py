import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from .crm_lifecycle_scores import day_number

_logger = logging.getLogger(__name__)

# Days that are hidden and forecast: long enough for most to show what they do.
DAYS = 90
DAYS_BETWEEN_BACKTESTS = 7
VERDICTS = [
    ("better", "Better than rules of thumb"),
    ("equal", "As good as the best rule of thumb"),
    ("worse", "Worse than the best rule of thumb"),
    ("unknown", "Too few customers to compare"),
]


class CrmLifecycleBacktest(models.Model):
    """How good the forecasts are: made for days that have passed, as if they had not,
    and compared with what happened and with rules of thumb."""

    _name = "crm.lifecycle.backtest"
    _description = "Forecast Quality"
    _order = "date desc, id desc"
    _rec_name = "date"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Date("Checked on", required=True, readonly=True)
    verdict = fields.Selection(VERDICTS, "Grade", required=True, readonly=True)
    customer_count = fields.Integer("Customers", readonly=True)
    ordered_count = fields.Integer("Bought Again", readonly=True)
    ranking = fields.Float(
        "Ranked Right",
        readonly=True,
        aggregator="avg",
        help="Take one customer who bought again and one who did not: how often the "
        "forecast gave the first one the better chance. 50 % is pure chance.",
    )
    ranking_rule = fields.Float(
        "Ranked Right by the Best Rule",
        readonly=True,
        aggregator="avg",
        help="The same for the best rule of thumb; empty when there are too few "
        "customers to compare.",
    )
    calibration_error = fields.Float(
        "Chance off by",
        readonly=True,
        aggregator="avg",
        help="How far the chance shown was from the share that bought, on average over "
        "ten groups of customers.",
    )
    expected_orders = fields.Float(
        "Purchases Forecast", digits=(16, 0), readonly=True, aggregator="avg"
    )
    order_count = fields.Integer("Purchases Made", readonly=True, aggregator="avg")
    results = fields.Json(readonly=True)

    _company_idx = models.Index("(company_id, id DESC)")

    @api.depends_context("lang")
    @api.depends("date")
    def _compute_display_name(self):
        for backtest in self:
            backtest.display_name = format_date(self.env, backtest.date)

    @api.model
    def _run(self, company, as_of, facts, purchases):
        """Check the forecasts of `company`.

        :param as_of: excluding bound, naive datetime in UTC
        :param facts, purchases: see ``crm.lifecycle.model._read_population``
        :return: new record
        """
        from ..engine import backtest

        today = company._lifecycle_today(as_of)
        result = backtest.backtest(
            purchases, len(facts["order_count"]), day_number(today) + 1, DAYS
        )
        values = {"company_id": company.id, "date": today, "verdict": "unknown"}
        if result:
            values |= self._prepare_values(result)
        return self.sudo().create(values)

    @api.model
    def _prepare_values(self, result):
        from ..engine import backtest

        grades = result["grades"]
        rules = [grades[rule]["auc"] for rule in backtest.RULES if rule in grades]
        return {
            "verdict": result["verdict"],
            "customer_count": result["customers"],
            "ordered_count": result["ordered"],
            "ranking": grades["ours"]["auc"],
            "ranking_rule": max(rules, default=0.0),
            "calibration_error": grades["ours"]["calibration_error"],
            "expected_orders": result["expected_orders"],
            "order_count": result["orders"],
            "results": result,
        }

    @api.model
    def _is_due(self, company, as_of):
        """Once a week, after the night's work of `company`."""
        if company.lifecycle_as_of != as_of:
            return False
        last = self.sudo().search([("company_id", "=", company.id)], limit=1)
        today = company._lifecycle_today(as_of)
        return not last or (today - last.date).days >= DAYS_BETWEEN_BACKTESTS

    @api.model
    def _cron_backtest(self):
        self.env["ir.cron"]._lifecycle_run_companies(
            self._is_due, self._run_unit, "check of forecasts"
        )

    @api.model
    def _run_unit(self, company, as_of):
        """:return: generator of one unit of work, as (done, units left)"""
        population = self.env["crm.lifecycle.model"]._read_population(company, as_of)
        self._run(company, as_of, *population)
        yield 1, 0

    def action_run(self):
        """Check the forecasts of the current company now.

        :return: action that shows the result
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman_all_leads"):
            raise AccessError(
                self.env._("Only who may see all sales may check the forecasts.")
            )
        company = self.env.company
        as_of = company._lifecycle_as_of()
        population = self.env["crm.lifecycle.model"]._read_population(company, as_of)
        backtest = self._run(company, as_of, *population)
        return backtest.with_env(self.env).get_formview_action()
