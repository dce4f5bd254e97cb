"""What addons do that compute a customer's numbers with the ORM, customer by customer:
a handful of stored computed fields, brought up to date by a nightly job."""

import statistics

from .stopwatch import measure

SAMPLE = 30


def run(env, ours, note):
    """Take SAMPLE customers as such a job would, each with nothing in memory, as after
    a commit; all of them would take as long in proportion. What is found is not stored,
    which such an addon would have to do besides.

    :param ours: seconds that facts and scores of everybody take with the addon
    """
    env.cr.execute(
        """
        SELECT partner_id FROM (
            SELECT DISTINCT commercial_partner_id AS partner_id
              FROM sale_order
              JOIN res_partner ON res_partner.id = sale_order.partner_id
             WHERE state = 'sale'
        ) AS customer
      ORDER BY hashint8extended(partner_id, 1)
        """
    )
    everybody = [partner_id for (partner_id,) in env.cr.fetchall()]
    facts(env["res.partner"].browse(everybody[SAMPLE]))  # what every worker remembers
    taken = []
    for partner_id in everybody[:SAMPLE]:
        with measure(env) as measured:
            facts(env["res.partner"].browse(partner_id))
        taken.append(measured)
    seconds = statistics.mean(each.seconds for each in taken)
    queries = statistics.mean(each.queries for each in taken)
    note(
        "naive",
        ours,
        seconds * len(everybody),
        details={
            "customers": len(everybody),
            "sampled": len(taken),
            "ms for one": round(seconds * 1000, 1),
            "queries for one": round(queries, 1),
            "queries for all": round(queries * len(everybody)),
        },
    )


def facts(customer):
    """:return: dict of what such fields hold"""
    orders = customer.env["sale.order"].search(
        [("partner_id", "child_of", customer.id), ("state", "=", "sale")]
    )
    invoices = customer.env["account.move"].search(
        [
            ("commercial_partner_id", "=", customer.id),
            ("move_type", "in", ("out_invoice", "out_refund")),
            ("state", "=", "posted"),
        ]
    )
    delays = []
    for invoice in invoices.filtered(lambda move: move.payment_state == "paid"):
        paid = invoice.line_ids.matched_credit_ids.mapped("max_date")
        if paid:
            delays.append((max(paid) - invoice.invoice_date_due).days)
    deliveries = orders.picking_ids.filtered(lambda picking: picking.state == "done")
    late = deliveries.filtered(
        lambda picking: (
            picking.date_deadline and picking.date_done > picking.date_deadline
        )
    )
    dates = orders.mapped("date_order")
    return {
        "orders": len(orders),
        "revenue": sum(orders.mapped("amount_untaxed")),
        "first order": min(dates, default=False),
        "last order": max(dates, default=False),
        "products": len(orders.order_line.product_id),
        "invoiced": sum(invoices.mapped("amount_untaxed_signed")),
        "open": sum(invoices.mapped("amount_residual_signed")),
        "payment delay": statistics.mean(delays) if delays else 0,
        "deliveries": len(deliveries),
        "late deliveries": len(late),
    }
