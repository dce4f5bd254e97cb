"""People who have not bought yet: contacts, leads and quotations, made with Odoo."""

import random
from datetime import timedelta

from odoo import Command, fields

MARKED, LOST, LEADS, QUOTED, OPPORTUNITIES = 12, 8, 22, 22, 8
ASKED_FOR = (
    "Weekly fruit for the office",
    "Catering for a wedding",
    "Coffee for the canteen",
    "Groceries for a holiday home",
    "Breakfast for a small hotel",
    "Party platters",
)


def make(env, names, sam, seed):
    """Contacts marked as prospects and leads that came to nothing (targets), open leads
    (prospects), quotations, some with their opportunity (qualified).

    :return: how many leads and quotations
    """
    rng = random.Random(seed)
    count = MARKED + LOST + LEADS + QUOTED
    partners = env["res.partner"].create(
        [
            {
                "name": names.next(),
                "user_id": rng.choice([sam.id, env.uid]),
                "lifecycle_prospect": position < MARKED,
            }
            for position in range(count)
        ]
    )
    _marked, lost, leads, quoted = (
        partners[start : start + size]
        for start, size in (
            (0, MARKED),
            (MARKED, LOST),
            (MARKED + LOST, LEADS),
            (MARKED + LOST + LEADS, QUOTED),
        )
    )
    _make_leads(env, lost, rng).action_set_lost()
    _make_leads(env, leads, rng)
    opportunities = _make_leads(env, quoted[:OPPORTUNITIES], rng)
    _make_quotations(env, quoted, opportunities, rng)
    return len(lost) + len(leads) + len(opportunities), len(quoted)


def _make_leads(env, partners, rng):
    return env["crm.lead"].create(
        [
            {
                "name": rng.choice(ASKED_FOR),
                "type": "opportunity",
                "partner_id": partner.id,
                "user_id": partner.user_id.id,
                "expected_revenue": rng.randint(5, 60) * 10,
            }
            for partner in partners
        ]
    )


def _make_quotations(env, partners, opportunities, rng):
    products = env["product.product"].search(
        [("default_code", "=like", "CJ%"), ("list_price", ">", 2)], limit=500
    )
    now = fields.Datetime.now()
    leads = {lead.partner_id: lead.id for lead in opportunities}
    env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                "opportunity_id": leads.get(partner),
                "date_order": now - timedelta(days=rng.randint(0, 20)),
                "order_line": [
                    Command.create(
                        {"product_id": product, "product_uom_qty": rng.randint(1, 12)}
                    )
                    for product in rng.sample(products.ids, rng.randint(2, 5))
                ],
            }
            for partner in partners
        ]
    )
