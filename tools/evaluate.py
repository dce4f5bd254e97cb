"""Grade the forecasts on purchases that they did not see.

Without arguments: on two public data sets, as a table beside plain rules and targets;
also stored as JSON in build/evaluation.json. Or forecast any company's customers:

    tools/evaluate.py lifecycle --lines LINES.csv --cut YYYY-MM-DD --horizon DAYS \\
        --out predictions.csv

Nothing dated on the cut or later is used; whatever has to be chosen is chosen by the
engine from the time before. predictions.csv has one row per customer who bought before
the cut: customer, p_active (chance of an order within the horizon), expected_orders
and expected_value. They stay empty when nobody ever bought twice: not enough to tell.
With --database NAME instead of --lines, the same of an Odoo database, from the facts
that the addon makes of its documents; customers are named by their reference.

Or count who came back, by the stage that the addon's rules (or those of another file
like it) gave him before, at several cuts of the public data sets:

    tools/evaluate.py stages [--rules STAGES.xml]

Or suggest products, ten for each query:

    tools/evaluate.py suggest --lines LINES.csv --cut YYYY-MM-DD \\
        --task cross|basket|reorder|upsell --queries QUERIES.csv \\
        --out recommendations.csv

QUERIES.csv has the columns key (the customer); for basket key, customer and product,
one row per product that is on the order; for upsell key, customer and type (a category
of the lines). recommendations.csv: key, product, rank.
"""

import argparse
import csv
import json
import sys
from datetime import date
from pathlib import Path

import numpy as np

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / "tools"), str(CHECKOUT / "crm_lifecycle")]

from evaluation import (
    data,
    forecasts,
    goods,
    lines,
    loyalty,
    products,
    report,
    stages,
    suggest,
)

SPLITS = (
    (
        "CDNOW, 273 days from 1997-10-01",
        *(data.cdnow, "1997-10-01", 273),
        {"auc": 0.772, "log_loss": 0.500, "mae": 0.79, "rmse": 1.72},
    ),
    *(
        (
            f"Complete Journey, {days} days from 2017-08-29",
            *(data.complete_journey, "2017-08-29", days),
            {"auc": auc, "log_loss": log_loss, "mae": mae},
        )
        for days, auc, log_loss, mae in (
            (60, 0.896, 0.225, 2.82),
            (90, 0.901, 0.157, 4.07),
            (125, 0.916, 0.118, 5.55),
        )
    ),
)

# Does the loyalty score rank who stays? The first two were used to choose its weights.
LOYALTY = (
    ("CDNOW, 180 days from 1997-07-01", data.cdnow, "1997-07-01", 180),
    (
        "Complete Journey, 125 days from 2017-06-30",
        *(data.complete_journey, "2017-06-30", 125),
    ),
    ("CDNOW, 273 days from 1997-10-01", data.cdnow, "1997-10-01", 273),
    (
        "Complete Journey, 125 days from 2017-08-29",
        *(data.complete_journey, "2017-08-29", 125),
    ),
)

STAGE_CUTS = (
    ("Complete Journey", data.complete_journey, "2017-05-31"),
    ("Complete Journey", data.complete_journey, "2017-06-30"),
    ("Complete Journey", data.complete_journey, "2017-07-31"),
    ("Complete Journey", data.complete_journey, "2017-08-29"),
    ("CDNOW", data.cdnow, "1997-07-01"),
    ("CDNOW", data.cdnow, "1997-10-01"),
    ("CDNOW", data.cdnow, "1998-01-01"),
)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, default=CHECKOUT / "build/evaluation.json")
    commands = parser.add_subparsers(dest="command")
    lifecycle = commands.add_parser("lifecycle", help="forecast from any sales lines")
    source = lifecycle.add_mutually_exclusive_group(required=True)
    source.add_argument("--lines", type=Path)
    source.add_argument("--database", help="Odoo database with the addon")
    lifecycle.add_argument("--config", help="Odoo's configuration file")
    lifecycle.add_argument("--cut", type=date.fromisoformat, required=True)
    lifecycle.add_argument("--horizon", type=_days, required=True)
    lifecycle.add_argument("--out", type=Path, required=True)
    suggested = commands.add_parser("suggest", help="products from any sales lines")
    suggested.add_argument("--lines", type=Path, required=True)
    suggested.add_argument("--cut", type=date.fromisoformat, required=True)
    suggested.add_argument("--task", choices=suggest.COLUMNS, required=True)
    suggested.add_argument("--queries", type=Path, required=True)
    suggested.add_argument("--out", type=Path, required=True)
    lived = commands.add_parser("stages", help="who came back, by stage")
    lived.add_argument("--rules", type=Path, default=stages.RULES)
    arguments = parser.parse_args()
    if arguments.command == "lifecycle":
        predict(arguments)
    elif arguments.command == "suggest":
        recommend(arguments)
    elif arguments.command == "stages":
        compare_stages(arguments.rules)
    else:
        evaluate(arguments.json)


def evaluate(path):
    """Print the table of every split and store it."""
    stored, loaded = {}, {}
    for title, load, cut, days, targets in SPLITS:
        if load not in loaded:
            loaded[load] = load()
        found, how = report.grade(loaded[load], data.day_number(cut), days)
        print(*report.table(title, found, how, targets), "", sep="\n", flush=True)
        stored[title] = {"grades": found, "targets": targets, **how}
    stored["products"] = products.grade()
    for task, found in stored["products"].items():
        print(*products.table(task, found), "", sep="\n")
    stored["loyalty"] = {}
    journey = loyalty.breadth(
        data.complete_journey_lines(), loaded[data.complete_journey].names
    )
    for title, load, cut, days in LOYALTY:
        counted = journey if load is data.complete_journey else None
        found = loyalty.grade(loaded[load], data.day_number(cut), days, counted)
        stored["loyalty"][title] = found
        print(*loyalty.table(title, found), "", sep="\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1) + "\n")
    print(f"Stored in {path}")


def predict(arguments):
    """Write what is forecast for every customer who bought before the cut."""
    cut, days = data.day_number(arguments.cut), arguments.horizon
    if arguments.database:
        from evaluation import database

        with database.connect(arguments.database, arguments.config) as env:
            names, made = database.forecast(env, arguments.cut, days)
    else:
        sales = lines.read(arguments.lines)
        names, made = sales.names, forecasts.forecast(sales, cut, days)
    write(names, made, arguments.out)


def write(names, made, out):
    """:param names: of all customers
    :param made: forecasts of some of them
    """
    columns = (made.chance, made.orders, made.value)
    with out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("customer", "p_active", "expected_orders", "expected_value"))
        for row, *values in zip(made.rows, *columns, strict=True):
            known = [float(value) if np.isfinite(value) else "" for value in values]
            writer.writerow((names[row], *known))


def compare_stages(path):
    """Print who came back, by stage, at every cut."""
    rules, loaded = stages.read_rules(path), {}
    for title, load, cut in STAGE_CUTS:
        if load not in loaded:
            loaded[load] = load()
        lines = stages.table(
            f"{title}, {cut}", loaded[load], data.day_number(cut), rules
        )
        print(*lines, "", sep="\n", flush=True)


def recommend(arguments):
    """Write ten products for every query."""
    known = goods.goods(
        goods.read_lines(arguments.lines), data.day_number(arguments.cut)
    )
    queries = suggest.read_queries(arguments.queries, arguments.task)
    found = suggest.answer(known, arguments.task, queries)
    found.to_csv(arguments.out, index=False)


def _days(text):
    days = int(text)
    if days < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return days


if __name__ == "__main__":
    main()
