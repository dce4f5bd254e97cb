"""make demo: real purchases in a running Odoo, staged and scored by the addon.

HOUSEHOLDS (120) says how many households' purchases are loaded, SERVE=0 stops after the
report, PORT asks for a port. Exit code 1 when a stage is empty.
"""

import hashlib
import os
import textwrap
import time
from contextlib import contextmanager
from datetime import datetime, timezone

import load_transactions
from shop import goods, households, people, prospects, report, selling

import odoo
from odoo import api
from odoo.tools import config

import environment
from environment import CHECKOUT
from provision.cache import Stop, say

DUE_DAYS = 30
SPARE_UNITS = 20


def database_name():
    """Each checkout has a demo of its own."""
    return f"crm_lifecycle_demo_{hashlib.sha256(bytes(CHECKOUT)).hexdigest()[:10]}"


def main():
    started = time.monotonic()
    shop = _read_purchases()
    env = environment.ready(database=True)
    port = env.free_port(os.environ.get("PORT"))
    database = database_name()
    env.copy_database(env.template(), database)
    path = env.write_config(database, port)
    say("installing the addon")
    env.install(path, "crm_lifecycle")
    with _odoo(path, database) as odoo_env:
        empty = _fill(odoo_env, *shop)
    say(f"done after {time.monotonic() - started:.0f} s")
    if empty:
        raise Stop(f"nobody is in stage {', '.join(empty)}")
    if os.environ.get("SERVE", "1") != "0":
        _serve(env, path, port)


def _read_purchases():
    """The households, their purchases, and by how many days these were moved."""
    text = os.environ.get("HOUSEHOLDS") or "120"
    if not text.isdecimal():
        raise Stop(f"HOUSEHOLDS must be a number of households, not {text!r}")
    try:
        return households.read(int(text), _today())
    except ValueError as error:
        raise Stop(str(error)) from None


def _today():
    return datetime.now(timezone.utc).date()


@contextmanager
def _odoo(path, database):
    """Odoo's environment of the administrator, in one transaction."""
    config.parse_config(["-c", str(path), "--log-level=warn"], setup_logging=True)
    registry = odoo.modules.registry.Registry(database)
    with registry.cursor() as cr:
        # Nobody is told by mail that a customer is his now.
        quiet = {"mail_auto_subscribe_no_notify": True}
        root = api.Environment(cr, odoo.SUPERUSER_ID, quiet)
        yield root(user=root.ref("base.user_admin"), su=True)


def _fill(env, chosen, purchases, shift):
    """Load, recompute, report.

    :return: names of empty stages
    """
    names, sam = people.Names(households.SEED), people.make_salesperson(env)
    references = people.make_customers(env, chosen, names, sam)
    say("loading the purchases")
    records = enumerate(households.rows(purchases, references, _today()), start=2)
    counts, _problems = load_transactions.load(env, records, DUE_DAYS, SPARE_UNITS)
    supplied = goods.complete(env, households.SEED)
    leads, quotations = prospects.make(env, names, sam, households.SEED)
    say("computing facts, scores, stages and suggestions")
    env["crm.lifecycle.profile"]._refresh_company(env.company)
    say("rebuilding the history")
    env["crm.lifecycle.replay"]._cron_replay()
    say("selling with suggestions")
    suggested = selling.make(env, households.SEED)
    env.invalidate_all()
    _tell_what_is_made(chosen, shift, counts, leads, quotations)
    _print(
        f"Made up too: costs of all products, supplies of {supplied}, telephone "
        f"numbers, referrals, and {suggested} quotations on which salespeople added "
        f"and declined suggestions; {selling.WON} prospects accepted their quotation."
    )
    return report.show(env, env.company)


def _tell_what_is_made(chosen, shift, counts, leads, quotations):
    made = [household for household in chosen if household.kind]
    _print(
        f"REAL: what {len(chosen)} households bought at a grocer's in 2017 (Complete "
        f"Journey), {counts['order']} orders with {counts['order line']} lines of "
        f"{counts['product']} products at the prices paid. {len(chosen) - len(made)} "
        f"households are as they were, only {shift} days later, so that the year ends "
        "today."
    )
    _print(
        f"MADE: {len(made)} households were shortened or moved in time, since in truth "
        "they all shop all the time:"
    )
    for kind, text in households.KINDS.items():
        size = sum(household.kind == kind for household in made)
        print(f"    {size:>4} {kind}: {text}")
    _print(
        "Made up as well: names, firms, countries and salespeople; "
        f"{counts['receipt']} returns with credit notes; when invoices were paid "
        f"({DUE_DAYS} days are allowed) and which deliveries were late; {leads} leads "
        f"and {quotations} quotations for people who have never bought."
    )


def _print(text):
    print(f"\n{textwrap.fill(text, 88)}")


def _serve(env, path, port):
    """Become the server, so that whoever stops this stops Odoo."""
    print(
        f"""
Odoo starts at http://127.0.0.1:{port}/odoo (Ctrl-C stops it)
    log in as admin, password admin: everything
    log in as sam, password sam: a salesperson with his own customers and documents
Sales > Orders > Customer Lifecycle shows the customers by stage.
""",
        flush=True,
    )
    command = env.odoo(path)
    os.execv(command[0], command)


if __name__ == "__main__":
    environment.main(main)
