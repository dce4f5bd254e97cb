from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lifecycle_hold_days = fields.Integer(
        related="company_id.lifecycle_hold_days", readonly=False
    )
    lifecycle_hold_share = fields.Float(
        related="company_id.lifecycle_hold_share", readonly=False
    )
    lifecycle_cooldown_days = fields.Integer(
        related="company_id.lifecycle_cooldown_days", readonly=False
    )
    lifecycle_replay_months = fields.Integer(
        related="company_id.lifecycle_replay_months", readonly=False
    )
    lifecycle_quiet_days = fields.Integer(
        related="company_id.lifecycle_quiet_days", readonly=False
    )
    lifecycle_returned_days = fields.Integer(
        related="company_id.lifecycle_returned_days", readonly=False
    )
    lifecycle_hide_out_of_stock = fields.Boolean(
        related="company_id.lifecycle_hide_out_of_stock", readonly=False
    )
    lifecycle_service_overdue_days = fields.Integer(
        related="company_id.lifecycle_service_overdue_days", readonly=False
    )
    lifecycle_service_overdue_share = fields.Float(
        related="company_id.lifecycle_service_overdue_share", readonly=False
    )
    lifecycle_start = fields.Datetime(related="company_id.lifecycle_start")
    lifecycle_date = fields.Date(related="company_id.lifecycle_date")
    lifecycle_next_run = fields.Datetime(related="company_id.lifecycle_next_run")
    lifecycle_queue_count = fields.Integer(related="company_id.lifecycle_queue_count")
    lifecycle_queue_minutes = fields.Integer(
        related="company_id.lifecycle_queue_minutes"
    )
    lifecycle_held_count = fields.Integer(related="company_id.lifecycle_held_count")
    lifecycle_replay_state = fields.Selection(
        related="company_id.lifecycle_replay_state"
    )
    lifecycle_replay_progress = fields.Float(
        related="company_id.lifecycle_replay_progress"
    )
    lifecycle_replay_end = fields.Datetime(related="company_id.lifecycle_replay_end")

    def action_lifecycle_rebuild(self):
        """Rebuild the history, with the number of months on the screen."""
        self.execute()
        self.company_id.action_lifecycle_rebuild()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
