import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


class CrmLifecycleAction(models.Model):
    """SCREEN: whom an action would reach, before it is switched on."""

    _inherit = "crm.lifecycle.action"

    reached_count = fields.Integer(
        "Would Be Reached Today", compute="_compute_preview", compute_sudo=True
    )
    preview = fields.Char(
        "Whom It Would Reach", compute="_compute_preview", compute_sudo=True
    )

    @api.depends(
        "stage_id",
        "from_stage_ids",
        "company_id",
        "kind",
        "template_id",
        "user_id",
        "condition",
        "even_if_left",
        "repeat_days",
    )
    @api.depends_context("allowed_company_ids", "lang")
    def _compute_preview(self):
        for action in self:
            try:
                with self.env.cr.savepoint(flush=False):
                    today = action._get_moves(0)
                    reached = action._get_reached(today)
            except Exception as error:  # a condition or a template, as it is typed
                _logger.info("Stage action %s: no preview", action.id, exc_info=True)
                action.reached_count = 0
                action.preview = self.env._("Cannot be told: %s", error)
                continue
            month = action._get_moves(29)
            by_day = month.grouped("date").values()
            action.reached_count = len(reached)
            action.preview = self.env._(
                "Customers who entered the stage today: %(today)s; of them, reached "
                "if this were switched on: %(reached)s. Entered in the last 30 days: "
                "%(month)s; on the busiest day: %(most)s.",
                today=len(today),
                reached=len(reached),
                month=len(month),
                most=max(map(len, by_day), default=0),
            )

    def _get_moves(self, days):
        """:param days: 0 for today alone
        :return: real moves into the stage since so many days, in the companies that
            the reader has chosen
        """
        self.ensure_one()
        companies = self.env.companies
        if self.company_id:
            companies &= self.company_id
        domain = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain(
                "date",
                ">=",
                company._lifecycle_today(company._lifecycle_as_of())
                - timedelta(days=days),
            )
            for company in companies
        )
        if self.from_stage_ids:
            domain &= Domain("from_stage_id", "in", self.from_stage_ids.ids)
        return self.env["crm.lifecycle.transition"].search(
            domain
            & Domain("to_stage_id", "in", self.stage_id.ids)
            & Domain("is_baseline", "!=", True)
            & Domain("is_reconstructed", "!=", True)
            & Domain("cause", "not in", ("pin", "unpin"))
        )

    def _get_reached(self, moves):
        """:return: those of `moves` with nothing in the way of this action"""
        obstacles = {}
        for company, of_company in moves.grouped("company_id").items():
            obstacles |= self.with_company(company)._get_obstacles(of_company)
        return moves.filtered(lambda move: move.id not in obstacles)

    def action_open_reached(self):
        """Customers who entered the stage today and would be reached now."""
        self.ensure_one()
        reached = self.sudo()._get_reached(self.sudo()._get_moves(0))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Would Be Reached Today"),
            "res_model": "crm.lifecycle.profile",
            "view_mode": "list,form",
            "domain": [("id", "in", reached.profile_id.ids)],
            "help": Markup("<p>%s</p>")
            % self.env._(
                "Of the customers who entered the stage today, this would reach nobody."
            ),
        }

    def action_open_log(self):
        """What this action did."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crm_lifecycle.crm_lifecycle_outbox_action"
            ),
            "domain": [("action_id", "in", self.ids)],
            "context": {},
        }
