from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from .crm_lifecycle_backtest import VERDICTS
from .res_company_status import MANAGER

MONTH = 365.25 / 12


class CrmLifecycleModel(models.Model):
    """SCREEN: what was learned, in words, for sales managers: limits of the value tiers
    are amounts."""

    _inherit = "crm.lifecycle.model"

    date_to = fields.Date("Purchases until", compute="_compute_date_to")
    backtest_id = fields.Many2one(
        "crm.lifecycle.backtest",
        "Checked on",
        compute="_compute_backtest_id",
        groups=MANAGER,
        help="The last check of the forecasts before something newer was learned.",
    )
    verdict = fields.Selection(
        VERDICTS, "Grade", compute="_compute_backtest_id", groups=MANAGER
    )
    explanation = fields.Html(
        compute="_compute_explanation", sanitize=False, groups=MANAGER
    )

    @api.depends("as_of", "company_id")
    def _compute_date_to(self):
        for model in self:
            model.date_to = model.company_id.sudo()._lifecycle_today(model.as_of)

    @api.depends_context("lang")
    @api.depends("date_to")
    def _compute_display_name(self):
        for model in self:
            model.display_name = format_date(self.env, model.date_to)

    def _compute_backtest_id(self):
        for model in self:
            of_company = [("company_id", "=", model.company_id.id)]
            newer = self.search(
                [*of_company, ("id", ">", model.id)], order="id", limit=1
            )
            before = [("date", "<", newer.create_date)] if newer else []
            model.backtest_id = self.env["crm.lifecycle.backtest"].search(
                [*of_company, *before], limit=1
            )
            model.verdict = model.backtest_id.verdict

    def action_restore_weights(self):
        """Show whose score would change if these weights came back."""
        wizard = self.env["crm.lifecycle.weights"].create({})
        wizard._load(self.parameters["loyalty_weights"])
        return wizard._open()

    @api.depends_context("lang")
    @api.depends("parameters", "loyalty_medians")
    def _compute_explanation(self):
        for model in self:
            learned = model.parameters
            model.explanation = self.env["ir.qweb"]._render(
                "crm_lifecycle.model_explanation",
                {
                    "sentences": list(model._explain(learned)),
                    "tiers": model._explain_tiers(learned),
                    "parts": model._explain_parts(learned),
                    "curve": model._explain_curve(learned),
                    "process": learned["purchase"],
                },
            )

    def _explain(self, learned):
        """:return: generator of sentences on how this company's customers buy"""
        yield self.env._(
            "%(buyers)s customers have bought; %(returning)s of them came back.",
            buyers=learned["buyers"],
            returning=learned["returning"],
        )
        if not learned["purchase"]:
            yield self.env._("Nobody came back yet, so nothing can be forecast.")
            return
        Profile = self.env["crm.lifecycle.profile"]
        yield self.env._(
            "Those who come back usually do so %(every)s.",
            every=Profile._every(round(learned["company_gap"])),
        )
        process = learned["purchase"]
        steps = process.get("k", 1) * process["alpha"]
        days = {"day": 1, "week": 7, "month": MONTH}.get(process["unit"], 1)
        yield self.env._(
            "A customer who is still there buys %(rate)s times a month on average, and "
            "stays away for good after %(share)s of the purchases.",
            rate=self._number(process["r"] / steps / days * MONTH, 1),
            share=self._percent(process["a"] / (process["a"] + process["b"]), 1),
        )
        if learned["order_value"] is not None:
            yield self.env._(
                "The value of a purchase is usually about %s.",
                self._money(learned["order_value"]),
            )
        labels = self.env["crm.lifecycle.backtest"]._get_method_labels()
        for horizon in (learned.get("forecast") or {}).get("horizons", []):
            yield self.env._(
                "Chances within %(days)s days are made by: %(method)s.",
                days=horizon["days"],
                method=labels.get(horizon["method"], horizon["method"]),
            )

    def _explain_tiers(self, learned):
        """:return: sentences on from which expected value on a customer is A, and B"""
        limits = learned["tier_limits"]
        return limits and [
            self.env._(
                "%(tier)s: worth at least %(amount)s in 12 months",
                tier=tier,
                amount=self._money(limit),
            )
            for tier, limit in zip("AB", limits, strict=True)
        ]

    def _explain_parts(self, learned):
        """:return: parts of the loyalty score, with weight and median"""
        fields_ = self.env["crm.lifecycle.weights"]._fields
        medians = self.loyalty_medians or {}
        return [
            {
                "label": fields_[part]._description_string(self.env),
                "weight": self._number(weight),
                "usual": f"loyalty_{part}" in medians
                and self._number(medians[f"loyalty_{part}"], 1),
            }
            for part, weight in sorted(
                learned["loyalty_weights"].items(), key=lambda item: -item[1]
            )
        ]

    def _explain_curve(self, learned):
        """:return: of those who come back, after how many days 10, 20, ... 90 % have;
        with the points of a drawing 100 wide and 100 high"""
        deciles = learned["second_purchase"]
        longest = max(deciles, default=0)
        return longest and {
            "points": " ".join(
                f"{100 * days / longest:.1f},{100 - 10 * position}"
                for position, days in enumerate([0, *deciles])
            ),
            "sentence": self.env._(
                "Of those who come back, half have done so after %(half)s days, 80 %% "
                "after %(most)s and 90 %% after %(nearly_all)s.",
                half=self._number(deciles[4]),
                most=self._number(deciles[7]),
                nearly_all=self._number(deciles[8]),
            ),
            "longest": self._number(longest),
        }

    def _money(self, amount):
        return formatLang(
            self.env, amount, currency_obj=self.company_id.sudo().currency_id
        )

    def _number(self, value, digits=0):
        return formatLang(self.env, value, digits=digits)

    def _percent(self, share, digits=0):
        return self.env._("%s %%", self._number(100 * share, digits))
