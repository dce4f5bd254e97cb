from odoo import models
from odoo.tools import SQL


class CrmLifecycleProfile(models.Model):
    """STAGE, set by hand: it stays, while facts, scores and the stage by the rules go
    on."""

    _inherit = "crm.lifecycle.profile"

    def _release_expired_pins(self, today):
        """Of the customers just written: those set by hand until a day that has passed
        follow the rules again."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_profile profile
                   SET is_pinned = NULL, pin_reason = NULL, pin_user_id = NULL,
                       pin_until = NULL,
                       pending_move = CASE
                           WHEN profile.stage_id IS DISTINCT FROM profile.rule_stage_id
                           THEN 'unpin' END
                  FROM crm_lifecycle_next next
                 WHERE profile.partner_id = next.partner_id
                   AND profile.company_id = next.company_id
                   AND profile.is_pinned AND profile.pin_until < %s
                """,
                today,
            )
        )
