from odoo import models
from odoo.exceptions import AccessError


def notify(message, then=None):
    """What a button answers when it has done its work.

    :param message: sentence for the corner of the screen
    :param dict then: action that opens in place of this screen; without it this screen
        is read again
    :return: action
    """
    if then:
        then = {**then, "target": "main"}
    else:
        then = {"type": "ir.actions.client", "tag": "soft_reload"}
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {"type": "success", "message": message, "next": then},
    }


class CrmLifecycleProfile(models.Model):
    """SCREEN: the buttons of a profile."""

    _inherit = "crm.lifecycle.profile"
    _mail_post_access = "read"  # nobody may write, all who see it may discuss it

    def action_lifecycle_recompute(self):
        """Recompute these customers now, each in his company.

        :return: action that says so and shows the result
        """
        done = False
        for company, profiles in self.grouped("company_id").items():
            done = profiles.partner_id.with_company(
                company
            ).action_lifecycle_recompute()
        return done

    def action_open_orders(self):
        """Quotations and orders of the customer and his contacts."""
        return self._open_documents("sale.act_res_partner_2_sale_order")

    def action_open_invoices(self):
        """Invoices and credit notes of the customer and his contacts."""
        types = self.env["account.move"].get_sale_types(include_receipts=True)
        return self._open_documents(
            "account.action_move_out_invoice", [("move_type", "in", types)]
        )

    def action_open_deliveries(self):
        """Deliveries to the customer and his contacts, and returns from them."""
        return self._open_documents(
            "stock.action_picking_tree_all", [("sale_id", "!=", False)]
        )

    def action_open_leads(self):
        """Leads and opportunities of the customer and his contacts, lost ones too."""
        return self._open_documents("crm.crm_lead_opportunities")

    def _open_documents(self, xmlid, domain=()):
        """:return: the action `xmlid` on the documents of this customer in this
        company; the reader's own rights decide which of them he sees
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        self.env[action["res_model"]].check_access("read")
        return {
            **action,
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": [
                ("partner_id", "child_of", self.partner_id.id),
                ("company_id", "child_of", self.company_id.id),
                *domain,
            ],
            "context": {"active_test": False},
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_open_lifecycle(self):
        """Open the profile that this contact shows."""
        self.ensure_one()
        return self.lifecycle_id.get_formview_action()

    def action_lifecycle_recompute(self):
        """Recompute these customers now, in the current company.

        :return: action that says so and shows the result
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("Only salespeople may recompute customer profiles.")
            )
        self.check_access("read")
        self.env["crm.lifecycle.profile"]._refresh(
            self.env.company, self.commercial_partner_id.ids
        )
        return notify(self.env._("Stage and scores are up to date."))
