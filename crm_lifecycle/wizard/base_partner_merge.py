from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """The documents move to the remaining contact, who is recomputed from them;
        the profiles of the others go."""
        self.env["crm.lifecycle.profile"].sudo().with_context(active_test=False).search(
            [("partner_id", "in", src_partners.ids)]
        ).unlink()
        (src_partners | dst_partner)._lifecycle_mark()
        return super()._update_foreign_keys(src_partners, dst_partner)
