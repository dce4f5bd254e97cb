"""What salespeople did with the suggestions, made with Odoo's own methods, as the
screen does: quotations on which suggestions were shown, added and declined. Some became
orders that were delivered and invoiced, others wait for an answer."""

import random
from datetime import timedelta

from odoo import Command, fields

ORDERED, WAITING = 16, 6  # quotations
WON = 3  # prospects who accept their quotation
WAITING_DAYS = 5
REASONS = ("has_it", "has_it", "not_needed", "too_expensive", "other_supplier")


def make(env, seed):
    """:return: how many quotations with suggestions"""
    rng = random.Random(seed)
    prospects = env["sale.order"].search([("state", "=", "sent")], order="id")
    for order in prospects[:WON]:
        _deliver_and_invoice(order)
    profiles = env["crm.lifecycle.profile"].search(
        [("company_id", "=", env.company.id), ("risk_level", "=", "low")],
        order="loyalty_score DESC, id",
        limit=ORDERED + WAITING,
    )
    for number, profile in enumerate(profiles):
        days = 0 if number < ORDERED else WAITING_DAYS
        order = _quote(env, profile.partner_id, days, rng)
        if days:
            order.action_quotation_sent()
        else:
            _deliver_and_invoice(order)
    # what happened is told to the addon, as its job would do
    env.flush_all()
    env.cr.precommit.run()
    env["crm.lifecycle.dirty"]._process()
    return len(profiles)


def screen(order):
    """What the form sends when it asks for suggestions."""
    return {
        "id": order._origin.id,
        "company_id": order.company_id.id,
        "partner_id": order.partner_id.id,
        "pricelist_id": order.pricelist_id.id,
        "currency_id": order.currency_id.id,
        "fiscal_position_id": order.fiscal_position_id.id,
        "warehouse_id": order.warehouse_id.id,
        "date_order": order.date_order,
        "state": order.state,
        "locked": order.locked,
    }


def _quote(env, partner, days, rng):
    """A quotation by the customer's salesperson, who adds up to two of what is
    suggested and declines one."""
    bought = env["sale.order.line"].search(
        [
            ("order_id.partner_id.commercial_partner_id", "=", partner.id),
            ("state", "=", "sale"),
        ],
        order="id DESC",
        limit=2,
    )
    orders = env["sale.order"].with_user(partner.user_id or env.user).sudo(False)
    order = orders.create(
        {
            "partner_id": partner.id,
            "date_order": fields.Datetime.now() - timedelta(days=days),
            "order_line": [
                Command.create({"product_id": product.id})
                for product in bought.product_id
            ],
        }
    )
    lines = [
        {"product_id": line.product_id.id, "product_uom_qty": line.product_uom_qty}
        for line in order.order_line
    ]
    rows = orders.lifecycle_suggestions(screen(order), lines)["suggestions"]
    orders.lifecycle_suggestions_shown(order.id, rows)
    chosen = rng.sample(rows, min(len(rows), rng.randint(1, 3)))
    if len(chosen) > 1:
        orders.lifecycle_suggestion_decline(
            screen(order), chosen.pop(), rng.choice(REASONS)
        )
    for row in chosen:
        _add(order, row)
    return order.with_env(env)


def _add(order, row):
    """A better choice takes the line of what it replaces, if that is still there."""
    mark = row["kind"], row["source"] or 0, row["rule_id"] or 0, row["product_id"]
    values = {
        "product_id": row["product_id"],
        "product_uom_qty": row["quantity"],
        "lifecycle_suggestion": ":".join(map(str, mark)),
    }
    replaced = order.order_line.filtered(
        lambda line: line.product_id.id == row["replaces"]
    )
    if replaced:
        replaced[0].write(values)
    else:
        order.order_line = [Command.create(values)]


def _deliver_and_invoice(order):
    order.action_confirm()
    for picking in order.picking_ids:
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
    order._create_invoices().action_post()
