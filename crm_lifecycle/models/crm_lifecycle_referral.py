from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .crm_lifecycle_facts import AMOUNT_GROUPS


class ResPartner(models.Model):
    _inherit = "res.partner"

    lifecycle_referrer_id = fields.Many2one(
        "res.partner",
        "Referred by",
        index="btree_not_null",
        groups="base.group_user",
        help="The customer who recommended us to this one.",
    )

    @api.constrains("lifecycle_referrer_id")
    def _check_lifecycle_referrer_id(self):
        for partner in self:
            referrer = partner.lifecycle_referrer_id
            if referrer.commercial_partner_id == partner.commercial_partner_id:
                raise ValidationError(
                    self.env._("%s cannot be referred by themselves.", partner.name)
                )


class CrmLifecycleProfile(models.Model):
    """SCREEN: the customers whom a customer referred, or one of his contacts. Counted
    when shown: they are other customers' facts, not his own."""

    _inherit = "crm.lifecycle.profile"

    referrer_id = fields.Many2one(related="partner_id.lifecycle_referrer_id")
    referral_count = fields.Integer(
        "Referred", compute="_compute_referrals", help="Customers whom they referred."
    )
    referral_value = fields.Monetary(
        "Invoiced to Referred",
        compute="_compute_referrals",
        groups=AMOUNT_GROUPS,
        help="Net invoiced to the customers whom they referred.",
    )

    @api.depends("partner_id")
    def _compute_referrals(self):
        self.env["res.partner"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT profile.id, COUNT(*), COALESCE(SUM(referred.net_invoiced), 0)
                  FROM crm_lifecycle_profile profile
                  JOIN res_partner contact
                    ON contact.commercial_partner_id = profile.partner_id
                  JOIN res_partner partner
                    ON partner.lifecycle_referrer_id = contact.id
                   AND partner.active
                  JOIN crm_lifecycle_profile referred
                    ON referred.partner_id = partner.id
                   AND referred.company_id = profile.company_id
                 WHERE profile.id = ANY(%s)
              GROUP BY profile.id
                """,
                self.ids,
            )
        )
        found = {profile_id: figures for profile_id, *figures in rows}
        for profile in self:
            count, value = found.get(profile.id, (0, 0))
            profile.referral_count, profile.referral_value = count, value

    def action_open_referrals(self):
        """:return: action on the contacts whom this customer referred, those whom the
        reader may see"""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Referred by %s", self.partner_id.name),
            "res_model": "res.partner",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [
                (
                    "lifecycle_referrer_id.commercial_partner_id",
                    "=",
                    self.partner_id.id,
                )
            ],
            "context": {"default_lifecycle_referrer_id": self.partner_id.id},
        }
