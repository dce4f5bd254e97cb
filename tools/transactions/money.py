"""Invoices, credit notes, payments and what they settle: the columns that are their
own."""

from datetime import timedelta


def _payment_state(document):
    if document.residual:
        touched = document.payment or any(back.applied for back in document.returns)
        return "partial" if touched or document.applied else "not_paid"
    if document.payment or document.is_return or not document.returns:
        return "paid"
    return "reversed" if any(back.applied for back in document.returns) else "paid"


def _entry_reference(document):
    """The customer's number of the order, as Odoo puts it on an invoice, on a credit
    note of one, and on a credit note that stands alone."""
    if document.origin:
        return f"Reversal of: {document.origin.entry_name[0]}, {document.order}"
    return document.order


def write_invoice(context, document):
    bulk, customer = context.bulk, context.customers[document.customer]
    kind = "credit note" if document.is_return else "invoice"
    sign = -1 if document.is_return else 1
    name, prefix, number = document.entry_name
    due = document.day
    if not document.is_return:
        due += timedelta(days=context.due_days)
    delivered = document.origin or document
    amounts = {
        key: sign * document.total
        for key in (
            "amount_untaxed_signed",
            "amount_untaxed_in_currency_signed",
            "amount_total_signed",
            "amount_total_in_currency_signed",
        )
    }
    bulk.add(
        kind,
        id=document.entry_id,
        name=name,
        sequence_prefix=prefix,
        sequence_number=number,
        ref=_entry_reference(document),
        payment_reference=None if document.is_return else name,
        invoice_origin=document.order_name,
        partner_id=customer.invoice_id,
        partner_shipping_id=customer.shipping_id,
        commercial_partner_id=customer.commercial_id,
        invoice_partner_display_name=customer.invoice_name,
        invoice_user_id=customer.user_id,
        team_id=customer.team_id,
        date=document.day,
        invoice_date=document.day,
        invoice_date_due=due,
        delivery_date=delivered.delivered.date() if document.order_id else None,
        access_token=None,
        amount_untaxed=document.total,
        amount_total=document.total,
        amount_residual=document.residual,
        amount_residual_signed=sign * document.residual,
        payment_state=_payment_state(document),
        reversed_entry_id=document.origin.entry_id if document.origin else None,
        **amounts,
    )
    entry = {
        "move_id": document.entry_id,
        "move_name": name,
        "ref": _entry_reference(document),
        "partner_id": customer.commercial_id,
        "date": document.day,
        "invoice_date": document.day,
    }
    for line in document.lines:
        _write_invoice_line(context, kind, -sign, entry, line)
    label = None if document.is_return else f"{document.order} - {name}"
    bulk.add(
        f"{kind} receivable",
        id=document.receivable_id,
        name=label,
        account_id=customer.receivable_account_id,
        date_maturity=due,
        reconciled=not document.residual,
        matching_number=document.matching,
        full_reconcile_id=document.full_id,
        **_balance(sign * document.total, sign * document.residual),
        **entry,
    )


def _write_invoice_line(context, kind, sign, entry, line):
    product = context.products[line.product]
    line_id = context.bulk.new_id("account_move_line")
    context.bulk.add(
        f"{kind} line",
        id=line_id,
        name=product.label,
        account_id=product.income_account_id,
        product_id=product.id,
        product_uom_id=product.uom_id,
        quantity=line.quantity,
        price_unit=line.price,
        price_subtotal=line.subtotal,
        price_total=line.subtotal,
        **_balance(sign * line.subtotal, 0.0),
        **entry,
    )
    if line.order_line_id:
        context.bulk.add(
            "sale_order_line_invoice_rel",
            invoice_line_id=line_id,
            order_line_id=line.order_line_id,
        )


def _balance(balance, residual):
    return {
        "debit": max(balance, 0.0),
        "credit": max(-balance, 0.0),
        "balance": balance,
        "amount_currency": balance,
        "amount_residual": residual,
        "amount_residual_currency": residual,
    }


def write_payment(context, document):
    """Money in for an invoice, or out for a credit note, and its journal entry."""
    bulk, customer = context.bulk, context.customers[document.customer]
    payment = document.payment
    kind = "refund" if document.is_return else "payment"
    sign = -1 if document.is_return else 1
    name, prefix, number = payment.entry_name
    memo = _entry_reference(document) if document.is_return else document.entry_name[0]
    bulk.add(
        kind,
        id=payment.id,
        name=name,
        move_id=None,
        memo=memo,
        partner_id=customer.commercial_id,
        destination_account_id=customer.receivable_account_id,
        date=payment.date,
        amount=payment.amount,
        amount_company_currency_signed=sign * payment.amount,
    )
    bulk.add(
        "account_move__account_payment",
        invoice_id=document.entry_id,
        payment_id=payment.id,
    )
    bulk.add(
        f"{kind} entry",
        id=payment.entry_id,
        origin_payment_id=payment.id,
        name=name,
        sequence_prefix=prefix,
        sequence_number=number,
        ref=memo,
        partner_id=customer.commercial_id,
        commercial_partner_id=customer.commercial_id,
        invoice_partner_display_name=customer.commercial_name,
        date=payment.date,
        invoice_date_due=payment.date,
        access_token=None,
        amount_total=payment.amount,
        amount_total_signed=payment.amount,
        amount_total_in_currency_signed=payment.amount,
    )
    entry = {
        "move_id": payment.entry_id,
        "payment_id": payment.id,
        "move_name": name,
        "name": f"Manual Payment: {memo}",
        "ref": memo,
        "partner_id": customer.commercial_id,
        "date": payment.date,
        "date_maturity": payment.date,
    }
    money = sign * payment.amount
    bulk.add(
        f"{kind} line",
        id=bulk.new_id("account_move_line"),
        price_subtotal=money,
        price_total=money,
        **_balance(money, money),
        **entry,
    )
    bulk.add(
        f"{kind} receivable",
        id=payment.counterpart_id,
        account_id=customer.receivable_account_id,
        price_subtotal=-money,
        price_total=-money,
        matching_number=document.matching,
        full_reconcile_id=document.full_id,
        **_balance(-money, 0.0),
        **entry,
    )


def write_matching(context, document):
    """What was reconciled with the document's receivable line."""
    payment = document.payment
    if payment:
        sides = [document.receivable_id, payment.counterpart_id]
        _add_partial(
            context,
            payment.partial_id,
            reversed(sides) if document.is_return else sides,
            payment.amount,
            max(document.day, payment.date),
            document.full_id,
        )
    if document.applied:
        _add_partial(
            context,
            document.applied_partial_id,
            [document.origin.receivable_id, document.receivable_id],
            document.applied,
            document.day,
            document.full_id,
        )


def _add_partial(context, partial_id, sides, amount, day, full_id):
    debit_id, credit_id = sides
    context.bulk.add(
        "partial",
        id=partial_id,
        debit_move_id=debit_id,
        credit_move_id=credit_id,
        amount=amount,
        debit_amount_currency=amount,
        credit_amount_currency=amount,
        max_date=day,
        full_reconcile_id=full_id,
    )
