"""Many copies of an example row, by PostgreSQL's COPY."""

import json
from io import StringIO
from itertools import count

from odoo.tools import SQL

# A table comes after those it refers to. Two references turn in a circle: a payment
# gets its journal entry at the end, see documents.write.
ORDER = (
    "product template",
    "product",
    "reference",
    "order",
    "order line",
    "delivery",
    "receipt",
    "opening move",
    "delivery move",
    "receipt move",
    "opening move line",
    "delivery move line",
    "receipt move line",
    "internal stock",
    "customer stock",
    "inventory stock",
    "payment",
    "refund",
    "full",
    "invoice",
    "credit note",
    "payment entry",
    "refund entry",
    "invoice line",
    "invoice receivable",
    "credit note line",
    "credit note receivable",
    "payment line",
    "payment receivable",
    "refund line",
    "refund receivable",
    "partial",
    "sale_order_line_invoice_rel",
    "account_move__account_payment",
    "stock_reference_sale_rel",
    "stock_reference_move_rel",
    "stock_move_move_rel",
)
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ROWS_AT_ONCE = 200_000


class Bulk:
    """Collects rows by kind and copies them into their tables.

    A row holds the columns that differ; the others are its prototype's. Kinds
    without a prototype are the tables of many2many fields.
    """

    def __init__(self, env, prototypes):
        self.env = env
        self.prototypes = prototypes
        self.buffers = {}
        self.columns = {}
        self.constants = {}
        self.waiting = 0
        self.numbers = {}
        self.counts = dict.fromkeys(ORDER, 0)

    def new_id(self, table):
        return self.next_number(f"{table}_id_seq")

    def next_number(self, sequence):
        """The next number of a PostgreSQL sequence, fetched a thousand at a time."""
        if sequence not in self.numbers:
            self.numbers[sequence] = self._reserve(sequence)
        return next(self.numbers[sequence])

    def _reserve(self, sequence):
        query = SQL("SELECT nextval(%s) FROM generate_series(1, 1000)", sequence)
        for _block in count():
            for (number,) in self.env.execute_query(query):
                yield number

    def add(self, kind, **row):
        if kind not in self.columns:
            self._begin(kind, row)
        values = "\t".join([_text(value) for value in row.values()])
        self.buffers[kind].write(values + self.constants[kind])
        self.counts[kind] += 1
        self.waiting += 1

    def _begin(self, kind, row):
        prototype = self.prototypes.get(kind)
        constants = prototype.values if prototype else {}
        constants = {key: constants[key] for key in constants if key not in row}
        self.columns[kind] = [*row, *constants]
        self.constants[kind] = (
            "".join(f"\t{_text(value)}" for value in constants.values()) + "\n"
        )
        self.buffers[kind] = StringIO()

    def flush(self, at_least=ROWS_AT_ONCE):
        """Copy what was collected, once there is enough of it."""
        if self.waiting < at_least:
            return
        for kind in ORDER:
            if kind in self.buffers:
                self._copy(kind)
        self.waiting = 0

    def analyze(self):
        """Let PostgreSQL know at once what the tables hold now: until it looks by
        itself, its plans are made for empty ones."""
        for table in self.tables():
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def tables(self):
        """:return: names of all tables that may be written to"""
        return sorted({self._table(kind) for kind in ORDER})

    def _table(self, kind):
        prototype = self.prototypes.get(kind)
        return prototype.table if prototype else kind

    def _copy(self, kind):
        buffer = self.buffers[kind]
        buffer.seek(0)
        statement = SQL(
            "COPY %s (%s) FROM STDIN",
            SQL.identifier(self._table(kind)),
            SQL(", ").join(SQL.identifier(name) for name in self.columns[kind]),
        )
        self.env.cr.copy_expert(statement.code, buffer)
        self.buffers[kind] = StringIO()


def _text(value):
    """A value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPES)
    if isinstance(value, dict | list):
        return json.dumps(value).translate(ESCAPES)
    return str(value)
