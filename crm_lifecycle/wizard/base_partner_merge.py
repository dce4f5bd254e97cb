from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """The documents move to the remaining contact, who is recomputed from them. In
        each company he keeps his own profile, with its history and a stage set by hand;
        where he has none, he gets one of the others. The rest goes: two histories of
        the same customer would tell none."""
        profiles = self.env["crm.lifecycle.profile"].sudo()
        profiles = profiles.with_context(active_test=False).search(
            [("partner_id", "in", (src_partners | dst_partner).ids)]
        )
        for those in profiles.grouped("company_id").values():
            those -= those.sorted(
                lambda profile: (
                    profile.partner_id != dst_partner,
                    not profile.is_pinned,
                    profile.id,
                )
            )[0]
            those.unlink()
        (src_partners | dst_partner)._lifecycle_mark()
        return super()._update_foreign_keys(src_partners, dst_partner)
