"""From the history to the records of Odoo: ids, names, order of writing."""

from collections import Counter
from dataclasses import dataclass

from odoo.tools import SQL

from . import goods, money
from .names import EntryNames, SequenceNames


@dataclass(slots=True)
class Context:
    """What every document is written with."""

    bulk: object
    customers: dict
    products: dict
    due_days: int
    currency: object


def write(context, documents, warehouse, journal, spare_units):
    """Write the records of `documents`, which are in the order of time."""
    bulk = context.bulk
    _reserve(bulk, documents, warehouse, journal)
    goods.open_stock(context, documents, spare_units)
    for document in documents:
        if not document.is_return:
            goods.write_order(context, document)
        goods.write_transfer(context, document)
        money.write_invoice(context, document)
        if document.payment:
            money.write_payment(context, document)
        money.write_matching(context, document)
        bulk.flush()
    bulk.flush(at_least=0)
    _finish(bulk.env, documents, context.customers)


def _reserve(bulk, documents, warehouse, journal):
    """Ids and names, before anything is written: documents refer to one another."""
    env = bulk.env
    orders = env["ir.sequence"].search(
        [("code", "=", "sale.order"), ("company_id", "in", [env.company.id, False])],
        order="company_id",
        limit=1,
    )
    delivery = warehouse.out_type_id
    receipt = delivery.return_picking_type_id or warehouse.in_type_id
    sales = env["account.journal"].browse(
        bulk.prototypes["invoice"].values["journal_id"]
    )
    order_names = SequenceNames(orders, bulk)
    transfer_names = {
        False: SequenceNames(delivery.sequence_id, bulk),
        True: SequenceNames(receipt.sequence_id, bulk),
    }
    entry_names = {
        False: EntryNames(env, sales, "out_invoice"),
        True: EntryNames(env, sales, "out_refund"),
    }
    payment_names = EntryNames(env, journal, "entry", is_payment=True)
    for document in documents:
        document.picking_id = bulk.new_id("stock_picking")
        document.picking_name = transfer_names[document.is_return].next(document.day)
        document.entry_id = bulk.new_id("account_move")
        document.receivable_id = bulk.new_id("account_move_line")
        document.entry_name = entry_names[document.is_return].next(document.day)
        for line in document.lines:
            line.stock_move_id = bulk.new_id("stock_move")
        if not document.is_return:
            document.order_id = bulk.new_id("sale_order")
            document.order_name = order_names.next(document.day)
            document.reference_id = bulk.new_id("stock_reference")
            for line in document.lines:
                line.order_line_id = bulk.new_id("sale_order_line")
        elif document.origin:
            document.order_id = document.origin.order_id
            document.order_name = document.origin.order_name
            document.reference_id = document.origin.reference_id
            for line in document.lines:
                line.order_line_id = line.origin.order_line_id
    paid = [document for document in documents if document.payment]
    for document in sorted(paid, key=lambda document: document.payment.date):
        payment = document.payment
        payment.id = bulk.new_id("account_payment")
        payment.entry_id = bulk.new_id("account_move")
        payment.entry_name = payment_names.next(payment.date)
        payment.counterpart_id = bulk.new_id("account_move_line")
    for document in documents:
        if not (document.is_return and document.applied):
            _match(bulk, document)


def _match(bulk, document):
    """What is reconciled with one another: a document, its payment, and the credit
    notes set against it with theirs. Only when nothing of it is left is it "full"."""
    group = [document, *(back for back in document.returns if back.applied)]
    partials = []
    for member in group:
        if member.applied:
            member.applied_partial_id = bulk.new_id("account_partial_reconcile")
            partials.append(member.applied_partial_id)
        if member.payment:
            member.payment.partial_id = bulk.new_id("account_partial_reconcile")
            partials.append(member.payment.partial_id)
    if not partials:
        return
    matching, full_id = f"P{min(partials)}", None
    if not any(member.residual for member in group):
        full_id = bulk.new_id("account_full_reconcile")
        matching = str(full_id)
        bulk.add("full", id=full_id)
    for member in group:
        member.matching, member.full_id = matching, full_id


def _finish(env, documents, customers):
    """What single rows cannot say: the entry of each payment, one stock row per
    product and place, and the customers' rank, which counts invoices and payments."""
    ids = [document.payment.id for document in documents if document.payment]
    env.cr.execute(
        SQL(
            """
            UPDATE account_payment p
               SET move_id = m.id
              FROM account_move m
             WHERE m.origin_payment_id = p.id AND p.id = ANY(%s)
            """,
            ids,
        )
    )
    ranks = Counter()
    for document in documents:
        customer = customers[document.customer]
        for partner_id in {customer.invoice_id, customer.commercial_id}:
            ranks[partner_id] += 1
        ranks[customer.commercial_id] += bool(document.payment)
    env.cr.execute(
        SQL(
            """
            UPDATE res_partner p
               SET customer_rank = coalesce(p.customer_rank, 0) + r.rank
              FROM unnest(%s, %s) r(id, rank)
             WHERE p.id = r.id
            """,
            list(ranks),
            list(ranks.values()),
        )
    )
    env.invalidate_all()
    env["stock.quant"]._merge_quants()
    env["stock.quant"]._unlink_zero_quants()
