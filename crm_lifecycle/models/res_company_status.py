from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import formatLang

from .crm_lifecycle_replay import REPLAY_STATES

MANAGER = "sales_team.group_sale_manager"


class ResCompany(models.Model):
    """How far the customer lifecycle of a company is: for the settings page and for
    sales managers, who cannot open that page."""

    _inherit = "res.company"

    lifecycle_date = fields.Date(
        "Customers as of",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
        help="The day of the last complete run over all customers.",
    )
    lifecycle_next_run = fields.Datetime(
        "Next Run",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
    )
    lifecycle_night_end = fields.Datetime(
        "Last Run Ended",
        compute="_compute_lifecycle_night",
        compute_sudo=True,
        groups=MANAGER,
    )
    lifecycle_night_steps = fields.Html(
        "Steps of the Last Run",
        compute="_compute_lifecycle_night",
        compute_sudo=True,
        groups=MANAGER,
    )
    lifecycle_left_count = fields.Integer(
        "Parts Left of This Run",
        compute="_compute_lifecycle_night",
        compute_sudo=True,
        groups=MANAGER,
        help="A complete run is going on, for this company or another one. It lets "
        "changed customers and other jobs go first.",
    )
    lifecycle_queue_count = fields.Integer(
        "Changes Waiting",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
        help="Changed documents whose customers are still to be computed again.",
    )
    lifecycle_queue_minutes = fields.Integer(
        "Oldest Waits for (Minutes)",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
    )
    lifecycle_held_count = fields.Integer(
        "Moves Held Back",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
        help="Customers changed stage, but no action was taken: they wait for you.",
    )
    lifecycle_replay_state = fields.Selection(
        REPLAY_STATES,
        "History",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
    )
    lifecycle_replay_progress = fields.Float(
        compute="_compute_lifecycle_status", compute_sudo=True, groups=MANAGER
    )
    lifecycle_replay_end = fields.Datetime(
        "History Rebuilt on",
        compute="_compute_lifecycle_status",
        compute_sudo=True,
        groups=MANAGER,
    )

    _lifecycle_hold_days_positive = models.Constraint(
        "CHECK (lifecycle_hold_days >= 0)",
        "The age of documents whose moves are held cannot be negative.",
    )
    _lifecycle_hold_share_range = models.Constraint(
        "CHECK (lifecycle_hold_share BETWEEN 0 AND 1)",
        "The share of customers that may move at once is between 0 % and 100 %.",
    )
    _lifecycle_cooldown_days_positive = models.Constraint(
        "CHECK (lifecycle_cooldown_days >= 0)",
        "The days between two automatic e-mails cannot be negative.",
    )
    _lifecycle_replay_months_range = models.Constraint(
        "CHECK (lifecycle_replay_months BETWEEN 0 AND 120)",
        "The history goes back between 0 and 120 months.",
    )

    def _compute_lifecycle_status(self):
        nightly = self.env.ref("crm_lifecycle.ir_cron_nightly", False)
        now = fields.Datetime.now()
        for company in self:
            as_of = company.lifecycle_as_of
            company.lifecycle_date = as_of and company._lifecycle_today(as_of)
            next_call = nightly and nightly.active and nightly.nextcall
            # hourly, but there is something to do when the day of the company changes
            company.lifecycle_next_run = next_call and max(next_call, as_of or now)
            ((count, oldest),) = self.env["crm.lifecycle.dirty"]._read_group(
                [("company_id", "in", [0, company.id])],
                aggregates=["__count", "date:min"],
            )
            company.lifecycle_queue_count = count
            waited = (now - oldest).total_seconds() if oldest else 0
            company.lifecycle_queue_minutes = waited // 60
            company.lifecycle_held_count = self.env[
                "crm.lifecycle.transition"
            ].search_count(
                [
                    ("company_id", "=", company.id),
                    ("hold_reason", "!=", False),
                    ("release_user_id", "=", False),
                ]
            )
            replay = self.env["crm.lifecycle.replay"].search(
                [("company_id", "=", company.id)], limit=1
            )
            company.lifecycle_replay_state = replay.state
            company.lifecycle_replay_progress = replay.progress
            company.lifecycle_replay_end = replay.date_end

    @api.depends_context("lang")
    def _compute_lifecycle_night(self):
        names = {
            "numbers": self.env._("Customers computed"),
            "learn": self.env._("Forecasts learned"),
            "again": self.env._("Customers computed with the new forecasts"),
            "moves": self.env._("Customers moved to another stage"),
        }
        nightly = self.env.ref("crm_lifecycle.ir_cron_nightly", False)
        call = nightly and self.env["ir.cron.progress"].search(
            [("cron_id", "=", nightly.id)], order="id desc", limit=1
        )
        for company in self:
            night = company.lifecycle_night or {}
            steps = night.get("steps", {})
            company.lifecycle_left_count = call and call.remaining
            company.lifecycle_night_end = night.get("end")
            names["products"] = company._lifecycle_learned_words()
            rows = Markup().join(
                Markup(
                    "<tr><td>{}</td><td class='text-end'>{}</td>"
                    "<td class='text-end'>{}</td></tr>"
                ).format(
                    name,
                    formatLang(self.env, steps[step][0], 0) if steps[step][0] else "",
                    self._lifecycle_duration(steps[step][1]),
                )
                for step, name in names.items()
                if step in steps
            )
            company.lifecycle_night_steps = rows and Markup(
                "<table class='table table-sm'><tr><th>{}</th><th class='text-end'>{}"
                "</th><th class='text-end'>{}</th></tr>{}</table>"
            ).format(
                self.env._("Step"),
                self.env._("Customers"),
                self.env._("Time"),
                rows,
            )

    def _lifecycle_learned_words(self):
        """:return: what the last run learned of the suggestions, in words"""
        names = {
            "links": self.env._("Suggestions learned: links between products"),
            "gaps": self.env._("Suggestions learned: categories to win"),
            "settings": self.env._("Suggestions learned: how they are made"),
        }
        learned = self.lifecycle_learned or {}
        if learned.get("last") != (
            self.lifecycle_date and self.lifecycle_date.isoformat()
        ):
            return self.env._("Suggestions brought up to date")
        topics = learned.get("topics", ())
        if len(topics) == 1:
            return names[topics[0]]
        return self.env._("Suggestions learned")

    @api.model
    def _lifecycle_duration(self, seconds):
        """:return: in words, as exactly as matters"""
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self.env._(
                "%(hours)s h %(minutes)s min", hours=hours, minutes=minutes
            )
        if minutes:
            return self.env._(
                "%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest
            )
        return self.env._("%(seconds)s s", seconds=formatLang(self.env, seconds, 1))

    def action_lifecycle_rebuild(self):
        """Rebuild the history of the company in the background."""
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Only sales managers may rebuild the history of customers.")
            )
        self.check_access("read")
        for company in self:
            self.env["crm.lifecycle.replay"]._request(company)

    @api.model
    def _action_lifecycle_status(self):
        """Where sales managers see how far the current company is."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer Lifecycle"),
            "res_model": "res.company",
            "res_id": self.env.company.id,
            "view_mode": "form",
            "views": [
                (self.env.ref("crm_lifecycle.res_company_view_form_status").id, "form")
            ],
            "target": "new",
        }
