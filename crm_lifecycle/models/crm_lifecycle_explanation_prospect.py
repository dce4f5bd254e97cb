from odoo import api, models
from odoo.tools import format_date


class CrmLifecycleProfile(models.Model):
    """SCREEN: how far somebody is who has not bought yet, in words of the reader."""

    _inherit = "crm.lifecycle.profile"

    @api.model
    def _explain_acquisition(self, facts):
        """:param dict facts: what is known of ``PROSPECT_FACTS``, with ids and with
        dates or their text: of today from a profile, of another day from a transition
        """
        sentence = self._explain_attempt(facts)
        rounds = facts.get("round_count") or 0
        if rounds < 2:
            return sentence
        return self.env._(
            "%(sentence)s Quotations and meetings so far: %(rounds)s.",
            sentence=sentence,
            rounds=rounds,
        )

    def _explain_attempt(self, facts):
        if facts.get("quotation_sent_count"):
            return self.env._(
                "Has never bought; last quotation of %(date)s, no answer yet.",
                date=format_date(self.env, facts.get("last_quotation_date")),
            )
        if facts.get("quotation_count"):
            return self.env._(
                "Has never bought; last quotation of %(date)s.",
                date=format_date(self.env, facts.get("last_quotation_date")),
            )
        if facts.get("opportunity_open_count"):
            return self.env._(
                "Has never bought; has an open opportunity; last lead of %(date)s.",
                date=format_date(self.env, facts.get("last_lead_date")),
            )
        if facts.get("lead_open_count"):
            return self.env._(
                "Has never bought; last lead of %(date)s.",
                date=format_date(self.env, facts.get("last_lead_date")),
            )
        if facts.get("last_outcome"):
            return self._explain_outcome(facts)
        if facts.get("meeting_count") or facts.get("activity_count"):
            return self.env._(
                "Has never bought; somebody is in touch, without a lead or quotation."
            )
        return self.env._("Has never bought; nothing is under way.")

    def _explain_outcome(self, facts):
        reason = self.env["crm.lost.reason"].browse(facts.get("lost_reason_id"))
        figures = {
            "date": format_date(self.env, facts.get("last_outcome_date")),
            "reason": reason.exists().name,
        }
        if facts["last_outcome"] == "won":
            return self.env._(
                "Has never bought; the last opportunity was won on %(date)s, but there "
                "is no order yet.",
                **figures,
            )
        if facts["last_outcome"] == "no_decision":
            return self.env._(
                "Has never bought; no decision, the last quotation ended on %(date)s.",
                **figures,
            )
        if figures["reason"]:
            return self.env._(
                "Has never bought; the last opportunity was lost on %(date)s: "
                "%(reason)s.",
                **figures,
            )
        return self.env._(
            "Has never bought; the last opportunity was lost on %(date)s.", **figures
        )
