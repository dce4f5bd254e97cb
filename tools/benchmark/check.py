"""Whether generated documents are what Odoo would have made: a sample of each kind is
opened by the ORM, which computes again what it had stored of them."""

SAMPLE = 20
KINDS = (
    ("sale.order", "order_line", "state", ("draft", "sale", "cancel")),
    ("sale.order", "order_line", "invoice_status", ("no", "to invoice", "invoiced")),
    ("sale.order", "order_line", "currency_id.name", ("USD", "EUR")),
    ("account.move", "line_ids", "move_type", ("out_invoice", "out_refund", "entry")),
    (
        *("account.move", "line_ids", "payment_state"),
        ("not_paid", "partial", "paid", "reversed"),
    ),
    ("account.move", "line_ids", "currency_id.name", ("USD", "EUR")),
    ("account.payment", None, "currency_id.name", ("USD", "EUR")),
    ("stock.picking", "move_ids", "state", ("confirmed", "done")),
    ("stock.picking", "move_line_ids", "picking_type_code", ("incoming", "outgoing")),
    ("res.partner", None, "is_company", (True, False)),
    ("product.product", None, "type", ("consu",)),
)


def differences(env):
    """:return: list of texts, one for each field whose stored value is another"""
    found = []
    env = env(context={"allowed_company_ids": env["res.company"].search([]).ids})
    for model, lines, field, values in KINDS:
        for value in values:
            records = env[model].search(
                [(field, "=", value)], limit=SAMPLE, order="id desc"
            )
            if not records:
                found.append(f"{model}: none with {field} {value}")
            for part in (records, records[lines] if lines else records.browse()):
                found += [f"{field} {value}: {text}" for text in _compare(part)]
    return found


def _compare(records):
    """What users may edit themselves (not readonly) is not compared."""
    fields = [
        field
        for field in records._fields.values()
        if field.store
        and field.compute
        and field.column_type
        and field.readonly
        and not field.related
    ]
    stored = {field: [record[field.name] for record in records] for field in fields}
    for field in fields:
        records.env.add_to_compute(field, records)
    for field in fields:
        for record, before in zip(records, stored[field], strict=True):
            after = record[field.name]
            if before != after and not _is_close(before, after):
                yield f"{record}.{field.name} is {before}, Odoo computes {after}"
                break


def _is_close(before, after):
    return isinstance(after, float) and abs(after - before) < 1e-6
