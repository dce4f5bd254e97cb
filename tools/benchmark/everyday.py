"""Goals 7, 10 and 11: what people do all day, with the addon and without."""

import statistics

from lxml import etree

from odoo import Command

from .stopwatch import measure

REPEAT = 9
LOOKS = 3  # at each form and list in a turn: they take a few hundredths of a second
PAGE = {"limit": 80, "count_limit": 10001}  # what a list of the web client asks for


def compare(with_addon, without, note):
    """Each action in turn here and there, several times, and everything undone.

    :param with_addon, without: environments of a user in two databases
    :param note: called with (goal, ours, bound, details); bound is without the addon
    """
    found = {}
    for turn in range(REPEAT):
        envs = [(0, with_addon), (1, without)]
        for side, env in envs if turn % 2 else reversed(envs):
            for name, measured in _actions(env, turn):
                found.setdefault(name, ([], []))[side].append(measured)
    for name, (ours, base) in found.items():
        note(
            name,
            _median(ours, "seconds") * 1000,
            _median(base, "seconds") * 1000 if base else None,
            details={
                "queries": _median(ours, "queries"),
                "without": _median(base, "queries") if base else 0,
                "own queries": _median(ours, "own"),
                "own ms": round(_median(ours, "own_seconds") * 1000, 2),
            },
        )


def _median(measured, name):
    return statistics.median(getattr(each, name) for each in measured)


def _actions(env, turn):
    """:return: (name, Measured) of each action, for a customer that depends on turn"""
    customer = _customer(env, turn)
    products = env["product.product"].search(
        [("default_code", "like", "P")], order="id", offset=turn, limit=3
    )
    try:
        for name, action in sell(customer, products):
            with _saved(env) as measured:
                action()
            yield name, measured
    finally:
        env.cr.rollback()
        env.invalidate_all()
    yield from _look(env, customer)


def _customer(env, turn):
    """Of the first company; the same in both databases, another one in each turn."""
    return env["res.partner"].search(
        [("is_company", "=", True), ("customer_rank", ">", 0)]
        + [("sale_order_ids.state", "=", "sale")],
        order="id",
        offset=10 * turn,
        limit=1,
    )


def sell(customer, products):
    """A sale, from the quotation to the payment.

    :return: generator of (name, action to call before going on)
    """
    orders = []
    values = {
        "partner_id": customer.id,
        "order_line": [Command.create({"product_id": id_}) for id_ in products.ids],
    }
    yield "7 create", lambda: orders.append(customer.env["sale.order"].create(values))
    [order] = orders
    yield "7 confirm", order.action_confirm
    order.picking_ids.move_ids.picked = True
    yield "7 deliver", order.picking_ids.button_validate
    invoice = order._create_invoices()
    yield "7 post", invoice.action_post
    wizard = invoice.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    )
    yield "7 pay", wizard.create({})._create_payments


class _saved:
    """Measures what is done and what happens just before its commit."""

    def __init__(self, env):
        self.env, self.block = env, measure(env)

    def __enter__(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        return self.block.__enter__()

    def __exit__(self, *error):
        if not error[0]:
            self.env.flush_all()
            self.env.cr.precommit.run()
        return self.block.__exit__(*error)


def _look(env, customer):
    order = env["sale.order"].search(
        [("partner_id", "=", customer.id), ("state", "=", "sale")], limit=1
    )
    looks = []
    for name, record in (("10 quotation", order), ("10", customer)):
        wanted = specification(env, record._name, "form")
        looks.append((name, record.web_read, (wanted,), {}))
    wanted = specification(env, "res.partner", "list")
    for name, sort in (("11 list", ""), ("11 sorted", "loyalty_score desc")):
        if sort and "loyalty_score" not in env["res.partner"]._fields:
            sort = ""
        page = {**PAGE, "order": sort}
        looks.append((name, env["res.partner"].web_search_read, ([], wanted), page))
    if "crm.lifecycle.profile" in env:
        Profile = env["crm.lifecycle.profile"]
        wanted = specification(env, Profile._name, "list")
        page = {**PAGE, "order": "loyalty_score desc"}
        looks.append(("11 profiles", Profile.web_search_read, ([], wanted), page))
    for name, look, arguments, page in looks * LOOKS:
        with measure(env) as measured:
            look(*arguments, **page)
        yield name, measured


def specification(env, model, view_type):
    """:return: what the web client would ask for to show the view"""
    views = env[model].get_views([(False, view_type)])
    arch = etree.fromstring(views["views"][view_type]["arch"])
    return _fields(arch, model, views["models"])


def _fields(node, model, models):
    wanted = {}
    known = models[model]["fields"]
    for child in node:
        if child.tag != "field":
            wanted.update(_fields(child, model, models))
            continue
        field = known[child.get("name")]
        if field["type"] == "many2one":
            hidden = {child.get("invisible"), child.get("column_invisible")}
            named = not hidden & {"1", "True"}
            wanted[field["name"]] = {"fields": {"display_name": {}}} if named else {}
        elif field["type"] in ("one2many", "many2many"):
            inner = {}
            if len(child) and field["relation"] in models:
                inner = _fields(child[0], field["relation"], models)
            wanted[field["name"]] = {"fields": inner, "limit": 40}
        else:
            wanted[field["name"]] = {}
    return wanted
