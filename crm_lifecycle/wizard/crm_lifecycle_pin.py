from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLifecyclePin(models.TransientModel):
    """Sets the stage of one customer by hand, with the reason."""

    _name = "crm.lifecycle.pin"
    _description = "Set Lifecycle Stage by Hand"

    profile_id = fields.Many2one(
        "crm.lifecycle.profile",
        "Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.context.get("active_id"),
    )
    company_id = fields.Many2one(related="profile_id.company_id", related_sudo=False)
    rule_stage_id = fields.Many2one(
        related="profile_id.rule_stage_id", related_sudo=False
    )
    stage_id = fields.Many2one(
        "crm.lifecycle.stage",
        required=True,
        ondelete="cascade",
        domain="[('company_id', 'in', [company_id, False])]",
        help="The customer stays here, whatever the rules say.",
    )
    reason = fields.Char(
        required=True, help="Everybody who sees the customer reads it."
    )
    date_until = fields.Date(
        "Until", help="The last day. Empty: until somebody gives the stage free again."
    )

    @api.constrains("date_until")
    def _check_date_until(self):
        for pin in self:
            if pin.date_until and pin.date_until < fields.Date.context_today(pin):
                raise ValidationError(self.env._("The last day has already passed."))

    @api.constrains("stage_id", "profile_id")
    def _check_stage_company(self):
        for pin in self:
            company = pin.stage_id.company_id
            if company and company != pin.profile_id.company_id:
                raise ValidationError(
                    self.env._("The stage belongs to another company.")
                )

    def action_pin(self):
        """Set the stage and close."""
        self.ensure_one()
        self.profile_id._pin(self.stage_id, self.reason, self.date_until)
        return {"type": "ir.actions.act_window_close"}
