"""Invoices and credit notes, from the plan."""

from .documents import ITEM, ORDER, numbered, of_year

RESIDUAL = "residual", "residual_balance"


def item_amounts(sign, amount, balance, residual=("0", "0")):
    """The columns of a journal item; `sign` "-" for money that we owe or earned."""
    return {
        "amount_currency": f"{sign}{amount}",
        "balance": f"{sign}{balance}",
        "debit": "0" if sign else balance,
        "credit": balance if sign else "0",
        "amount_residual_currency": f"{sign}{residual[0]}",
        "amount_residual": f"{sign}{residual[1]}",
    }


def _totals(sign, amount, balance, residual=("0", "0")):
    """The columns of an invoice."""
    return {
        "amount_untaxed": amount,
        "amount_total": amount,
        "amount_residual": residual[0],
        "amount_untaxed_in_currency_signed": f"{sign}{amount}",
        "amount_total_in_currency_signed": f"{sign}{amount}",
        "amount_untaxed_signed": f"{sign}{balance}",
        "amount_total_signed": f"{sign}{balance}",
        "amount_residual_signed": f"{sign}{residual[1]}",
    }


MATCHING = {
    "matching_number": """COALESCE(
        full_id::text, 'P' || LEAST(credit_partial_id, paid_partial_id))""",
    "full_reconcile_id": "full_id",
}


def _partner():
    """Of an invoice, which is made out to the contact."""
    return {
        "partner_id": "contact_id",
        "partner_shipping_id": "contact_id",
        "commercial_partner_id": "o.partner_id",
        "invoice_partner_display_name": """'Customer ' || customer
            || CASE WHEN by_contact THEN ', Buyer of ' || customer ELSE '' END""",
        "invoice_user_id": "user_id",
        "invoice_currency_rate": "rate",
        "access_token": "NULL",
    }


def write_invoices(loader):
    name, prefix = of_year(loader, "invoice", "invoiced", "invoice_number")
    order = numbered(loader, "order", "o.number")
    of_order = {
        "invoice_origin": lambda company: (
            f"CASE WHEN state = 'sale' THEN {order(company)} END"
        ),
        "ref": "NULL",
        "currency_id": loader.currency,
    }
    loader.insert(
        "invoice",
        ORDER,
        "is_invoiced",
        **_partner(),
        **of_order,
        **_totals("", "total", "total_balance", RESIDUAL),
        id="invoice_id",
        name=name,
        payment_reference=name,
        sequence_prefix=prefix,
        sequence_number="invoice_number",
        date="invoiced",
        invoice_date="invoiced",
        invoice_date_due="invoiced + interval '30 days'",
        delivery_date="delivered",
        create_date="invoiced",
        payment_state="""CASE WHEN residual = 0 AND is_paid THEN 'paid'
            WHEN residual = 0 THEN 'reversed'
            WHEN is_paid OR is_credited THEN 'partial' ELSE 'not_paid' END""",
    )
    entry = {
        "move_id": "invoice_id",
        "move_name": name,
        "ref": "NULL",
        "partner_id": "o.partner_id",
        "currency_id": loader.currency,
        "date": "invoiced",
        "invoice_date": "invoiced",
    }
    loader.insert(
        "invoice line",
        ITEM,
        "is_invoiced",
        **entry,
        **_item(),
        **item_amounts("-", "subtotal", "i.balance"),
        id="invoice_line_id",
    )
    loader.insert(
        "invoice receivable",
        ORDER,
        "is_invoiced",
        **entry,
        **item_amounts("", "total", "total_balance", RESIDUAL),
        **MATCHING,
        id="invoice_receivable_id",
        name=name,
        date_maturity="invoiced + interval '30 days'",
        reconciled="residual = 0",
    )
    loader.env.cr.execute(
        """
        INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)
        SELECT order_line_id, invoice_line_id
          FROM plan_item i
          JOIN plan_document o ON o.number = i.event
         WHERE is_invoiced AND state = 'sale'
        """
    )
    _write_credit_notes(loader, of_order)


def _item():
    return {
        "name": "'Product ' || product_id",
        "product_id": "product_id",
        "quantity": "quantity",
        "price_unit": "price",
        "price_subtotal": "subtotal",
        "price_total": "subtotal",
    }


def _write_credit_notes(loader, of_order):
    name, prefix = of_year(loader, "credit note", "credited", "credit_number")
    loader.insert(
        "credit note",
        ORDER,
        "is_credited",
        **_partner(),
        **of_order,
        **_totals("-", "credit_total", "credit_balance")
        | {
            "amount_untaxed": "credit_total",
            "amount_total": "credit_total",
            "amount_residual_signed": "0",
        },
        id="credit_id",
        name=name,
        sequence_prefix=prefix,
        sequence_number="credit_number",
        date="credited",
        invoice_date="credited",
        invoice_date_due="credited",
        delivery_date="delivered",
        create_date="credited",
        reversed_entry_id="invoice_id",
        payment_state="'paid'",
    )
    entry = {
        "move_id": "credit_id",
        "move_name": name,
        "ref": "NULL",
        "partner_id": "o.partner_id",
        "currency_id": loader.currency,
        "date": "credited",
        "invoice_date": "credited",
    }
    loader.env.cr.execute(
        "CREATE TEMP TABLE plan_credit AS"
        " SELECT number, nextval('account_move_line_id_seq')::int AS credit_line_id"
        " FROM plan_document WHERE is_credited"
    )
    loader.insert(
        "credit note line",
        f"{ITEM} JOIN plan_credit c ON c.number = o.number",
        "position = 1",
        **entry,
        **_item(),
        **item_amounts("", "subtotal", "i.balance"),
        id="credit_line_id",
    )
    loader.insert(
        "credit note receivable",
        ORDER,
        "is_credited",
        **entry,
        **item_amounts("-", "credit_total", "credit_balance"),
        **MATCHING,
        id="credit_receivable_id",
        date_maturity="credited",
    )
    loader.env.cr.execute(
        """
        INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)
        SELECT order_line_id, credit_line_id
          FROM plan_item i
          JOIN plan_document o ON o.number = i.event
          JOIN plan_credit c ON c.number = o.number
         WHERE position = 1 AND state = 'sale'
        """
    )
