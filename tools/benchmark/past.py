"""How long a file of past sales takes to load, with tools/load_transactions.py."""

import csv
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from environment import CHECKOUT

from .database import DAYS, END
from .stopwatch import of_server

DATABASE = "crm_lifecycle_bench_load"
LINES, CUSTOMERS, PRODUCTS, SEED = 200_000, 20_000, 2_000, 1
EVERY = 2  # seconds
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
        seconds, processor = _watch(env, [*command, path])
    note("load", seconds, details={"processor": round(processor, 1)})
    config.unlink()
    env.drop_database(DATABASE)


def _watch(env, command):
    """Run `command`, which works in DATABASE.

    :return: its seconds, and processor seconds of it and of the server's processes that
        serve it, as far as they are on this machine, but for the last moments
    """
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    used, before, started = {}, os.times(), time.perf_counter()
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            time.sleep(EVERY)
            for pid in map(int, env.sql(query, DATABASE).split()):
                used[pid] = max(of_server(pid), used.get(pid, 0))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    seconds, after = time.perf_counter() - started, os.times()
    client = after.children_user + after.children_system
    client -= before.children_user + before.children_system
    return seconds, client + sum(used.values())


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
