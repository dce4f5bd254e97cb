"""make bench: the addon's speed in a synthetic company, beside what PostgreSQL needs.

--size is tiny, small, medium (20,000 customers) or large (100,000 customers, 290,000
orders, 1.1 million lines, 284,000 invoices and credit notes, 293,000 transfers in
three years). The company is generated once for each size and kept as a database.

Prints a line for each goal: the bound measured in the same run, ours, the value that is
judged, what it must be and what we aim at. The same is stored, with all details, in
build/bench-SIZE.json. Exit code 1 when a must is missed.

    python tools/bench.py --size small --load             also load 200,000 past lines
    python tools/bench.py --size small --into DATABASE    only copy it, without addon
    python tools/bench.py --publish      put the stored figures into README.md and docs
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import date

from benchmark import (
    crowd,
    database,
    everyday,
    fit,
    goals,
    memory,
    naive,
    night,
    oca,
    offers,
    past,
    report,
    workers,
)

import environment
from environment import CHECKOUT
from provision import cache

WITH, WITHOUT = "crm_lifecycle_bench_with", "crm_lifecycle_bench_without"


class Results(dict):
    """What was measured, by goal, told as it comes."""

    def note(self, name, ours, bound=None, ratio=None, details=None):
        ratio = ratio or (ours / bound if bound else None)
        self[name] = {
            "ours": ours,
            "bound": bound,
            "ratio": ratio,
            "details": details or {},
        }
        cache.say(f"{name}: {ours:.3f} of {bound or 0:.3f} {details or ''}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=database.SIZES, default="medium")
    parser.add_argument("--into", metavar="DATABASE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--memory", choices=("night", "worker"), help=argparse.SUPPRESS)
    parser.add_argument("--help-night", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.publish:
        report.publish()
        return 0
    env = environment.ready(database=True)
    if arguments.help_night:
        workers.help_night(env, WITH)
        return 0
    if arguments.memory:
        print(memory.grown(env, WITH, arguments.memory))
        return 0
    template = database.template(env, arguments.size)
    if arguments.into:
        env.copy_database(template, arguments.into)
        return 0
    results, started = Results(), time.monotonic()
    results["run"] = _circumstances(env, template, arguments.size)
    fit.run(results.note)
    if arguments.load:
        past.run(env, results.note)
    with cache.locked(env.cache / "bench.lock", "waiting for another bench"):
        _measure(env, template, arguments.rounds, results)
    _growth(arguments.size, results)
    results["run"]["seconds"] = time.monotonic() - started
    path = report.path(arguments.size)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(*goals.table(results), f"Stored in {path}", sep="\n")
    return 1 if "missed" in [verdict for *_cells, verdict in goals.rows(results)] else 0


def _circumstances(env, template, size):
    """What the figures depend on."""
    git = ["git", "-C", CHECKOUT, "describe", "--always", "--dirty"]
    commit = subprocess.run(git, stdout=subprocess.PIPE, text=True, check=True).stdout
    counts = env.sql(
        "SELECT (SELECT COUNT(*) FROM sale_order),"
        " (SELECT COUNT(*) FROM sale_order_line),"
        " (SELECT COUNT(*) FROM account_move WHERE move_type LIKE 'out%'),"
        " (SELECT COUNT(*) FROM stock_picking),"
        " pg_database_size(current_database()) / 1000000",
        template,
    )
    names = ("orders", "lines", "invoices", "transfers", "megabytes")
    return {
        "size": size,
        "customers": database.SIZES[size].customers,
        "date": date.today().isoformat(),
        "commit": commit.strip(),
        "processors": os.cpu_count(),
        "load before": os.getloadavg()[0],
        "postgresql": env.sql("SHOW server_version").strip(),
        "shared buffers": env.sql("SHOW shared_buffers").strip(),
        **dict(zip(names, map(int, counts.split("|")), strict=True)),
    }


def _measure(env, template, rounds, results):
    note = results.note
    for name in (WITHOUT, WITH):
        env.copy_database(template, name)
    started = time.monotonic()
    env.install(env.write_config(WITH), "crm_lifecycle")
    note("15", time.monotonic() - started)
    with (
        workers.helpers(__file__, "--help-night") as tell,
        database.odoo_env(env, WITH) as admin,
    ):
        night.run(admin, rounds, note, tell)
    for what in ("night", "worker"):
        command = [sys.executable, __file__, "--memory", what]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        note(f"12 {what}", float(done.stdout.split()[-1]))
    for name in (WITHOUT, WITH):
        env.sql("VACUUM (ANALYZE)", name)
    with (
        database.odoo_env(env, WITHOUT) as without,
        database.odoo_env(env, WITH) as admin,
    ):
        everyday.compare(admin(su=False), without(su=False), note)
        naive.run(without, results["1 alone"]["ours"], note)
    with database.loaded(env, WITHOUT), database.loaded(env, WITH):
        crowd.run(WITH, WITHOUT, note)
    addons = [oca.folder(env)]
    env.install(env.write_config(WITHOUT, addons=addons), oca.MODULE)
    with (
        database.odoo_env(env, WITHOUT, addons) as other,
        database.odoo_env(env, WITH) as admin,
    ):
        offers.run(admin(su=False), note, other(su=False))
    for name in (WITHOUT, WITH):
        env.drop_database(name)


def _growth(size, results):
    for name in ("10", "11 list"):
        details = results[name]["details"]
        results.note(f"{name} queries", details["queries"] - details["without"])
    smaller = report.path("medium")
    medium = json.loads(smaller.read_text()) if smaller.exists() else {}
    for name in ("1", "1 strict"):
        if size == "large" and "1 strict" in medium:  # else it had another bound
            ours, before = results[name], medium[name]
            results.note(
                name.replace("1", "3"),
                ours["ours"] / before["ours"],
                ours["bound"] / before["bound"],
            )


if __name__ == "__main__":
    environment.main(main)
