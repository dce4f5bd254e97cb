"""Goals 8 and 9: suggestions on an order."""

import statistics
from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor

from .stopwatch import measure

ORDERS = 60


def run(env, note):
    """Ask for suggestions on orders of many customers, as their screen does."""
    seconds, queries, own, answered = {5: [], 15: []}, {5: [], 15: []}, [], 0
    orders = _orders(env)
    for screen, lines in orders:  # access rights, rules: what every worker remembers
        env["sale.order"].lifecycle_suggestions(screen, lines, 15)
    for screen, lines in orders:
        for limit in (15, 5):
            with _own_queries() as counted, measure(env) as measured:
                answer = env["sale.order"].lifecycle_suggestions(screen, lines, limit)
            seconds[limit].append(measured.seconds * 1000)
            queries[limit].append(measured.queries)
            own.append(counted[0])
        answered += bool(answer["suggestions"])
    note(
        "8",
        statistics.quantiles(seconds[15], n=20)[-1],
        details={"median ms": round(statistics.median(seconds[15]), 1)},
    )
    note("8 queries", max(queries[15]), details={"for 5 rows": max(queries[5])})
    note("8 own", max(own))
    note("9", 100 * answered / len(orders))


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


@contextmanager
def _own_queries():
    """:return: list of one number: queries that read the addon's tables"""
    counted, execute = [0], Cursor.execute

    def counting(self, query, *args, **kwargs):
        text = getattr(query, "code", query)
        counted[0] += "crm_lifecycle" in str(text)
        return execute(self, query, *args, **kwargs)

    with patch.object(Cursor, "execute", counting):
        yield counted
