from odoo import api, fields, models
from odoo.exceptions import AccessError


class CrmLifecycleOutbox(models.Model):
    """SCREEN: the log, and what of it concerns one customer."""

    _inherit = "crm.lifecycle.outbox"

    def action_retry(self):
        """Try again what failed or was skipped; all checks are made anew."""
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(
                self.env._("Only sales administrators may repeat stage actions.")
            )
        self.check_access("read")
        rows = self.filtered(lambda row: row.state in ("failed", "skipped"))
        rows.sudo().write(
            {
                "state": "waiting",
                "reason": False,
                "error": False,
                "date_due": fields.Datetime.now(),
                "date_done": False,
            }
        )
        self._wake_job()


class CrmLifecycleProfile(models.Model):
    _inherit = "crm.lifecycle.profile"

    outbox_ids = fields.One2many("crm.lifecycle.outbox", "profile_id")
    outbox_count = fields.Integer("Actions", compute="_compute_outbox_count")

    @api.depends("outbox_ids")
    def _compute_outbox_count(self):
        """Readers without access to the log, as accountants, see none."""
        Outbox = self.env["crm.lifecycle.outbox"].sudo(False)
        count = {}
        if Outbox.has_access("read"):
            count = dict(
                Outbox._read_group(
                    [("profile_id", "in", self.ids)], ["profile_id"], ["__count"]
                )
            )
        for profile in self:
            profile.outbox_count = count.get(profile, 0)

    def action_open_outbox(self):
        """What stage actions did for this customer."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crm_lifecycle.crm_lifecycle_outbox_action"
            ),
            "domain": [("profile_id", "=", self.id)],
        }
