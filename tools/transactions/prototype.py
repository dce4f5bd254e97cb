"""One example of every document, made by Odoo's own buttons.

An order is confirmed, delivered, invoiced and paid; a part of it comes back, is
credited and paid back. The rows that this leaves are read and the whole is rolled
back. The bulk load repeats these rows and changes only what differs from document
to document, so what Odoo, a chart of accounts or another addon puts into the other
columns is there without being listed.
"""

from contextlib import closing
from dataclasses import dataclass

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tools import SQL

RANKS = "account.res.partner.increase_rank.customer_rank"


@dataclass(slots=True)
class Prototype:
    """A table and the filled columns of the example row, without its id."""

    table: str
    values: dict


def make(env, warehouse, journal, payment_term):
    """:return: Prototype by kind of record"""
    env = env(context={**env.context, "tracking_disable": True, "skip_sms": True})
    with closing(env.cr.savepoint()):
        records = _make_documents(env, warehouse, journal, payment_term)
        env.flush_all()
        return {kind: read(record) for kind, record in records.items()}


def read(record):
    record.ensure_one()
    query = SQL(
        "SELECT to_jsonb(t) FROM %s t WHERE id = %s",
        SQL.identifier(record._table),
        record.id,
    )
    [(values,)] = record.env.execute_query(query)
    values = {key: value for key, value in values.items() if value is not None}
    del values["id"]
    return Prototype(record._table, values)


def _make_documents(env, warehouse, journal, payment_term):
    partner = env["res.partner"].create({"name": "Example"})
    product = env["product.product"].create(
        {
            "name": "Example",
            "type": "consu",
            "is_storable": True,
            "invoice_policy": "delivery",
            "list_price": 1.0,
            "taxes_id": [],
            "supplier_taxes_id": [],
        }
    )
    count = _count_stock(product, warehouse)
    order = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "warehouse_id": warehouse.id,
            "client_order_ref": "Example",
            "payment_term_id": payment_term.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": 3})
            ],
        }
    )
    order.action_confirm()
    delivery = order.picking_ids
    delivery.move_ids.picked = True
    delivery._action_done()
    invoice = order._create_invoices()
    invoice.action_post()
    payment = _pay(invoice, journal)
    receipt = _take_back(delivery)
    credit_note = _credit(invoice)
    refund = _pay(credit_note, journal)
    # Odoo increases a customer's rank after the commit; this one will be gone.
    env.cr.postcommit.data[RANKS].pop(partner.id)
    partial = invoice.line_ids.matched_credit_ids
    return {
        "product template": product.product_tmpl_id,
        "product": product,
        "opening move": count,
        "opening move line": count.move_line_ids,
        **{
            f"{quant.location_id.usage} stock": quant
            for quant in product.stock_quant_ids
        },
        "order": order,
        "order line": order.order_line,
        "reference": order.stock_reference_ids,
        "delivery": delivery,
        "delivery move": delivery.move_ids,
        "delivery move line": delivery.move_line_ids,
        "receipt": receipt,
        "receipt move": receipt.move_ids,
        "receipt move line": receipt.move_line_ids,
        **_lines_of("invoice", invoice),
        **_lines_of("credit note", credit_note),
        **_lines_of("payment", payment.move_id),
        **_lines_of("refund", refund.move_id),
        "payment": payment,
        "refund": refund,
        "payment entry": payment.move_id,
        "refund entry": refund.move_id,
        "partial": partial,
        "full": partial.full_reconcile_id,
    }


def _lines_of(kind, entry):
    receivable = entry.line_ids.filtered(
        lambda line: line.account_type == "asset_receivable"
    )
    return {
        kind: entry,
        f"{kind} receivable": receivable,
        f"{kind} line": entry.line_ids - receivable,
    }


def _count_stock(product, warehouse):
    """:return: the move of ten units that an inventory count finds"""
    quant = product.env["stock.quant"].with_context(inventory_mode=True)
    quant.create(
        {
            "product_id": product.id,
            "location_id": warehouse.lot_stock_id.id,
            "inventory_quantity": 10,
        }
    ).action_apply_inventory()
    return product.stock_move_ids


def _pay(entry, journal):
    wizard = entry.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=entry.ids
    )
    return wizard.create({"journal_id": journal.id})._create_payments()


def _take_back(delivery):
    wizard = delivery.env["stock.return.picking"].create({"picking_id": delivery.id})
    wizard.product_return_moves.quantity = 1
    receipt = wizard._create_return()
    receipt.move_ids.picked = True
    receipt._action_done()
    return receipt


def _credit(invoice):
    wizard = invoice.env["account.move.reversal"].with_context(
        active_model="account.move", active_ids=invoice.ids
    )
    wizard = wizard.create({"journal_id": invoice.journal_id.id})
    wizard.refund_moves()
    credit_note = wizard.new_move_ids
    credit_note.invoice_line_ids.quantity = 1
    credit_note.action_post()
    return credit_note


def check_company(env, warehouse, first_day):
    """Refuse what the load would not do as Odoo does."""
    if warehouse.delivery_steps != "ship_only":
        raise UserError(
            f"Warehouse {warehouse.name} does not deliver in one step: "
            "past sales can be loaded only into one that does."
        )
    sales = env["account.journal"].search(
        [*env["account.journal"]._check_company_domain(env.company)]
        + [("type", "=", "sale")],
        limit=1,
    )
    if not sales:
        raise UserError(f"{env.company.name} has no chart of accounts yet.")
    locks = env.company._get_violated_lock_dates(first_day, False, sales)
    if locks:
        raise UserError(
            f"The books are closed until {fields.Date.to_string(locks[-1][0])}, "
            f"the file begins on {first_day}."
        )
