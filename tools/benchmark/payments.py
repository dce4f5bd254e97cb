"""Payments, their journal entries and what they settle, from the plan."""

from .documents import ORDER, of_year
from .money import MATCHING, item_amounts


def write_payments(loader):
    name, prefix = of_year(loader, "payment entry", "paid_on", "payment_number")
    memo, _prefix = of_year(loader, "invoice", "invoiced", "invoice_number")
    common = {
        "partner_id": "o.partner_id",
        "currency_id": loader.currency,
        "date": "paid_on",
        "create_date": "paid_on",
    }
    loader.insert(
        "payment",
        ORDER,
        "is_paid",
        **common,
        id="payment_id",
        move_id="entry_id",
        name=name,
        memo=memo,
        amount="paid",
        amount_company_currency_signed="paid_balance",
    )
    loader.env.cr.execute(
        "INSERT INTO account_move__account_payment (invoice_id, payment_id)"
        " SELECT invoice_id, payment_id FROM plan_document WHERE is_paid"
    )
    loader.insert(
        "payment entry",
        ORDER,
        "is_paid",
        **common,
        id="entry_id",
        origin_payment_id="payment_id",
        commercial_partner_id="o.partner_id",
        invoice_partner_display_name="'Customer ' || customer",
        name=name,
        ref=memo,
        sequence_prefix=prefix,
        sequence_number="payment_number",
        invoice_date_due="paid_on",
        access_token="NULL",
        amount_total="paid",
        amount_total_in_currency_signed="paid",
        amount_total_signed="paid_balance",
    )
    entry = {
        "move_id": "entry_id",
        "payment_id": "payment_id",
        "move_name": name,
        "name": lambda company: f"'Manual Payment: ' || {memo(company)}",
        "ref": memo,
        "date_maturity": "paid_on",
    }
    loader.insert(
        "payment line",
        ORDER,
        "is_paid",
        **common,
        **entry,
        **item_amounts("", "paid", "paid_balance", ("paid", "paid_balance")),
        price_subtotal="paid",
        price_total="paid",
    )
    loader.insert(
        "payment receivable",
        ORDER,
        "is_paid",
        **common,
        **entry,
        **item_amounts("-", "paid", "paid_balance"),
        **MATCHING,
        id="entry_receivable_id",
        price_subtotal="-paid",
        price_total="-paid",
    )


def write_matchings(loader):
    """What was reconciled with the receivable lines of invoices."""
    loader.insert("full", ORDER, "full_id IS NOT NULL", id="full_id")
    for partial, other, amount, balance, day in (
        ("paid_partial_id", "entry_receivable_id", "paid", "paid_balance", "paid_on"),
        (
            "credit_partial_id",
            "credit_receivable_id",
            *("credit_total", "credit_balance", "credited"),
        ),
    ):
        loader.insert(
            "partial",
            ORDER,
            f"{partial} IS NOT NULL",
            id=partial,
            debit_move_id="invoice_receivable_id",
            credit_move_id=other,
            amount=balance,
            debit_amount_currency=amount,
            credit_amount_currency=amount,
            debit_currency_id=loader.currency,
            credit_currency_id=loader.currency,
            max_date=day,
            full_reconcile_id="full_id",
        )
