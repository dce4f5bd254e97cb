"""Goals 8 and 9: suggestions on an order, beside those of another addon."""

import statistics

from . import oca
from .stopwatch import measure

ORDERS = 60


def run(env, note, other=None):
    """Ask for suggestions on orders of many customers, as their screen does.

    :param other: environment in a copy of the database that has :mod:`.oca`, which is
        asked the same, in turn
    """
    env = env(context={**env.context, "lang": env.user.lang})  # as the web client
    seconds, queries, own, answered = {5: [], 15: []}, {5: [], 15: []}, [], 0
    pairs, orders = [], _orders(env)
    for screen, lines in orders:  # access rights, rules: what every worker remembers
        env["sale.order"].lifecycle_suggestions(screen, lines, 15)
    if other:
        oca.recommend(other, _order_of(other, orders[0][1]), 15)
    for screen, lines in orders:
        for limit in (15, 5):
            with measure(env) as measured:
                answer = env["sale.order"].lifecycle_suggestions(screen, lines, limit)
            seconds[limit].append(measured.seconds * 1000)
            queries[limit].append(measured.queries)
            own.append(measured.own)
        answered += bool(answer["suggestions"])
        if other and lines:
            theirs = oca.recommend(other, _order_of(other, lines), 15)
            pairs.append((seconds[15][-1], queries[15][-1], *theirs))
    note(
        "8",
        statistics.quantiles(seconds[15], n=20)[-1],
        details={"median ms": round(statistics.median(seconds[15]), 1)},
    )
    note("8 queries", max(queries[15]))
    more = [many - few for few, many in zip(queries[5], queries[15], strict=True)]
    note("8 rows", max(more))
    note("8 own", max(own))
    if other:
        _compare(pairs, note)
    note("9", 100 * answered / len(orders), oca.coverage(other) if other else None)


def _order_of(env, lines):
    return env["sale.order.line"].browse(lines[0]["id"]).order_id


def _compare(pairs, note):
    """The 95th percentile of both on the same orders, and the middle as details."""
    ours, queries, measured, found = zip(*pairs, strict=True)
    theirs = [each.seconds * 1000 for each in measured]
    note(
        "8 OCA",
        statistics.quantiles(ours, n=20)[-1],
        statistics.quantiles(theirs, n=20)[-1],
        details={
            "median ms": round(statistics.median(ours), 1),
            "OCA's": round(statistics.median(theirs), 1),
            "queries": statistics.median(queries),
            "OCA's queries": statistics.median(each.queries for each in measured),
            "orders": len(pairs),
            "orders on which OCA's shows nothing new": found.count(False),
        },
    )


def _orders(env):
    """The screens of old orders with their first product, and of new customers."""
    orders = env["sale.order"].search(
        [("company_id", "=", env.company.id), ("state", "in", ("sale", "draft"))],
        order="client_order_ref, amount_total, id",
        limit=ORDERS,
    )
    screens = [
        (order, [{"id": line.id} for line in order.order_line[:1]]) for order in orders
    ]
    buyers = env["res.partner"].search(
        [("sale_order_ids", "=", False), ("is_company", "=", True)], limit=ORDERS // 6
    )
    return [(_screen(order, order.partner_id), lines) for order, lines in screens] + [
        (_screen(orders[0], buyer), []) for buyer in buyers
    ]


def _screen(order, partner):
    return {
        "company_id": order.company_id.id,
        "partner_id": partner.id,
        "pricelist_id": order.pricelist_id.id,
        "currency_id": order.currency_id.id,
        "fiscal_position_id": order.fiscal_position_id.id,
        "warehouse_id": order.warehouse_id.id,
        "date_order": order.date_order,
        "state": "draft",
        "locked": False,
    }
