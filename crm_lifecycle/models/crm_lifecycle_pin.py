from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_date


class CrmLifecycleProfile(models.Model):
    """STAGE, set by hand: it stays, while facts, scores and the stage by the rules go
    on. Written by the ORM, so that chatter and automation rules work; who sets a stage
    decides himself what to do, so none of our own actions follows.
    """

    _inherit = "crm.lifecycle.profile"

    pin_explanation = fields.Char(
        "By Hand, in Words", compute="_compute_pin_explanation"
    )

    @api.depends_context("lang")
    @api.depends("is_pinned", "pin_user_id", "pin_date", "pin_until", "pin_reason")
    def _compute_pin_explanation(self):
        for profile in self:
            profile.pin_explanation = profile.is_pinned and profile._explain_pin()

    def _explain_pin(self):
        figures = {
            "user": self.sudo().pin_user_id.name,
            "date": format_date(self.env, self.pin_date),
            "until": format_date(self.env, self.pin_until),
            "reason": self.pin_reason,
        }
        if self.pin_until:
            return self.env._(
                "Stage set by hand by %(user)s on %(date)s, until %(until)s: "
                "%(reason)s",
                **figures,
            )
        return self.env._(
            "Stage set by hand by %(user)s on %(date)s: %(reason)s", **figures
        )

    def _check_may_pin(self):
        """Every salesperson, for the customers that he sees."""
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("Only salespeople may set the stage of a customer.")
            )
        self.check_access("read")

    def _pin(self, stage, reason, until):
        """Set the stage by hand.

        :param stage: record of ``crm.lifecycle.stage``
        :param str reason: why
        :param until: last day that it holds, empty for no end
        """
        self._check_may_pin()
        today = self.company_id._lifecycle_today(self.company_id._lifecycle_as_of())
        self.sudo()._set_stage(
            stage,
            "pin",
            {
                "is_pinned": True,
                "pin_reason": reason,
                "pin_user_id": self.env.uid,
                "pin_date": today,
                "pin_until": until,
            },
        )

    def action_lifecycle_unpin(self):
        """From now on the stage follows the rules again."""
        self._check_may_pin()
        for profile in self.sudo().filtered("is_pinned"):
            profile._set_stage(
                profile.rule_stage_id,
                "unpin",
                {
                    "is_pinned": False,
                    "pin_reason": False,
                    "pin_user_id": False,
                    "pin_date": False,
                    "pin_until": False,
                },
            )

    def _set_stage(self, stage, cause, values):
        self.env.flush_all()
        today = self.company_id._lifecycle_today(self.company_id._lifecycle_as_of())
        move = self._insert_transitions(today, False, stage=stage, cause=cause)
        if move:
            values = {**values, "stage_id": stage.id, "stage_date": today}
            if values["pin_reason"]:
                move.facts = {**move.facts, "pin_reason": values["pin_reason"]}
        self.write({**values, "pending_move": False})

    def _release_expired_pins(self):
        """Customers just written, set by hand until a day that has passed, follow the
        rules again."""
        if not self:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_profile
                   SET is_pinned = NULL, pin_reason = NULL, pin_user_id = NULL,
                       pin_date = NULL, pin_until = NULL,
                       pending_move = CASE
                           WHEN stage_id IS DISTINCT FROM rule_stage_id
                           THEN 'unpin' END
                 WHERE id = ANY(%s)
                """,
                self.ids,
            )
        )
