from odoo import fields, models
from odoo.exceptions import AccessError


class CrmLifecycleTransition(models.Model):
    """BUTTON: held moves, which acted on nobody, are let go."""

    _inherit = "crm.lifecycle.transition"

    current_stage_id = fields.Many2one(
        related="profile_id.stage_id", string="Stage Now"
    )

    def action_release(self):
        """Do now what the held moves among these did not do, for customers who are
        still in the stage that they entered then."""
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(
                self.env._("Only sales administrators may release held moves.")
            )
        self.check_access("read")
        held = self.filtered(lambda move: move.hold_reason and not move.release_user_id)
        held.sudo().release_user_id = self.env.user
        self.env["crm.lifecycle.outbox"].sudo()._enqueue(
            held.filtered(lambda move: move.profile_id.stage_id == move.to_stage_id)
        )
