"""Where leads, meetings and activities change: each hook only notes whose they are."""

from odoo import api, models

from .change_capture import touches


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _lifecycle_mark(self):
        self.env["crm.lifecycle.dirty"]._mark(
            (lead.partner_id.id, 0) for lead in self.sudo()
        )

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._lifecycle_mark()
        return leads

    def write(self, vals):
        if touches(vals, "partner_id"):
            self._lifecycle_mark()
        result = super().write(vals)
        if touches(
            vals,
            "partner_id",
            "type",
            "active",
            "stage_id",
            "probability",
            "lost_reason_id",
            "date_closed",
            "date_conversion",
            "company_id",
            "user_id",
        ):
            self._lifecycle_mark()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle_mark(self):
        self._lifecycle_mark()


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _lifecycle_mark(self):
        events = self.sudo()
        contacts = events.partner_ids | events.opportunity_id.partner_id
        self.env["crm.lifecycle.dirty"]._mark((id_, 0) for id_ in contacts.ids)

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._lifecycle_mark()
        return events

    def write(self, vals):
        # asked first: Odoo takes out of `vals` what concerns the recurrence
        matters = touches(
            vals, "start", "active", "partner_ids", "opportunity_id", "user_id"
        )
        if matters:
            self._lifecycle_mark()
        result = super().write(vals)
        if matters:
            self._lifecycle_mark()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle_mark(self):
        self._lifecycle_mark()


class MailActivity(models.Model):
    """Done ones still count: only those that are planned or deleted matter."""

    _inherit = "mail.activity"

    def _lifecycle_mark(self):
        self.env["crm.lifecycle.dirty"]._mark(
            (activity.res_id, 0)
            for activity in self.sudo()
            if activity.res_model == "res.partner" and not activity.automated
        )

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._lifecycle_mark()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if touches(vals, "res_id", "user_id"):
            self._lifecycle_mark()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle_mark(self):
        self._lifecycle_mark()
