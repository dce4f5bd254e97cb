"""Load past sales from a CSV file into an Odoo database, in bulk.

    python tools/load_transactions.py --database DB [--config odoo.conf] sales.csv

Columns: customer, order, date, product, name, category, qty, unit_price. Rows of one
order share customer and date; a negative qty is a return. Optional columns: country,
industry, paid (day of payment, empty: not paid; without the column everything is paid
at once), delivered (day of delivery; empty: the day of the order). Dates are ISO, in
UTC. Levels of a category are separated by " / ".

For every order this writes a confirmed sales order, its done delivery, its posted
invoice and its payment; for every return a done receipt, a posted credit note and
the money paid back. A return belongs to the customer's latest orders of the product
in the file, or stands alone. What comes out equals what Odoo's own buttons make,
except that nothing is said in the chatter, no mail is sent and no automation rule
runs. One warehouse, the company's currency, no tax, no stock valuation.

Customers and products are found by their reference, else created. New products are
kept in stock; the day before the first delivery an inventory count enters all that
the file delivers, and --spare-units more. Payments go through a journal of their own.

Everything is one transaction. While 20,000 lines or more are loaded into a database
that has fewer, nobody else can work in it. Bad rows are listed with their line number
and nothing is loaded, unless --skip-bad-rows. An order that is already in the database
is such a bad row, so a file cannot be loaded twice.
"""

import argparse
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

from psycopg2 import OperationalError
from transactions import documents, file, history, masters, prototype
from transactions.bare import bare
from transactions.bulk import Bulk

import odoo
from odoo import api, fields
from odoo.exceptions import UserError
from odoo.tools import config

MANY = 20_000  # lines


def load(env, records, due_days=30, spare_units=0, skip_bad_rows=False):
    """Load into the company of `env`; its user is the salesperson of customers who
    have none.

    :param records: (line number, {column: value}) pairs, see file.read
    :param due_days: days from an invoice to its due date
    :param spare_units: units of each product left in stock after the last delivery
    :return: (how many of what was written, list of skipped (line number, why))
    :raise file.BadFile: bad rows, and nothing was written
    """
    env = env(context={**env.context, "tracking_disable": True})  # no chatter
    digits = env["decimal.precision"].precision_get
    rows, problems = file.check(
        records,
        fields.Date.context_today(env.user),
        digits("Product Price"),
        digits("Product Unit"),
    )
    refused = masters.check(env, rows)
    problems += refused
    if problems and not skip_bad_rows:
        raise file.BadFile(problems)
    numbers = {number for number, _text in refused}
    rows = [row for row in rows if row.number not in numbers]
    if not rows:
        return Counter(), problems
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    prototype.check_company(env, warehouse, min(row.date.date() for row in rows))
    journal, term = _journal(env), _payment_term(env, due_days)
    bulk = Bulk(env, prototype.make(env, warehouse, journal, term))
    customers = masters.customers(env, rows)
    products = masters.products(env, rows, bulk)
    papers = history.build(rows, env.company.currency_id.rounding)
    env.flush_all()
    context = documents.Context(
        bulk, customers, products, due_days, env.company.currency_id
    )
    with _room(env, bulk, len(rows)):
        documents.write(context, papers, warehouse, journal, spare_units)
    bulk.analyze()
    return bulk.counts, problems


def _room(env, bulk, count):
    """What the writing of `count` lines happens in. Where more come than there are,
    and many, it is quicker to make indexes and foreign keys anew."""
    env.cr.execute("SELECT COUNT(*) FROM sale_order_line")
    [present] = env.cr.fetchone()
    if count < max(MANY, present):
        return nullcontext()
    return bare(env, bulk.tables())


def _journal(env):
    """The bank journal of loaded payments. They go straight to its account: there is
    no bank statement of the past to match them with."""
    journal = env["account.journal"].search(
        [("code", "=", "PAST"), ("company_id", "=", env.company.id)]
    )
    if not journal:
        journal = journal.create(
            {"name": "Payments of Past Sales", "code": "PAST", "type": "bank"}
        )
    lines = (
        journal.inbound_payment_method_line_ids
        + journal.outbound_payment_method_line_ids
    )
    lines.payment_account_id = journal.default_account_id
    return journal


def _payment_term(env, days):
    name = f"{days} Days after Invoice"
    term = env["account.payment.term"].search([("name", "=", name)], limit=1)
    return term or term.create(
        {
            "name": name,
            "line_ids": [fields.Command.create({"value_amount": 100, "nb_days": days})],
        }
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--database", required=True)
    parser.add_argument("--config", help="Odoo's configuration file")
    parser.add_argument("--db_host", help="folder of the socket, or host name")
    parser.add_argument("--db_port")
    parser.add_argument("--db_user")
    parser.add_argument("--login", default="admin", help="Odoo user who loads")
    parser.add_argument("--encoding", default="utf-8-sig")
    parser.add_argument("--due-days", type=int, default=30)
    parser.add_argument("--spare-units", type=float, default=0)
    parser.add_argument("--skip-bad-rows", action="store_true")
    arguments = parser.parse_args()
    options = ["--database", arguments.database]
    for name in ("config", "db_host", "db_port", "db_user"):
        if getattr(arguments, name):
            options += [f"--{name}", getattr(arguments, name)]
    config.parse_config(options, setup_logging=True)
    try:
        counts, problems = _load_file(arguments)
    except file.BadFile as error:
        sys.exit(f"{error}\n{len(error.problems)} bad rows, nothing loaded.")
    except (LookupError, OSError, OperationalError, UserError) as error:
        sys.exit(f"{error}\nNothing loaded.")
    for number, text in problems:
        print(f"line {number}: {text}: skipped", file=sys.stderr)
    print(
        f"{counts['order']} orders with {counts['order line']} lines, "
        f"{counts['receipt']} returns, {counts['payment']} payments, "
        f"{len(problems)} rows skipped."
    )


def _load_file(arguments):
    registry = odoo.modules.registry.Registry(arguments.database)
    with registry.cursor() as cr:
        env = api.Environment(cr, odoo.SUPERUSER_ID, {})
        user = env["res.users"].search([("login", "=", arguments.login)])
        if not user:
            raise LookupError(f"There is no user {arguments.login}.")
        env = api.Environment(cr, user.id, {}, su=True)
        return load(
            env,
            file.read(arguments.file, arguments.encoding),
            arguments.due_days,
            arguments.spare_units,
            arguments.skip_bad_rows,
        )


if __name__ == "__main__":
    main()
