from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import ormcache

from ..engine import defaults

TASKS = [
    ("cross", "New products"),
    ("basket", "Missing from an order"),
    ("reorder", "Bought again"),
    ("upsell", "Better choices"),
]
# The company's past is asked again after so many days: it takes a minute or so.
DAYS_BETWEEN_TRIALS = 30


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
    as_of = fields.Datetime("Tried on", required=True, readonly=True)
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
        help="1: everything that was bought came first among ten suggestions. 0: none "
        "of it was among them.",
    )
    grade = fields.Float(
        digits=(16, 3), readonly=True, aggregator=None, help="As it is now."
    )

    _task_unique = models.UniqueIndex("(company_id, task)")

    @api.depends("settings")
    def _compute_summary(self):
        for model in self:
            usual = defaults.TASKS[model.task]
            changed = [
                f"{name} {usual[name]:g} → {value:g}"
                for name, value in (model.settings or {}).items()
                if usual.get(name) != value
            ]
            model.summary = ", ".join(changed) or self.env._("Nothing")

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
        """:return: the tasks whose settings are to be tried (again) at `as_of`"""
        recent = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("as_of", ">", as_of - timedelta(days=DAYS_BETWEEN_TRIALS)),
            ]
        )
        known = set(recent.mapped("task"))
        return [task for task in defaults.TASKS if task not in known]

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
