from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import formatLang, ormcache

from ..engine import defaults

TASKS = [
    ("cross", "New products"),
    ("basket", "Missing from an order"),
    ("reorder", "Bought again"),
    ("upsell", "Better choices"),
]
# The company's past is asked one of the four questions a week, each again in the fourth
# week after, so many days at least: all take as long as the rest of the learning.
DAYS_BETWEEN_TRIALS = 22


class CrmLifecycleSuggestionModel(models.Model):
    """SUGGESTIONS: the settings that the company's own past speaks for, one row for
    each question. See ``engine.choose``."""

    _name = "crm.lifecycle.suggestion.model"
    _description = "How Suggestions Are Made"
    _order = "company_id, task"
    _rec_name = "task"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    task = fields.Selection(TASKS, "What Is Looked for", required=True, readonly=True)
    settings = fields.Json(readonly=True)
    summary = fields.Char("Changed by Your Own Past", compute="_compute_summary")
    as_of = fields.Datetime(required=True, readonly=True)
    date = fields.Date("Tried on", compute="_compute_date")
    cases = fields.Integer(
        readonly=True,
        aggregator=None,
        help="How many suggestions of earlier days were compared with what was then "
        "bought. With fewer than 50 the usual settings stay.",
    )
    grade_default = fields.Float(
        "Grade of Usual Settings",
        digits=(16, 3),
        readonly=True,
        aggregator=None,
        help="100 %: everything that was bought came first among ten suggestions. 0 %: "
        "none of it was among them.",
    )
    grade = fields.Float(
        digits=(16, 3), readonly=True, aggregator=None, help="As it is now."
    )

    _task_unique = models.UniqueIndex("(company_id, task)")

    @api.depends("as_of", "company_id")
    def _compute_date(self):
        for model in self:
            model.date = model.company_id.sudo()._lifecycle_today(model.as_of)

    @api.depends_context("lang")
    @api.depends("settings")
    def _compute_summary(self):
        labels = self._get_setting_labels()
        for model in self:
            usual = defaults.TASKS[model.task]
            changed = [
                f"{labels[name]} {self._number(usual[name])} → {self._number(value)}"
                for name, value in (model.settings or {}).items()
                if usual.get(name) != value
            ]
            model.summary = ", ".join(changed) or self.env._("Nothing")

    def _number(self, value):
        return formatLang(self.env, value, digits=0 if value == int(value) else 2)

    @api.model
    def _get_setting_labels(self):
        """:return: dict of what a setting is called; what it does exactly stands in the
        model of its task in ``engine``"""
        demand = self.env._("Weight of today's demand")
        return {
            "ridge": self.env._("Caution with rare products"),
            "shrink": self.env._("Caution with few cases"),
            "categories": self.env._("Weight of categories"),
            "orders": self.env._("Weight of what was on the same order"),
            "popular": self.env._("Weight of popular products"),
            "habit": self.env._("Weight of own habits"),
            "repeat": self.env._("Weight of what is bought again and again"),
            "due": self.env._("Weight of what is due"),
            "fresh": self.env._("Weight of recent choices"),
            "trend": demand,
            "demand": demand,
            "half_life": self.env._("Past that counts most"),
            "days": self.env._("Days until it counts half"),
        }

    @api.model
    @ormcache("company.id")
    def _get_settings(self, company):
        """:return: dict of the settings of each task, usual ones of a new company"""
        rows = self.sudo().search_fetch(
            [("company_id", "=", company.id)], ["task", "settings"]
        )
        chosen = {row.task: row.settings for row in rows}
        return {
            task: {**usual, **chosen.get(task, {})}
            for task, usual in defaults.TASKS.items()
        }

    @api.model
    def _get_due_tasks(self, company, as_of):
        """:return: the tasks whose settings are to be tried at `as_of`: all that never
        were, then the one that was tried the longest time ago"""
        known = self.sudo().search([("company_id", "=", company.id)], order="as_of, id")
        never = [task for task in defaults.TASKS if task not in known.mapped("task")]
        old = known[:1].filtered(
            lambda row: as_of - row.as_of >= timedelta(days=DAYS_BETWEEN_TRIALS)
        )
        return never or old.mapped("task")

    @api.model
    def _remember(self, company, task, as_of, settings, graded):
        """Keep what :func:`engine.choose.choose` found."""
        values = {
            "settings": settings,
            "as_of": as_of,
            "cases": graded["cases"],
            "grade_default": graded.get("defaults", 0),
            "grade": graded.get("chosen", 0),
        }
        known = self.sudo().search(
            [("company_id", "=", company.id), ("task", "=", task)]
        )
        if known:
            known.write(values)
        else:
            self.sudo().create({**values, "company_id": company.id, "task": task})
        self.env.registry.clear_cache()
