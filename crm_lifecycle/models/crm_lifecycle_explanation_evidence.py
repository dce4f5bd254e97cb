from odoo import api, fields, models
from odoo.tools import format_date


class CrmLifecycleProfile(models.Model):
    """SCREEN: what the predictions rest on, in words."""

    _inherit = "crm.lifecycle.profile"

    evidence_explanation = fields.Char(
        "Predictions Rest on", compute="_compute_evidence_explanation"
    )

    @api.depends_context("lang")
    @api.depends("as_of")
    def _compute_evidence_explanation(self):
        for profile in self:
            parts = [profile._explain_evidence(), profile._explain_enough()]
            profile.evidence_explanation = " ".join(filter(None, parts))

    def _explain_enough(self):
        """:return: sentence on when there will be more, empty when that is not known"""
        if not self.evidence_date:
            return ""
        date = format_date(self.env, self.evidence_date)
        if self.evidence == "none":
            return self.env._("Expected to be enough from %s on.", date)
        return self.env._(
            "The customer's own purchases are expected to be enough from %s on.", date
        )

    def _explain_evidence(self):
        """:return: sentence, empty for who never bought"""
        if not self.order_count:
            return ""
        if self.evidence == "own":
            return self.env._(
                "The customer's own history: %s purchases.", self.order_count
            )
        if self.evidence == "none":
            return self.env._("Not enough yet: nobody has bought a second time.")
        if self.evidence == "company":
            return self.env._(
                "The customer's purchases so far (%s), and all other customers.",
                self.order_count,
            )
        if self.industry_id:
            return self.env._(
                "The customer's purchases so far (%(count)s), and those of other "
                "customers of the industry %(industry)s.",
                count=self.order_count,
                industry=self.industry_id.display_name,
            )
        return self.env._(
            "The customer's purchases so far (%(count)s), and those of other customers "
            "who mainly buy %(category)s.",
            count=self.order_count,
            category=self.sudo().main_category_id.display_name,
        )
