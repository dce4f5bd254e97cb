"""From the plan to the rows of Odoo: the columns that are a document's own.

What comes out is what Odoo's buttons leave, as in transactions.goods and
transactions.money, for documents by the hundred thousand.
"""

import re

ORDER = "plan_document o"
ITEM = "plan_item i JOIN plan_document o ON o.number = i.event"
IS_ORDER = "state != 'direct'"
COMES_BACK = "is_credited AND is_delivered AND position = 1"


def padded(column):
    return f"lpad({column}::text, GREATEST(5, length({column}::text)), '0')"


def numbered(loader, kind, number, column="name"):
    """SQL of the names of documents without a year: the example's with its number."""

    def name(company):
        prefix = re.sub(r"\d+$", "", loader.constant(company, kind, column))
        return f"'{prefix}' || {padded(number)}"

    return name


def of_year(loader, kind, day, number):
    """SQL of the names of journal entries, and their prefix."""

    def prefix(company):
        text = loader.constant(company, kind, "sequence_prefix")
        return f"'{re.sub('[0-9]{4}/$', '', text)}' || to_char({day}, 'YYYY/')"

    def name(company):
        return f"{prefix(company)} || {padded(number)}"

    return name, prefix


def write_orders(loader):
    loader.insert(
        "order",
        ORDER,
        IS_ORDER,
        id="order_id",
        name=numbered(loader, "order", "number"),
        state="state",
        client_order_ref="NULL",
        date_order="ordered",
        create_date="ordered",
        write_date="ordered",
        validity_date="NULL",
        commitment_date="NULL",
        effective_date="delivered",
        partner_id="contact_id",
        partner_invoice_id="contact_id",
        partner_shipping_id="contact_id",
        user_id="user_id",
        currency_id=loader.currency,
        currency_rate="rate",
        pricelist_id=f"CASE WHEN is_foreign THEN {loader.pricelist.id} END",
        amount_untaxed="total",
        amount_total="total",
        invoice_status="""CASE WHEN is_invoiced THEN 'invoiced'
            WHEN is_delivered THEN 'to invoice' ELSE 'no' END""",
        delivery_status="""CASE WHEN is_delivered THEN 'full'
            WHEN state = 'sale' THEN 'pending' END""",
    )
    sold = "CASE WHEN {} THEN {} ELSE 0 END"
    kept = "NOT (is_credited AND position = 1)"
    loader.insert(
        "order line",
        ITEM,
        IS_ORDER,
        id="order_line_id",
        order_id="order_id",
        state="state",
        create_date="ordered",
        order_partner_id="contact_id",
        salesman_id="user_id",
        currency_id=loader.currency,
        product_id="product_id",
        name="'Product ' || product_id",
        sequence="9 + position",
        price_unit="price",
        technical_price_unit="price",
        price_reduce_taxexcl="price",
        price_reduce_taxinc="price",
        price_subtotal="subtotal",
        price_total="subtotal",
        product_uom_qty="quantity",
        qty_delivered=sold.format(f"is_delivered AND {kept}", "quantity"),
        qty_invoiced=sold.format(f"is_invoiced AND {kept}", "quantity"),
        qty_to_invoice=sold.format("is_delivered AND NOT is_invoiced", "quantity"),
        untaxed_amount_invoiced=sold.format(f"is_invoiced AND {kept}", "subtotal"),
        untaxed_amount_to_invoice=sold.format(
            "is_delivered AND NOT is_invoiced", "subtotal"
        ),
        invoice_status="""CASE WHEN is_invoiced THEN 'invoiced'
            WHEN is_delivered THEN 'to invoice' ELSE 'no' END""",
    )
    confirmed = "state = 'sale'"
    loader.insert(
        "reference",
        ORDER,
        confirmed,
        id="reference_id",
        name=numbered(loader, "order", "number"),
    )
    loader.env.cr.execute(
        "INSERT INTO stock_reference_sale_rel (sale_id, reference_id)"
        " SELECT order_id, reference_id FROM plan_document WHERE state = 'sale'"
    )


def write_transfers(loader):
    confirmed = "state = 'sale'"
    delivery = numbered(loader, "delivery", "o.number")
    receipt = numbered(loader, "receipt", "o.number")
    order = numbered(loader, "order", "o.number")
    open_or_done = "CASE WHEN is_delivered THEN 'done' ELSE 'confirmed' END"
    loader.insert(
        "delivery",
        ORDER,
        confirmed,
        id="delivery_id",
        name=delivery,
        state=open_or_done,
        origin=order,
        sale_id="order_id",
        partner_id="contact_id",
        date_deadline="promised",
        scheduled_date="COALESCE(delivered, promised)",
        date_done="delivered",
        has_deadline_issue="is_delivered AND delivered > promised",
        create_date="ordered",
    )
    loader.insert(
        "receipt",
        ORDER,
        "is_credited AND is_delivered",
        id="receipt_id",
        name=receipt,
        origin=lambda company: f"'Return of ' || {delivery(company)}",
        return_id="delivery_id",
        sale_id="order_id",
        partner_id="contact_id",
        scheduled_date="credited",
        date_done="credited",
        create_date="credited",
    )
    goods = {
        "product_id": "product_id",
        "product_uom_qty": "quantity",
        "product_qty": "quantity",
        "packaging_uom_qty": "quantity",
        "sale_line_id": "order_line_id",
        "partner_id": "contact_id",
        "origin": order,
    }
    loader.insert(
        "delivery move",
        ITEM,
        confirmed,
        **goods,
        id="move_id",
        quantity="CASE WHEN is_delivered THEN quantity ELSE 0 END",
        picked="is_delivered",
        is_out="is_delivered",
        state=open_or_done,
        picking_id="delivery_id",
        reference=delivery,
        date="COALESCE(delivered, promised)",
        date_deadline="promised",
        reservation_date="ordered",
    )
    loader.insert(
        "receipt move",
        ITEM,
        COMES_BACK,
        **goods,
        quantity="quantity",
        picking_id="receipt_id",
        reference=receipt,
        origin_returned_move_id="move_id",
        date="credited",
        reservation_date="credited",
    )
    loader.env.cr.execute(
        """
        INSERT INTO stock_move_move_rel (move_orig_id, move_dest_id)
        SELECT origin_returned_move_id, id FROM stock_move
         WHERE origin_returned_move_id IS NOT NULL;
        INSERT INTO stock_reference_move_rel (reference_id, move_id)
        SELECT o.reference_id, move.id
          FROM stock_move move
          JOIN stock_picking picking ON picking.id = move.picking_id
          JOIN plan_document o ON o.order_id = picking.sale_id
        """
    )
    for kind, transfer in (("delivery", "delivery_id"), ("receipt", "receipt_id")):
        loader.insert(
            f"{kind} move line",
            f"stock_move m JOIN plan_document o ON o.{transfer} = m.picking_id",
            "m.state = 'done'",
            move_id="m.id",
            picking_id="m.picking_id",
            product_id="m.product_id",
            quantity="m.quantity",
            quantity_product_uom="m.quantity",
            date="m.date",
        )
