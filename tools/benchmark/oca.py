"""The addon of the Odoo Community Association that recommends products on an order, to
be measured beside ours: brought when it is needed, and installed nowhere else."""

import sys
from datetime import datetime

from odoo.exceptions import UserError

from provision import cache

from .database import END
from .everyday import specification
from .stopwatch import measure

MODULE, VERSION = "sale_order_product_recommendation", "19.0.1.1.1"
PACKAGE = f"odoo-addon-{MODULE}=={VERSION}"
WIZARD = "sale.order.recommendation"
CUSTOMERS = 200


def folder(env):
    """:return: the folder of addons that holds it"""
    target = env.cache / f"oca-{MODULE}-{VERSION}"

    def make(target):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        cache.output(
            [*pip, "--target", target, PACKAGE],
            f"pip could not install {PACKAGE}; check the network",
        )
        return f"{PACKAGE}\n"

    return cache.made(target, make, f"bringing {PACKAGE}", gigabytes=1) / "odoo/addons"


def recommend(env, order, count):
    """Open its wizard on `order` and list `count` products, as the web client does:
    four requests, each of which begins with nothing in memory.

    :return: (Measured, whether it lists a product that the order does not have)
    """
    wanted = specification(env, WIZARD, "form")
    values = _values(order, count)
    wizards = env[WIZARD].with_context(active_id=order.id)
    with measure(env) as measured:
        wizards.onchange({}, [], wanted)
        _forget(env)
        wizard = wizards.browse(wizards.web_save(values, wanted)[0]["id"])
        _forget(env)
        try:
            wizard.generate_recommendations()
        except UserError:  # its way to say that it found nothing
            return measured, False
        _forget(env)
        wizard.web_read(wanted)
    return measured, any(not line.sale_line_id for line in wizard.line_ids)


def _forget(env):
    env.flush_all()
    env.invalidate_all()


def _values(order, count):
    """Today is the day after the generated history; it looks back from now."""
    months = 6 + (datetime.now() - datetime(END.year, END.month, END.day)).days / 30
    return {"order_id": order.id or order, "line_amount": count, "months": months}


def coverage(env):
    """:return: percent of customers for whom it has anything on a new quotation"""
    env.cr.execute(
        """
        SELECT partner_id FROM (
            SELECT DISTINCT partner_id FROM sale_order
             WHERE state = 'sale' AND company_id = %s
        ) AS customer
      ORDER BY hashint8extended(partner_id, 1) LIMIT %s
        """,
        (env.company.id, CUSTOMERS),
    )
    customers = [partner_id for (partner_id,) in env.cr.fetchall()]
    answered = 0
    for partner_id in customers:
        order = env["sale.order"].new(
            {"partner_id": partner_id, "company_id": env.company.id}
        )
        domain = env[WIZARD].new(_values(order, 1))
        domain = domain._recommendable_sale_order_lines_domain()
        answered += bool(env["sale.order.line"].sudo().search_count(domain, limit=1))
    return 100 * answered / len(customers)
