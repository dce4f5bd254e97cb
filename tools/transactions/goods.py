"""Orders, deliveries, receipts of returns, stock: the columns that are their own."""

from collections import Counter
from datetime import timedelta


def open_stock(context, documents, spare_units):
    """Enter the stock before the first delivery: all that the file delivers, so that
    stock never falls below zero, and `spare_units` more of each product. These and
    what came back are on hand in the end."""
    bulk, entered, returned = context.bulk, Counter(), Counter()
    for document in documents:
        for line in document.lines:
            if context.products[line.product].storable:
                (returned if document.is_return else entered)[line.product] += (
                    line.quantity
                )
    for code in entered | returned:
        entered[code] += spare_units
    eve = min(document.delivered for document in documents) - timedelta(days=1)
    for code, quantity in entered.items():
        product = context.products[code]
        for kind, change in (
            ("internal stock", returned[code] + spare_units),
            ("customer stock", quantity - spare_units - returned[code]),
            ("inventory stock", -quantity),
        ):
            bulk.add(
                kind,
                id=bulk.new_id("stock_quant"),
                product_id=product.id,
                in_date=eve,
                quantity=round(change, 6),
                reserved_quantity=0,
            )
        if quantity:
            move_id = bulk.new_id("stock_move")
            _add_move(bulk, "opening", move_id, product, round(quantity, 6), eve)


def _add_move(
    bulk, kind, move_id, product, quantity, moment, move=None, move_line=None
):
    bulk.add(
        f"{kind} move",
        id=move_id,
        product_id=product.id,
        product_uom=product.uom_id,
        packaging_uom_id=product.uom_id,
        packaging_uom_qty=quantity,
        product_qty=quantity,
        product_uom_qty=quantity,
        quantity=quantity,
        date=moment,
        **(move or {}),
    )
    bulk.add(
        f"{kind} move line",
        id=bulk.new_id("stock_move_line"),
        move_id=move_id,
        product_id=product.id,
        product_uom_id=product.uom_id,
        quantity=quantity,
        quantity_product_uom=quantity,
        date=moment,
        **(move_line or {}),
    )


def write_order(context, document):
    bulk, customer = context.bulk, context.customers[document.customer]
    states = [_invoice_state(context, line) for line in document.lines]
    bulk.add(
        "order",
        id=document.order_id,
        name=document.order_name,
        client_order_ref=document.order,
        partner_id=customer.id,
        partner_invoice_id=customer.invoice_id,
        partner_shipping_id=customer.shipping_id,
        user_id=customer.user_id,
        team_id=customer.team_id,
        date_order=document.date,
        validity_date=None,
        effective_date=document.delivered,
        access_token=None,
        amount_untaxed=document.total,
        amount_total=document.total,
        invoice_status="to invoice" if "to invoice" in states else "invoiced",
    )
    bulk.add("reference", id=document.reference_id, name=document.order_name)
    bulk.add(
        "stock_reference_sale_rel",
        sale_id=document.order_id,
        reference_id=document.reference_id,
    )
    for line, state in zip(document.lines, states, strict=True):
        _write_order_line(context, document, line, state)


def _to_invoice(context, line):
    """Units, by the product's invoicing policy: what was ordered, or what stays
    delivered, less what stays invoiced."""
    ordered = context.products[line.product].invoiced_as_ordered
    return line.returned if ordered else 0.0


def _invoice_state(context, line):
    return "to invoice" if _to_invoice(context, line) else "invoiced"


def _write_order_line(context, document, line, state):
    product = context.products[line.product]
    customer = context.customers[document.customer]
    kept = round(line.quantity - line.returned, 6)
    invoiced = context.currency.round(line.subtotal - line.credited)
    to_invoice = _to_invoice(context, line)
    amount_to_invoice = (kept + to_invoice) * line.price - invoiced
    context.bulk.add(
        "order line",
        id=line.order_line_id,
        order_id=document.order_id,
        order_partner_id=customer.id,
        salesman_id=customer.user_id,
        product_id=product.id,
        product_uom_id=product.uom_id,
        name=product.label,
        price_unit=line.price,
        technical_price_unit=line.price,
        price_reduce_taxexcl=line.price,
        price_reduce_taxinc=line.price,
        price_subtotal=line.subtotal,
        price_total=line.subtotal,
        product_uom_qty=line.quantity,
        qty_delivered=kept,
        qty_invoiced=kept,
        qty_to_invoice=to_invoice,
        untaxed_amount_invoiced=invoiced,
        untaxed_amount_to_invoice=context.currency.round(amount_to_invoice),
        invoice_status=state,
    )


def write_transfer(context, document):
    """The delivery of an order, or the receipt of a return."""
    bulk, customer = context.bulk, context.customers[document.customer]
    origin = document.origin
    kind = "receipt" if document.is_return else "delivery"
    source = f"Return of {origin.picking_name}" if origin else document.order_name
    deadline = None if document.is_return else document.date
    bulk.add(
        kind,
        id=document.picking_id,
        name=document.picking_name,
        origin=source,
        partner_id=customer.shipping_id,
        sale_id=document.order_id,
        return_id=origin.picking_id if origin else None,
        date_deadline=deadline,
        scheduled_date=document.date,
        date_done=document.delivered,
    )
    for line in document.lines:
        returned = line.origin.stock_move_id if line.origin else None
        _add_move(
            bulk,
            kind,
            line.stock_move_id,
            context.products[line.product],
            line.quantity,
            document.delivered,
            {
                "picking_id": document.picking_id,
                "origin": document.order_name,
                "reference": document.picking_name,
                "partner_id": customer.shipping_id,
                "sale_line_id": line.order_line_id or None,
                "date_deadline": deadline,
                "reservation_date": document.day,
                "origin_returned_move_id": returned,
            },
            {"picking_id": document.picking_id},
        )
        if returned:
            bulk.add(
                "stock_move_move_rel",
                move_orig_id=returned,
                move_dest_id=line.stock_move_id,
            )
        if document.reference_id:
            bulk.add(
                "stock_reference_move_rel",
                move_id=line.stock_move_id,
                reference_id=document.reference_id,
            )
