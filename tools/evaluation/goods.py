"""Lines of sales with their products, as the engine's suggestions take them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.history import History

from .data import TRUE

WANTED = ("customer", "date", "product")


@dataclass(frozen=True)
class Goods:
    """What was bought before a cut, and what is known of the products then.

    `customers`, `products` and `categories` are names by number; `category` and `price`
    are of each product.
    """

    history: History
    customers: pd.Index
    products: pd.Index
    categories: pd.Index
    category: np.ndarray
    price: np.ndarray


def read_lines(path):
    """Lines of a CSV with customer, date, product and, if known, category, qty,
    unit_price, amount and is_return; what was returned is left out."""
    text = {name: str for name in ("customer", "product", "category", "is_return")}
    lines = pd.read_csv(path, dtype=text)
    missing = {*WANTED} - {*lines.columns}
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}")
    for name in ("qty", "unit_price", "amount"):
        values = lines[name] if name in lines else pd.Series(np.nan, lines.index)
        lines[name] = pd.to_numeric(values, errors="coerce")
    if "is_return" in lines:
        marked = lines.is_return.fillna("").str.strip().str.lower()
        lines = lines[~marked.isin([*TRUE, "1.0"])]
    lines["amount"] = lines.amount.fillna(lines.qty * lines.unit_price)
    paid = lines.amount > 0
    # A price of nothing is no sale, unless no price is known at all.
    free = lines.amount.isna() | ((lines.amount == 0) & ~paid.any())
    lines = lines[(paid | free) & ~(lines.qty <= 0)]
    dates = pd.to_datetime(lines.date, utc=True, errors="coerce")
    lines = lines.assign(day=dates.dt.tz_localize(None).dt.floor("D"))
    lines = lines.dropna(subset=["customer", "product", "day"])
    lines["day"] = lines.day.to_numpy("datetime64[D]").astype(int)
    lines["customer"] = customer_names(lines.customer)
    if "category" not in lines:
        lines["category"] = ""
    return lines


def customer_names(names):
    """Numbers are the same customer with and without decimals: 17850.0 is 17850."""
    return names.str.strip().str.replace(r"^(\d+)\.0$", r"\1", regex=True)


def goods(lines, cut):
    """Only what is dated before the cut is read.

    A product's category is the one of its last line, its price the money of its lines
    over their quantity.
    """
    lines = lines[lines.day < cut].sort_values("day", kind="stable")
    customer, customers = pd.factorize(lines.customer, sort=True)
    product, products = pd.factorize(lines["product"], sort=True)
    kind, categories = pd.factorize(lines.category.fillna(""), sort=True)
    category = np.zeros(len(products), int)
    category[product] = kind
    quantity = lines.qty.fillna(1).to_numpy(float)
    amount = lines.amount.to_numpy(float)
    priced = np.isfinite(amount) & (amount > 0) & (quantity > 0)
    size = len(products)
    money = np.bincount(product[priced], amount[priced], minlength=size)
    pieces = np.bincount(product[priced], quantity[priced], minlength=size)
    price = np.divide(money, pieces, out=np.zeros(size), where=pieces > 0)
    day = lines.day.to_numpy(int)
    history = History.of(customer, product, day, len(customers), size, cut)
    return Goods(history, customers, products, categories, category, price)
