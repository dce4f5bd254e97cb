"""People who have not bought yet, one group per stage, made with Odoo: contacts, leads,
meetings, quotations, and attempts that came to nothing."""

import random
from datetime import timedelta

from odoo import Command, fields

from .people import phone

ASKED_FOR = (
    "Weekly fruit for the office",
    "Catering for a wedding",
    "Coffee for the canteen",
    "Groceries for a holiday home",
    "Breakfast for a small hotel",
    "Party platters",
)
# What happened so far, and to how many.
GROUPS = {
    "marked": 12,  # target
    "lead": 10,  # potential
    "met": 5,  # potential
    "called": 5,  # potential
    "opportunity": 9,  # qualified
    "quoted": 12,  # qualified
    "sent": 10,  # in negotiation
    "again": 6,  # in negotiation, after a quotation that expired
    "lost": 9,  # not won
    "expired": 6,  # no decision
    "cancelled": 4,  # no decision
}


def make(env, names, sam, seed):
    """:return: how many leads and quotations"""
    rng = random.Random(seed)
    groups = {
        name: env["res.partner"].create(
            [
                {
                    "name": names.next(),
                    "phone": phone(rng),
                    "user_id": rng.choice([sam.id, env.uid]),
                    "lifecycle_prospect": name in ("marked", "met", "called"),
                }
                for _number in range(size)
            ]
        )
        for name, size in GROUPS.items()
    }
    leads = _make_leads(env, groups, rng)
    _make_meetings(env, groups["met"] | groups["again"], rng)
    for partner in groups["called"]:
        partner.activity_schedule(
            "mail.mail_activity_data_call", user_id=partner.user_id.id, automated=False
        )
    quotations = _make_quotations(env, groups, rng)
    return len(leads), len(quotations)


def _make_leads(env, groups, rng):
    opportunities = groups["opportunity"] | groups["again"] | groups["lost"]
    leads = env["crm.lead"].create(
        [
            {
                "name": rng.choice(ASKED_FOR),
                "type": "lead" if partner in groups["lead"] else "opportunity",
                "partner_id": partner.id,
                "user_id": partner.user_id.id,
                "expected_revenue": rng.randint(5, 60) * 10,
            }
            for partner in groups["lead"] | opportunities
        ]
    )
    reasons = env["crm.lost.reason"].search([])
    for lead in leads.filtered(lambda lead: lead.partner_id in groups["lost"]):
        env["crm.lead.lost"].create(
            {
                "lead_ids": [Command.set(lead.ids)],
                "lost_reason_id": rng.choice(reasons.ids),
            }
        ).action_lost_reason_apply()
    return leads


def _make_meetings(env, partners, rng):
    now = fields.Datetime.now()
    for partner in partners:
        start = now - timedelta(days=rng.randint(3, 30))
        env["calendar.event"].create(
            {
                "name": f"Visit to {partner.name}",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": partner.user_id.id,
                "partner_ids": [
                    Command.set([partner.id, partner.user_id.partner_id.id])
                ],
            }
        )


def _make_quotations(env, groups, rng):
    """Quotations in preparation and sent ones; ended ones are older, and no longer
    valid or cancelled."""
    products = env["product.product"].search(
        [("default_code", "=like", "CJ%"), ("list_price", ">", 2)], limit=500
    )
    now = fields.Datetime.now()

    def quote(partners, days, valid_days=30):
        made = [now - timedelta(days=days + rng.randint(0, 20)) for _each in partners]
        return env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "user_id": partner.user_id.id,
                    "date_order": date,
                    "validity_date": date + timedelta(days=valid_days),
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product,
                                "product_uom_qty": rng.randint(1, 12),
                            }
                        )
                        for product in rng.sample(products.ids, rng.randint(2, 5))
                    ],
                }
                for partner, date in zip(partners, made, strict=True)
            ]
        )

    in_preparation = quote(groups["quoted"], 0)
    sent = quote(groups["sent"] | groups["again"], 0)
    ended = quote(groups["again"] | groups["expired"], 40)
    cancelled = quote(groups["cancelled"], 0)
    (sent | ended | cancelled).action_quotation_sent()
    cancelled.action_cancel()
    return in_preparation | sent | ended | cancelled
