from math import log, sqrt

from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from .crm_lifecycle_scores import EPOCH

# So many checks are listed.
EARLIER = 10
COLORS = {"better": "text-success", "worse": "text-danger"}


class CrmLifecycleBacktest(models.Model):
    """SCREEN: how good the forecasts are, in words and pictures."""

    _inherit = "crm.lifecycle.backtest"

    explanation = fields.Html(compute="_compute_explanation", sanitize=False)

    @api.depends_context("lang")
    @api.depends("results")
    def _compute_explanation(self):
        for backtest in self:
            backtest.explanation = backtest.results and self.env["ir.qweb"]._render(
                "crm_lifecycle.backtest_explanation",
                {
                    "sentences": backtest._explain(),
                    "methods": backtest._explain_methods(),
                    "groups": backtest._explain_groups(),
                    "earlier": backtest._explain_earlier(),
                },
            )

    def _explain(self):
        """:return: what was checked and what came out, sentence by sentence"""
        result = self.results
        start = fields.Date.add(EPOCH, days=result["cut"])
        figures = {
            "start": format_date(self.env, start),
            "days": result["days"],
            "customers": result["customers"],
            "ordered": result["ordered"],
            "expected": formatLang(self.env, result["expected_orders"], digits=0),
            "orders": result["orders"],
            "ours": self._percent(result["top_decile"]["ours"]),
            "spent": self._percent(result["top_decile"]["spent"]),
            "method": self._get_method_labels().get(result["method"], ""),
        }
        return [
            self.env._(
                "The %(days)s days from %(start)s were hidden and forecast from what "
                "was known before.",
                **figures,
            ),
            self.env._(
                "Of %(customers)s customers who had bought before, %(ordered)s bought "
                "again. Purchases forecast: %(expected)s; made: %(orders)s.",
                **figures,
            ),
            self.env._(
                "The tenth of the customers from whom most was expected brought "
                "%(ours)s of the sales; the tenth who had spent most before brought "
                "%(spent)s. A tenth chosen by lot would bring about 10 %%.",
                **figures,
            ),
            self._explain_method(figures),
        ]

    def _explain_method(self, figures):
        from ..engine.backtest import RULES

        if self.results["method"] in RULES:
            return self.env._(
                "On this company's past a rule of thumb was better than the models. "
                "So the chances were made by the rule: %(method)s.",
                **figures,
            )
        if self.verdict == "unknown":
            return self.env._(
                "The chances were made by: %(method)s. There were too few customers to "
                "try rules of thumb.",
                **figures,
            )
        return self.env._(
            "The chances were made by: %(method)s. On this company's past no rule of "
            "thumb was clearly better.",
            **figures,
        )

    def _explain_methods(self):
        """:return: this forecast and all others with their grades, the best first"""
        grades, verdicts = self.results["grades"], self.results.get("verdicts", {})
        share = self.results["ordered"] / self.results["customers"]
        # the penalty of giving everybody the same chance: what guessing costs
        guessing = -share * log(share) - (1 - share) * log(1 - share)
        labels = self._get_method_labels()
        words = {
            "better": self.env._("This forecast is better"),
            "equal": self.env._("Equally good"),
            "worse": self.env._("This forecast is worse"),
        }
        return [
            {
                "label": labels[method],
                "ours": method == "ours",
                "ranking": self._percent(grade["auc"]),
                "calibration": self._percent(grade["calibration_error"], 1),
                "gain": self._percent(1 - grade["log_loss"] / guessing),
                "color": COLORS.get(verdicts.get(method), "text-muted"),
                "words": words.get(verdicts.get(method), ""),
            }
            for method, grade in sorted(
                grades.items(), key=lambda item: item[1]["log_loss"]
            )
        ]

    def _explain_groups(self):
        """:return: groups of customers by rising chance, as points of a square of 100
        by 100 with the origin at the lower left"""
        groups = self.results["calibration"]
        most = max(customers for customers, _chance, _share in groups)
        return [
            {
                "x": round(100 * chance, 1),
                "y": round(100 - 100 * share, 1),
                "radius": round(1 + 2 * sqrt(customers / most), 1),
                "label": self.env._(
                    "Customers: %(customers)s. Forecast: %(chance)s. Bought: "
                    "%(share)s.",
                    customers=customers,
                    chance=self._percent(chance),
                    share=self._percent(share),
                ),
            }
            for customers, chance, share in groups
        ]

    def _explain_earlier(self):
        """:return: this check and those before it, the newest first"""
        checks = self.search(
            [("company_id", "=", self.company_id.id), ("date", "<=", self.date)],
            limit=EARLIER,
        )
        words = dict(self._fields["verdict"]._description_selection(self.env))
        return [
            {
                "date": format_date(self.env, check.date),
                "this": check == self,
                "verdict": words[check.verdict],
                "ranking": self._percent(check.ranking),
                "ranking_rule": check.ranking_rule
                and self._percent(check.ranking_rule),
                "calibration": self._percent(check.calibration_error, 1),
            }
            for check in checks
        ]

    def _percent(self, share, digits=0):
        return self.env._(
            "%s %%", formatLang(self.env, 100 * (share or 0), digits=digits)
        )

    @api.model
    def _get_method_labels(self):
        return {
            "ours": self.env._("This forecast"),
            "process": self.env._("Buying pattern alone"),
            "corrected": self.env._("Buying pattern, corrected"),
            "recency": self.env._("Rule: days since the last purchase"),
            "rfm": self.env._("Rule: recency, frequency and value (RFM)"),
            "inactive": self.env._("Rule: 90 days without a purchase"),
            "interval": self.env._("Rule: pause against own usual pause"),
        }
