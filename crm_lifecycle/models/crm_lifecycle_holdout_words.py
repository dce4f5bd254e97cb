import math

from odoo import api, fields, models
from odoo.tools import format_date, formatLang


class CrmLifecycleHoldout(models.Model):
    """EXPERIMENT, its result in words: no more than what it can tell."""

    _inherit = "crm.lifecycle.holdout"

    explanation = fields.Html(compute="_compute_explanation", sanitize=False)

    @api.depends("results", "lift", "state")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for experiment in self:
            experiment.explanation = experiment.results and self.env["ir.qweb"]._render(
                "crm_lifecycle.holdout_explanation", experiment._explain()
            )

    def _explain(self):
        """:return: what the page shows: sentences, and a row for each group"""
        results = self.results
        money = self.company_id.currency_id.format
        groups = [
            {
                "label": label,
                "customers": customers,
                "mean": money(mean),
                "before": money(before / max(customers, 1)),
                "suggested": suggested,
            }
            for label, customers, mean, before, suggested in zip(
                (self.env._("With suggestions"), self.env._("Without suggestions")),
                results["customers"],
                results["means"],
                results["before"],
                results["suggested"],
                strict=True,
            )
        ]
        return {"groups": groups, "sentences": [*self._tell(), *self._tell_plan()]}

    def _tell(self):
        """:return: sentences on the result so far"""
        results = self.results
        money = self.company_id.currency_id.format
        days = {
            "days": results["days"],
            "start": format_date(self.env, self.date_start),
        }
        yield self.env._("%(days)s days since %(start)s were compared.", **days)
        if results["low"] is None:
            yield self.env._(
                "Too early to tell: there are not enough invoices in both groups."
            )
            return
        if results["verdict"] == "early":
            yield self.env._(
                "Too early to tell: it takes two weeks, and 30 customers in each group."
            )
            return
        limits = {
            "difference": money(abs(results["difference"])),
            "low": money(results["low"]),
            "high": money(results["high"]),
        }
        if results["difference"] >= 0:
            yield self.env._(
                "Customers with suggestions brought %(difference)s more margin each. "
                "The true difference is probably between %(low)s and %(high)s (95 %%).",
                **limits,
            )
        else:
            yield self.env._(
                "Customers with suggestions brought %(difference)s less margin each. "
                "The true difference is probably between %(low)s and %(high)s (95 %%).",
                **limits,
            )
        if results["verdict"] == "open":
            yield self.env._("Too early to tell: this may be chance.")
        else:
            yield self.env._("This is hardly chance.")
        if results["chance"] is not None:
            yield self.env._(
                "Of all lots that could have been drawn, %(chance)s make such a "
                "difference without any effect of suggestions.",
                chance=self._percent(results["chance"], 1),
            )
        if results["lift"] is not None and results["verdict"] in ("more", "less"):
            yield self.env._(
                "Compared with customers without suggestions, that is %(lift)s.",
                lift=self._percent(results["lift"], signed=True),
            )

    def _tell_plan(self):
        """:return: sentences on how long it still takes"""
        results = self.results
        if results["verdict"] in ("early", "open") and results["visible_lift"]:
            yield self.env._(
                "By now, a difference of %(visible)s or more would probably be seen.",
                visible=self._percent(results["visible_lift"]),
            )
            lift = self._percent(self.lift)
            needed = results["days_needed"]
            if results["visible_lift"] <= self.lift:
                yield self.env._(
                    "A difference of %(lift)s would probably have been seen already.",
                    lift=lift,
                )
            elif needed and needed - results["days"] <= 2 * 365:
                yield self.env._(
                    "To see a difference of %(lift)s, about %(weeks)s more weeks are "
                    "needed.",
                    lift=lift,
                    weeks=math.ceil((needed - results["days"]) / 7),
                )
            else:
                yield self.env._(
                    "To see a difference of %(lift)s, waiting is not enough: it takes "
                    "about %(customers)s customers. A larger share without "
                    "suggestions helps too.",
                    lift=lift,
                    customers=formatLang(
                        self.env, results["customers_needed"], digits=0
                    ),
                )
        if results["suggested"][1]:
            yield self.env._(
                "Attention: suggestions were shown for customers who should have seen "
                "none, so the difference is larger than it looks."
            )
        if self.state == "running":
            yield self.env._(
                "Decide on the last day, which is better chosen before: who looks "
                "every day and stops when it looks good is often wrong."
            )

    def _percent(self, share, digits=0, signed=False):
        figure = formatLang(self.env, 100 * share, digits=digits)
        if signed and share > 0:
            figure = f"+{figure}"
        return self.env._("%s %%", figure)
