"""Any company's lines of sales, read as the addon would read them in Odoo."""

import numpy as np
import pandas as pd

from .data import TRUE, Sales, day_columns

# Where nothing is left of a purchase, to the cent.
CENT = 0.005


def read(path):
    """Sales from a CSV with the columns customer, date, qty, unit_price, amount and
    is_return, of which the last two may be missing: quantity times price, and a
    negative quantity is a return. With product, category and industry besides, returns
    are told which purchase they belong to, and customers who their peers are.
    """
    lines = pd.read_csv(path, dtype={"customer": str, "is_return": str})
    missing = {"customer", "date", "qty", "unit_price"} - {*lines.columns}
    if missing and "amount" not in lines or {"customer", "date"} & missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}")
    if "amount" not in lines:
        lines["amount"] = (lines.qty * lines.unit_price).round(2)
    given_back = lines.amount < 0
    if "is_return" in lines:
        marked = lines.is_return.fillna("").str.strip().str.lower()
        given_back |= marked.isin([*TRUE, "1.0"])
    dates = pd.to_datetime(lines.date, utc=True).dt.tz_localize(None)
    lines = lines.assign(
        day=dates.to_numpy().astype("datetime64[D]").astype(int), given_back=given_back
    ).dropna(subset=["customer", "amount"])
    names, lines["customer"] = np.unique(lines.customer, return_inverse=True)
    kept = lines[~lines.given_back & (lines.amount > 0)]
    bought = kept.groupby(["customer", "day"], as_index=False).amount.sum()
    back = lines[lines.given_back].assign(amount=lambda rows: rows.amount.abs())
    if {"product", "qty"} <= {*lines.columns}:
        back = _matched(kept, back)
    return Sales(
        names,
        day_columns(bought),
        {**day_columns(back), "sale_day": _sale_days(back)},
        kept if "category" in lines and "product" in lines else None,
        _industry(lines),
    )


def _sale_days(back):
    if "sale_day" in back:
        return back.sale_day.to_numpy(float)
    return np.full(len(back), np.nan)


def _matched(kept, back):
    """What was given back, with the day of the purchase that it belongs to: the
    customer's latest ones of the product, as the loader of past sales has it. What he
    never bought belongs to none, and changes no purchase."""
    sold = {}
    for row in kept.sort_values("day", kind="stable").itertuples():
        sold.setdefault((row.customer, row.product), []).append([row.day, row.qty])
    found = []
    for row in back.sort_values("day", kind="stable").itertuples():
        units = left = abs(row.qty)
        for sale in reversed(sold.get((row.customer, row.product), [])):
            taken = min(left, sale[1]) if sale[0] <= row.day else 0
            if taken > 0:
                sale[1] -= taken
                left -= taken
                amount = row.amount * taken / units
                found.append((row.customer, row.product, row.day, amount, sale[0]))
    columns = ["customer", "product", "day", "amount", "sale_day"]
    return pd.DataFrame(found, columns=columns)


def _industry(lines):
    """Number of the industry of each customer, the first one that is given; nan where
    none is."""
    if "industry" not in lines:
        return None
    known = lines.dropna(subset=["industry"])
    known = known[known.industry.astype(str).str.strip() != ""]
    first = known.groupby("customer").industry.first()
    codes = pd.Series(pd.factorize(first, sort=True)[0] + 1.0, index=first.index)
    return codes.reindex(range(lines.customer.max() + 1)).to_numpy()


def purchases_before(sales, cut):
    """What was bought before the cut, less what was given back of it by then. Where it
    is not known which purchase that is, each of the customer's loses its share.

    :return: events, see ``engine.purchases``
    """
    customers = len(sales.names)
    events = pd.DataFrame(sales.events)
    events = events[events.day < cut]
    back = pd.DataFrame(sales.returned)
    back = back[back.day < cut]
    known = back[back.sale_day.notna()]
    taken = known.groupby(["customer", "sale_day"]).amount.sum()
    keys = pd.MultiIndex.from_arrays([events.customer, events.day.astype(float)])
    left = events.amount.to_numpy() - taken.reindex(keys).fillna(0).to_numpy()
    events = events.assign(amount=left)[left >= CENT]
    loose = back[back.sale_day.isna()]
    returned = np.bincount(loose.customer, loose.amount, minlength=customers)
    bought = np.bincount(events.customer, events.amount, minlength=customers)
    share = 1 - np.minimum(returned / np.maximum(bought, 1e-9), 1)
    events = events.assign(amount=events.amount * share[events.customer])
    return day_columns(events)


def peer_group(sales, cut):
    """Group of similar customers, as the addon has it: the industry, else the category
    on which most was spent; nan where neither is known. See ``engine.peers``."""
    group = np.full(len(sales.names), np.nan)
    if sales.lines is not None:
        lines = sales.lines[sales.lines.day < cut]
        spent = lines.groupby(["customer", "product"]).agg(
            amount=("amount", "sum"), category=("category", "first")
        )
        back = pd.DataFrame(sales.returned)
        if "product" in back:
            back = back[back.day < cut].groupby(["customer", "product"]).amount.sum()
            spent["amount"] -= back.reindex(spent.index).fillna(0)
        spent = spent[(spent.amount >= CENT) & spent.category.notna()].reset_index()
        spent["category"] = pd.factorize(spent.category, sort=True)[0]
        spent = spent.groupby(["customer", "category"], as_index=False).amount.sum()
        spent = spent.sort_values(["amount", "category"], ascending=[True, False])
        group[spent.customer] = -1.0 - spent.category  # the last one is the largest
    if sales.industry is not None:
        group = np.where(np.isfinite(sales.industry), sales.industry, group)
    return group
