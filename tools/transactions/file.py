"""The file of past sales: its columns, how it is read, and what may be wrong in it."""

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timezone

from odoo.tools import float_round

REQUIRED = (
    "customer",
    "order",
    "date",
    "product",
    "name",
    "category",
    "qty",
    "unit_price",
)
OPTIONAL = ("country", "industry", "paid", "delivered")
EARLIEST = date(1970, 1, 1)
UNDECODABLE = re.compile("[\udc80-\udcff]")


@dataclass(slots=True)
class Row:
    """One line of the file: so many units of a product, bought or given back.

    `number` is its line in the file. `quantity` is negative for a return. `paid`
    is empty when the money never came.
    """

    number: int
    customer: str
    order: str
    date: datetime
    product: str
    name: str
    category: str
    quantity: float
    price: float
    country: str
    industry: str
    paid: date | None
    delivered: datetime


class BadFile(Exception):
    """The file is refused; `problems` lists (line number, what is wrong)."""

    def __init__(self, problems):
        self.problems = sorted(problems)
        super().__init__(
            "\n".join(f"line {number}: {text}" for number, text in self.problems)
        )


def read(path, encoding="utf-8-sig"):
    """Yield (line number, values by column) of the CSV file at `path`.

    Bytes that are not in `encoding` arrive as lone surrogates, so that one bad
    line can be told from the others; so do zero bytes, which csv of Python 3.10
    does not take.
    """
    with open(path, encoding=encoding, errors="surrogateescape", newline="") as stream:
        reader = csv.DictReader(line.replace("\0", "\udc80") for line in stream)
        missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            found = UNDECODABLE.sub("?", ", ".join(reader.fieldnames or ["nothing"]))
            raise BadFile(
                [(1, f"missing columns: {', '.join(missing)} (found: {found})")]
            )
        for values in reader:
            yield reader.line_num, values


def check(records, today, price_digits, quantity_digits):
    """Turn (number, values) records into rows.

    :return: (rows, problems); a record is in exactly one of them
    """
    heads = {}

    def row_or_problem(number, values):
        try:
            row = _parse(number, values, today, price_digits, quantity_digits)
            _check_same_order(row, heads)
        except ValueError as error:
            return number, str(error)
        return row

    results = [row_or_problem(number, values) for number, values in records]
    rows = [result for result in results if isinstance(result, Row)]
    return rows, [result for result in results if not isinstance(result, Row)]


def _parse(number, values, today, price_digits, quantity_digits):
    if None in values or None in values.values():
        raise ValueError("not as many values as columns")
    texts = {key: str(value).strip() for key, value in values.items()}
    if any(UNDECODABLE.search(text) for text in texts.values()):
        raise ValueError("unreadable characters: not in the encoding of the file")
    for column in ("customer", "order", "product"):
        if not texts[column]:
            raise ValueError(f"{column} is empty")
    moment = _moment(texts, "date", today)
    quantity = float_round(_number(texts, "qty"), quantity_digits)
    price = float_round(_number(texts, "unit_price"), price_digits)
    if not quantity:
        raise ValueError(f"qty is zero: {texts['qty']!r}")
    if price < 0:
        raise ValueError(f"unit_price is negative: {texts['unit_price']!r}")
    paid = moment.date()
    if "paid" in texts:
        paid = _moment(texts, "paid", today).date() if texts["paid"] else None
    delivered = _moment(texts, "delivered", today) if texts.get("delivered") else moment
    return Row(
        number=number,
        customer=texts["customer"],
        order=texts["order"],
        date=moment,
        product=texts["product"],
        name=texts["name"],
        category=texts["category"],
        quantity=quantity,
        price=price,
        country=texts.get("country", ""),
        industry=texts.get("industry", ""),
        paid=paid,
        delivered=delivered,
    )


def _moment(texts, column, today):
    """An ISO date or date and time, in UTC; a date alone is its noon."""
    text = texts[column]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column} is not a date (YYYY-MM-DD): {text!r}") from None
    if moment.tzinfo:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    if len(text) == len("YYYY-MM-DD"):
        moment = datetime.combine(moment, time(12))
    if not EARLIEST <= moment.date() <= today:
        raise ValueError(f"{column} is not between {EARLIEST} and {today}: {text!r}")
    return moment.replace(microsecond=0)


def _number(texts, column):
    text = texts[column]
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e12:
        raise ValueError(f"{column} is not a number: {text!r}")
    return number


def _check_same_order(row, heads):
    """All rows of an order have its customer and its dates."""
    head = heads.setdefault(row.order, row)
    for column in ("customer", "date", "paid", "delivered"):
        if getattr(row, column) != getattr(head, column):
            raise ValueError(
                f"order {row.order!r} has another {column} on line {head.number}"
            )
