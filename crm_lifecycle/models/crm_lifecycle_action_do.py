from odoo import models


class CrmLifecycleAction(models.Model):
    """DEED: what an action does for one customer."""

    _inherit = "crm.lifecycle.action"

    def _do(self, transition):
        """Do it now, in the transaction of the caller, in the language of the reader.

        :param transition: the move that caused it
        :return: dict of values for the log, which tell what was made
        """
        record = self._get_record(transition)
        if self.kind == "email":
            template = self.template_id.with_context(lang=transition.partner_id.lang)
            return {"mail_id": template.send_mail(record.id)}
        if self.kind == "activity":
            return {"activity_id": self._plan_activities(transition)}
        self.server_action_id.with_context(
            active_model=record._name, active_id=record.id, active_ids=record.ids
        ).run()
        return {}

    def _plan_activities(self, transition):
        """:return: id of the first activity"""
        user = self._get_responsible(transition)
        # the colleague finds them in the list of activities, not one by one in e-mails
        reader = {"lang": user.lang, "mail_activity_quick_update": True}
        action = self.with_context(**reader)
        partner = transition.partner_id.with_context(**reader)
        before = partner.activity_ids
        if action.activity_type_id:
            partner.activity_schedule(
                activity_type_id=action.activity_type_id.id,
                date_deadline=action.activity_type_id._get_date_deadline(),
                summary=action.name,
                note=action.activity_note,
                user_id=user.id,
            )
        if action.activity_plan_id:
            action.env["mail.activity.schedule"].create(
                {
                    "res_model": partner._name,
                    "res_ids": repr(partner.ids),
                    "plan_id": action.activity_plan_id.id,
                    "plan_on_demand_user_id": user.id,
                }
            ).action_schedule_plan()
        return min((partner.activity_ids - before).ids)

    def _get_record(self, transition):
        """:return: what the e-mail is written on and the server action runs on"""
        on_profile = (
            self.template_id.model == "crm.lifecycle.profile"
            if self.kind == "email"
            else self.server_action_id.model_id.model == "crm.lifecycle.profile"
        )
        return transition.profile_id if on_profile else transition.partner_id

    def _get_responsible(self, transition):
        """:return: the salesperson of the contact, else the user chosen in the action:
        the first of them who works in this company, if any
        """
        users = transition.partner_id.user_id + self.user_id
        return users.filtered(
            lambda user: (
                user.active
                and not user.share
                and transition.company_id in user.company_ids
            )
        )[:1]
