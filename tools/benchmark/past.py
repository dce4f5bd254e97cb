"""How long a file of past sales takes to load, with tools/load_transactions.py."""

import csv
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from environment import CHECKOUT

from .database import DAYS, END

DATABASE = "crm_lifecycle_bench_load"
LINES, CUSTOMERS, PRODUCTS, SEED = 200_000, 20_000, 2_000, 1
COLUMNS = (
    *("customer", "order", "date", "product", "name", "category", "qty"),
    *("unit_price", "paid", "delivered"),
)


def run(env, note):
    """Load LINES into a company that has sold nothing yet."""
    env.copy_database(env.template(), DATABASE)
    config = env.write_config(DATABASE)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        with path.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows(_lines())
        tool = CHECKOUT / "tools/load_transactions.py"
        command = [sys.executable, tool, "--database", DATABASE, "--config", config]
        started = time.perf_counter()
        subprocess.run([*command, path], check=True)
        note("load", time.perf_counter() - started)
    config.unlink()
    env.drop_database(DATABASE)


def _lines():
    """Orders of one to seven lines, few customers and products having many; one order
    in twenty comes back in part, one in thirty is never paid."""
    rng, written, order = random.Random(SEED), 0, 0
    while written < LINES:
        order += 1
        day = END - timedelta(days=rng.randint(60, DAYS))
        delivered = day + timedelta(days=rng.randint(0, 6))
        paid = delivered + timedelta(days=rng.randint(5, 50))
        own = {
            "customer": f"C{int(CUSTOMERS * rng.random() ** 2)}",
            "date": day.isoformat(),
            "delivered": delivered.isoformat(),
            "paid": paid.isoformat() if order % 30 else "",
        }
        products = {int(PRODUCTS * rng.random() ** 2) for _ in range(rng.randint(1, 7))}
        lines = [
            own
            | {
                "order": f"S{order}",
                "product": f"P{product}",
                "name": f"Product {product}",
                "category": f"Goods / Group {product % 40}",
                "qty": rng.randint(1, 9),
                "unit_price": round(2 + product % 97 * 1.07, 2),
            }
            for product in sorted(products)
        ]
        if order % 20 == 0:
            back = own | {"date": paid.isoformat(), "delivered": paid.isoformat()}
            lines.append(lines[0] | back | {"order": f"R{order}", "qty": -1})
        for line in lines[: LINES - written]:
            yield [line[name] for name in COLUMNS]
        written += len(lines)
