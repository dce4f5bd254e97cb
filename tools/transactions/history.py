"""The rows of the file as a history: orders, what came back, who paid what when.

Nothing here touches the database. All amounts are in the company's currency.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from odoo.tools import float_round


@dataclass(slots=True)
class Line:
    """Units of one product at one price; of a return, the units that came back.

    `origin` is the sold line that a returned one takes back, if it is known.
    `returned` and `credited` are the units and the money that came back from a
    sold line. The ids are those of the records to be written.
    """

    product: str
    quantity: float
    price: float
    subtotal: float
    origin: "Line | None" = None
    returned: float = 0.0
    credited: float = 0.0
    order_line_id: int = 0
    stock_move_id: int = 0


@dataclass(slots=True)
class Payment:
    """Money that came in for an order, or went back for a return."""

    date: date
    amount: float
    id: int = 0
    entry_id: int = 0
    counterpart_id: int = 0
    entry_name: tuple = ()
    partial_id: int = 0


@dataclass(slots=True)
class Document:
    """An order, its delivery and its invoice; or a return and its credit note.

    A return takes back from one order only, its `origin`; without one it stands
    alone. `residual` is what is still owed at the end of the history. `applied`
    is the part of a credit note that was set against the unpaid invoice.
    """

    order: str
    customer: str
    date: datetime
    delivered: datetime
    paid: date | None
    is_return: bool
    origin: "Document | None" = None
    lines: list = field(default_factory=list)
    total: float = 0.0
    residual: float = 0.0
    payment: Payment | None = None
    returns: list = field(default_factory=list)
    applied: float = 0.0
    applied_partial_id: int = 0
    matching: str | None = None
    full_id: int | None = None
    order_id: int | None = None
    order_name: str | None = None
    reference_id: int | None = None
    picking_id: int = 0
    picking_name: str = ""
    entry_id: int = 0
    entry_name: tuple = ()
    receivable_id: int = 0

    @property
    def day(self):
        return self.date.date()


def build(rows, rounding):
    """The documents of `rows`, in the order of time.

    :param rounding: the smallest amount of the currency
    """
    orders = defaultdict(list)
    for row in rows:
        orders[row.order].append(row)
    history = _History(rounding)
    sales = [[row for row in order if row.quantity > 0] for order in orders.values()]
    returns = [[row for row in order if row.quantity < 0] for order in orders.values()]
    for group in sorted(sales + returns, key=_time_of):
        if group and group[0].quantity > 0:
            history.sell(group)
        elif group:
            history.take_back(group)
    for document in history.documents:
        if not document.is_return:
            history.settle(document)
        elif not document.origin:
            history.refund(document)
    return history.documents


def _time_of(group):
    """On one moment, what is sold comes before what is returned."""
    if not group:
        return datetime.min, False
    return group[0].date, group[0].quantity < 0


class _History:
    def __init__(self, rounding):
        self.rounding = rounding
        self.documents = []
        self.sold = defaultdict(list)  # (customer, product): [(document, line)]

    def _round(self, amount):
        return float_round(amount, precision_rounding=self.rounding)

    def _document(self, row, origin=None):
        document = Document(
            order=row.order,
            customer=row.customer,
            date=row.date,
            delivered=row.delivered,
            paid=row.paid,
            is_return=row.quantity < 0,
            origin=origin,
        )
        self.documents.append(document)
        return document

    def _add_line(self, document, row, quantity, origin=None):
        subtotal = self._round(quantity * row.price)
        line = Line(row.product, quantity, row.price, subtotal, origin)
        document.lines.append(line)
        document.total = self._round(document.total + subtotal)
        return line

    def sell(self, rows):
        document = self._document(rows[0])
        for row in rows:
            line = self._add_line(document, row, row.quantity)
            self.sold[row.customer, row.product].append((document, line))

    def take_back(self, rows):
        """Units come back from the customer's latest orders of the product first;
        what he never bought is a return that stands alone."""
        documents = {}
        for row in rows:
            left = -row.quantity
            for sale, line in reversed(self.sold[row.customer, row.product]):
                units = float_round(min(left, line.quantity - line.returned), 6)
                if units > 0:
                    if sale.order not in documents:
                        documents[sale.order] = self._document(row, sale)
                        sale.returns.append(documents[sale.order])
                    back = self._add_line(documents[sale.order], row, units, line)
                    line.returned = float_round(line.returned + units, 6)
                    line.credited = self._round(line.credited + back.subtotal)
                    left = float_round(left - units, 6)
            if left > 0:
                if None not in documents:
                    documents[None] = self._document(row)
                self._add_line(documents[None], row, left)

    def settle(self, sale):
        """Pay the invoice on its day. A credit note is set against what is not yet
        paid then; what remains of it is paid back."""
        sale.residual = sale.total
        for back in sale.returns:
            if sale.paid and sale.paid <= back.day:
                self._pay(sale)
            back.applied = min(sale.residual, back.total)
            sale.residual = self._round(sale.residual - back.applied)
            self.refund(back)
        if sale.paid:
            self._pay(sale)

    def refund(self, back):
        back.residual = self._round(back.total - back.applied)
        if back.paid:
            self._pay(back)

    def _pay(self, document):
        if document.residual:
            document.payment = Payment(document.paid, document.residual)
            document.residual = 0.0
