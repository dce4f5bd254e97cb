from odoo import api, fields, models
from odoo.tools import format_date

from ..models.crm_lifecycle_facts import AMOUNT_GROUPS

KINDS = [
    ("reorder", "Time to reorder"),
    ("consumable", "Supplies"),
    ("cross_sell", "Goes with"),
    ("similar", "Similar customers buy it"),
    ("up_sell", "Better choice"),
]


class CrmLifecycleBuyer(models.TransientModel):
    """Who is likely to buy a product: a list that is made when somebody asks for it, of
    the customers whom he may see, by one statement. Nothing of it is kept.
    """

    _name = "crm.lifecycle.buyer"
    _description = "Likely Buyer"
    _order = "probability desc, id"
    _rec_name = "partner_id"

    product_tmpl_id = fields.Many2one(
        "product.template", "Product", required=True, readonly=True, ondelete="cascade"
    )
    profile_id = fields.Many2one(
        "crm.lifecycle.profile", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(KINDS, "Why", readonly=True)
    source_tmpl_id = fields.Many2one(
        "product.template",
        "Because of",
        readonly=True,
        ondelete="cascade",
        help="The product bought that speaks most for it.",
    )
    share = fields.Float(
        readonly=True,
        aggregator=None,
        help="Of the customers who bought that product, how many buy this one. Of "
        "those who bought this one before: in how many of their purchases.",
    )
    last_date = fields.Date("Last Bought", readonly=True)
    due_date = fields.Date("Needed Again", readonly=True)
    probability = fields.Float(
        "Match",
        readonly=True,
        aggregator="avg",
        help="Chance that the customer buys something within 90 days, times the share. "
        "To compare customers with.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    expected_value = fields.Monetary(
        readonly=True,
        groups=AMOUNT_GROUPS,
        aggregator=None,
        help="Match times the usual quantity and the usual price of the product.",
    )
    reason = fields.Char(compute="_compute_reason")
    user_id = fields.Many2one(related="partner_id.user_id")
    stage_id = fields.Many2one(related="profile_id.stage_id")
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")

    @api.depends_context("lang")
    def _compute_reason(self):
        readable = self.source_tmpl_id._filtered_access("read")
        for buyer in self:
            source = buyer.source_tmpl_id & readable
            buyer.reason = buyer._get_reason(source.name)

    def _get_reason(self, name):
        """:param name: of the product that speaks for it, if the user may see it
        :return: one sentence that says why the customer is likely to buy"""
        self.ensure_one()
        if self.kind == "reorder":
            return self.env._(
                "Bought last on %(date)s; needed again around %(due)s",
                date=format_date(self.env, self.last_date),
                due=format_date(self.env, self.due_date),
            )
        if not name:
            return self.env._("Customers who buy similar products buy it")
        if self.kind == "consumable":
            return self.env._("Needed for %(product)s", product=name)
        return self.env._(
            "%(share)s %% of the customers who bought %(product)s buy this too",
            share=round(100 * self.share),
            product=name,
        )

    def action_schedule(self):
        """Plan an activity on each of these customers."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Schedule Activity"),
            "res_model": "mail.activity.schedule",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "active_model": "res.partner",
                "active_ids": self.partner_id.ids,
                "default_summary": self.env._(
                    "Offer %s", ", ".join(self.product_tmpl_id.mapped("name"))
                ),
            },
        }

    def action_open_contacts(self):
        """These customers as contacts, where Odoo's own actions are: e-mails, mailings
        and whatever the installed apps offer."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "contacts.action_contacts"
        )
        return {
            **action,
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": [("id", "in", self.partner_id.ids)],
            "context": {},
        }

    def action_open_profile(self):
        self.ensure_one()
        return self.profile_id.get_formview_action()
