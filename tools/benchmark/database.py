"""The generated company as a database, made once for each size and generator."""

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from transactions import bare

import odoo
from odoo import api
from odoo.tools import config

from provision import cache
from provision.cache import Stop

from . import basics, check, documents, load, masters, money, payments, plan

DAYS = 3 * 365
MODULES = (bare, basics, check, documents, load, masters, money, payments, plan)
END = date(2026, 1, 1)  # the day after the last of the history
DUE_DAYS = 30


@dataclass(frozen=True)
class Size:
    """How many customers, and products. There are about 2.9 orders to a customer."""

    customers: int
    products: int


SIZES = {
    "tiny": Size(300, 80),
    "small": Size(2_000, 400),
    "medium": Size(20_000, 1_600),
    "large": Size(100_000, 8_000),
}
TABLES = (
    *("res_partner", "crm_lead", "product_template", "product_product"),
    *("sale_order", "sale_order_line", "sale_order_line_invoice_rel"),
    *("stock_reference", "stock_reference_sale_rel", "stock_reference_move_rel"),
    *("stock_picking", "stock_move", "stock_move_line", "stock_move_move_rel"),
    *("stock_quant", "account_move", "account_move_line", "account_payment"),
    *("account_move__account_payment", "account_partial_reconcile"),
    "account_full_reconcile",
)


def template(env, size):
    """:return: name of the database of `size` without the addon, to be copied"""
    key = hashlib.sha256(env.template().encode())
    for module in MODULES:
        key.update(Path(module.__file__).read_bytes())
    key.update(repr((SIZES[size], DAYS, END, DUE_DAYS)).encode())
    name = f"crm_lifecycle_bench_{size}_{key.hexdigest()[:10]}"
    with cache.locked(env.cache / f"{name}.lock", "waiting for the same generator"):
        if name not in env.sql("SELECT datname FROM pg_database").split():
            _make(env, size, name)
    return name


def _make(env, size, name):
    cache.say(f"generating the {size} company")
    started = time.monotonic()
    making = f"crm_lifecycle_bench_making_{size}"
    env.copy_database(env.template(), making)
    with odoo_env(env, making) as admin:
        orders = fill(admin, SIZES[size])
        admin.cr.commit()
        problems = check.differences(admin)
    if problems:
        raise Stop("the generated documents are wrong: " + "; ".join(problems))
    env.sql("VACUUM (ANALYZE)", making)
    env.drop_database(name)
    env.filestore(making).rename(env.filestore(name))
    env.sql(f"ALTER DATABASE {making} RENAME TO {name}")
    cache.say(f"{orders} orders after {time.monotonic() - started:.0f} s")


@contextmanager
def loaded(env, database, addons=()):
    """Odoo's registry of `database`.

    :param addons: folders of addons besides ours
    """
    path = env.write_config(database, addons=addons)
    config.parse_config(["-c", str(path), "--log-level=warn"], setup_logging=True)
    yield odoo.modules.registry.Registry(database)
    odoo.modules.registry.Registry.delete(database)
    odoo.sql_db.close_db(database)


@contextmanager
def odoo_env(env, database, addons=()):
    """Odoo's environment of the administrator in `database`; what is not committed is
    rolled back."""
    with loaded(env, database, addons) as registry, registry.cursor() as cr:
        root = api.Environment(cr, odoo.SUPERUSER_ID, {})
        yield root(user=root.ref("base.user_admin"), su=True)
        cr.rollback()


def fill(env, size):
    """Generate the company in the database of `env`, in its transaction.

    :return: number of orders
    """
    start = END - timedelta(days=DAYS)
    envs, parameters, pricelist = masters.make(env, start)
    examples = [masters.prototypes(company, DUE_DAYS) for company in envs]
    env.flush_all()
    parameters |= {
        "customers": size.customers,
        "products": size.products,
        "bundles": size.products // 8,
        "days": DAYS,
    }
    for statement in plan.STATEMENTS:
        env.cr.execute(statement, parameters)
    loader = load.Loader(env, examples, pricelist)
    with bare.bare(env, TABLES):
        basics.write_people(loader)
        basics.write_products(loader)
        documents.write_orders(loader)
        documents.write_transfers(loader)
        money.write_invoices(loader)
        payments.write_payments(loader)
        payments.write_matchings(loader)
    env.cr.execute("SELECT MAX(number) FROM plan_document")
    [orders] = env.cr.fetchone()
    masters.raise_numbers(env, orders)
    env.flush_all()
    env.invalidate_all()
    return orders
