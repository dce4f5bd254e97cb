from odoo import Command, api, fields, models
from odoo.exceptions import UserError

LIMIT = 15


class CrmLifecycleOffer(models.TransientModel):
    """What to offer one customer next, without an order on the screen: the same
    suggestions as on an empty quotation, with what they may bring; what he needs for
    the equipment that he owns; and the categories that he does not buy.

    Made when it is opened, with the rights of the user. Nothing of it is kept.
    """

    _name = "crm.lifecycle.offer"
    _description = "What to Offer Next"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", "Customer", required=True)
    company_id = fields.Many2one("res.company", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    message = fields.Char(readonly=True)
    line_ids = fields.One2many("crm.lifecycle.offer.line", "offer_id")
    installed_ids = fields.One2many("crm.lifecycle.offer.installed", "offer_id")
    gap_ids = fields.Many2many("crm.lifecycle.gap", compute="_compute_gap_ids")

    @api.depends("partner_id")
    def _compute_gap_ids(self):
        for offer in self:
            offer.gap_ids = self.env["crm.lifecycle.gap"].search(
                [
                    ("partner_id", "=", offer.partner_id.commercial_partner_id.id),
                    ("company_id", "=", offer.company_id.id),
                ]
            )

    @api.model
    def _make(self, partner):
        """:param partner: a contact that the user may read
        :return: what to offer him in the current company
        """
        company = self.env.company
        order = self.env["sale.order"].new(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "date_order": fields.Datetime.now(),
            }
        )
        message = order._lifecycle_closed()
        values = {
            "partner_id": partner.id,
            "company_id": company.id,
            "currency_id": order.currency_id.id,
            "message": message,
        }
        if not message:
            Line = self.env["crm.lifecycle.offer.line"]
            Installed = self.env["crm.lifecycle.offer.installed"]
            values["line_ids"] = [
                Command.create(line) for line in Line._prepare(order, LIMIT)
            ]
            if partner.lifecycle_id:  # what he bought is for those who see his profile
                values["installed_ids"] = [
                    Command.create(line) for line in Installed._prepare(order)
                ]
            if not values["line_ids"]:
                values["message"] = order._lifecycle_nothing()
        return self.create(values)

    def action_create_quotation(self):
        """A quotation with the chosen products, each marked as suggested."""
        self.ensure_one()
        chosen = self.line_ids.filtered("is_chosen")
        if not chosen:
            raise UserError(self.env._("Choose at least one product first."))
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "product_uom_qty": line.quantity,
                            "lifecycle_suggestion": f"{line.kind}:{line.source_id}"
                            f":{line.rule_id}",
                        }
                    )
                    for line in chosen
                ],
            }
        )
        return order.get_formview_action()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_lifecycle_offer(self):
        """Open what to offer this customer next."""
        self.ensure_one()
        offer = self.env["crm.lifecycle.offer"]._make(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What to Offer Next"),
            "res_model": offer._name,
            "res_id": offer.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }


class CrmLifecycleProfile(models.Model):
    _inherit = "crm.lifecycle.profile"

    def action_offer(self):
        """Open what to offer this customer next, in the company of the profile."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_lifecycle_offer()
