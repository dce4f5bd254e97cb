from odoo import api, fields, models


class CrmLifecycleTransition(models.Model):
    """SCREEN: why a customer moved, in words of the reader, from the facts of that
    day."""

    _inherit = "crm.lifecycle.transition"

    reason = fields.Char(compute="_compute_reason", help="What was known that day.")

    @api.depends_context("lang")
    @api.depends("facts")
    def _compute_reason(self):
        Profile = self.env["crm.lifecycle.profile"]
        for transition in self:
            facts = transition.facts or {}
            if not facts:
                transition.reason = False
            elif facts.get("pin_reason"):
                transition.reason = facts["pin_reason"]
            elif facts.get("order_count"):
                transition.reason = transition._explain_purchases(facts)
            else:
                transition.reason = Profile._explain_acquisition(facts)

    def _explain_purchases(self, facts):
        Profile = self.env["crm.lifecycle.profile"]
        days = facts.get("days_since_order", 0)
        last = self.env._("today")
        if days:
            last = self.env._("%s ago", Profile._days(days))
        rhythm = facts.get("rhythm_days")
        if facts["order_count"] == 1:
            return self.env._("Bought once, %s.", last)
        if facts.get("return_ratio", 0) > 2 and facts.get("recency_ratio", 0) <= 1:
            return self.env._(
                "Came back after %s.", Profile._days(facts.get("last_gap", 0))
            )
        if not rhythm:
            return self.env._("Last purchase %s.", last)
        return self.env._(
            "Last purchase %(last)s, usually %(every)s.",
            last=last,
            every=Profile._every(round(rhythm)),
        )
