"""Whether people wait for the addon: several sell at the same time, while a night reads
and writes all customers and the live queue takes those who are being sold to."""

import multiprocessing
import statistics
import time
from collections import Counter
from contextlib import contextmanager
from itertools import cycle, islice

import odoo
from odoo import api
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import config

from odoo.addons.base.models.ir_cron import IrCron

from . import bound
from .everyday import sell

SESSIONS, ROUNDS, SALES, LINES = 4, 2, 5, 3
JOBS = ("ir_cron_nightly", "ir_cron_help", "ir_cron_live")
EVERY = 0.02  # seconds between two looks at who waits
PAUSE = 0.2  # seconds between two looks of a cron worker at what is to be done
FORK = multiprocessing.get_context("fork")


def run(with_addon, without, note):
    """Both databases in turn. With the addon two cron workers do its night, again and
    again, and its live queue; without it two people's reports over all documents run in
    place of that, so that both sides share the processors with as much.

    :param with_addon, without: names of databases whose models this process has loaded
    """
    _leave_only(odoo.modules.registry.Registry(with_addon), JOBS)
    taken, spent = {with_addon: [], without: []}, Counter()
    waits, failed = Counter(), Counter()
    jobs = {with_addon: (_nights, _cron, _cron), without: (_reports, _reports)}
    for number in range(ROUNDS):
        for database in (with_addon, without):
            found, waited, seconds = _measure(database, jobs[database], number)
            spent[database] += seconds
            taken[database] += [each for each in found if each[1] is not None]
            failed[database] += sum(seconds is None for _name, seconds in found)
            if database == with_addon:
                waits += waited
    usual = {
        name: statistics.median(s for each, s in taken[without] if each == name)
        for name in {name for name, _seconds in taken[without]}
    }
    ours, base = (
        statistics.quantiles([s / usual[name] for name, s in taken[database]], n=20)[-1]
        for database in (with_addon, without)
    )
    note(
        "7 load",
        ours,
        base,
        details={
            "actions a minute": round(len(taken[with_addon]) / spent[with_addon] * 60),
            "without": round(len(taken[without]) / spent[without] * 60),
            "to be tried again": failed[with_addon],
            "to be tried again without": failed[without],
            "usual ms": {name: round(s * 1000) for name, s in usual.items()},
        },
    )
    sold = len(taken[with_addon])
    note("7 waits", 1000 * EVERY * waits["ours"] / sold, details=dict(waits))


def _measure(database, jobs, number):
    """:return: list of (action, seconds, or None when it has to be tried again),
    Counter of looks at which somebody waited, and seconds until everybody was ready"""
    odoo.sql_db.close_all()  # what a fork must not share
    start, answers = FORK.Event(), FORK.Queue()
    sessions = [
        _begin(_sell, database, "session", start, answers, number * SESSIONS + session)
        for session in range(SESSIONS)
    ]
    others = [_begin(job, database, "job", start) for job in jobs]
    waits, began = Counter(), time.perf_counter()
    start.set()
    with odoo.sql_db.db_connect(database).cursor() as cr:
        while any(process.is_alive() for process in sessions):
            _look(cr, waits)
            time.sleep(EVERY)
        seconds = time.perf_counter() - began
        if not all(process.is_alive() for process in others):
            raise ValueError("A job failed, see above.")
        for process in others:
            process.terminate()
            process.join()
        cr.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'job'"
        )
    if any(process.exitcode for process in sessions):
        raise ValueError("A session failed, see above.")
    found = [each for _session in sessions for each in answers.get()]
    return found, waits, seconds


def _look(cr, waits):
    """Count who of those who sell waits for a lock, by whose it is: "ours" when a job
    of the addon holds it, or when it is on a table of the addon."""
    cr.execute(
        """
        SELECT query ~ 'crm_lifecycle' OR EXISTS (
                   SELECT FROM unnest(pg_blocking_pids(waiting.pid)) AS blocker
                     JOIN pg_stat_activity AS other ON other.pid = blocker
                    WHERE other.application_name = 'job'
               )
          FROM pg_stat_activity AS waiting
         WHERE datname = current_database() AND application_name = 'session'
           AND wait_event_type = 'Lock'
        """
    )
    for (is_ours,) in cr.fetchall():
        waits["ours" if is_ours else "Odoo's own"] += 1
    cr.rollback()


def _begin(action, database, name, *arguments):
    process = FORK.Process(
        target=_work, args=(action, database, name, *arguments), daemon=True
    )
    process.start()
    return process


def _work(action, database, name, start, *arguments):
    config["db_app_name"] = name
    start.wait()
    action(odoo.modules.registry.Registry(database), *arguments)


@contextmanager
def _environment(registry, user=odoo.SUPERUSER_ID):
    with registry.cursor() as cr:
        yield api.Environment(cr, user, {})


def _sell(registry, answers, session):
    """SALES to one customer each; each session has its own, and products of its own, as
    few people sell the same thing at once."""
    taken = []
    with _environment(registry) as env:
        user = env.ref("base.user_admin").id
        customers = env["res.partner"].search(
            [("is_company", "=", True), ("customer_rank", ">", 0)], order="id"
        )
        products = env["product.product"].search(
            [("default_code", "like", "P")], order="id"
        )
        buyers = customers.ids[session :: ROUNDS * SESSIONS]
        goods = cycle(products.ids[session :: ROUNDS * SESSIONS])
    for customer_id in buyers[:SALES]:
        with _environment(registry, user) as env:
            customer = env["res.partner"].browse(customer_id)
            wanted = env["product.product"].browse(islice(goods, LINES))
            taken += _timed(env, sell(customer, wanted))
    answers.put(taken)


def _timed(env, sale):
    """Each action as a request of its own, up to its commit."""
    name = None
    try:
        for name, action in sale:
            started = time.perf_counter()
            action()
            env.cr.commit()
            yield name, time.perf_counter() - started
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        env.cr.rollback()
        yield name, None


def _leave_only(registry, names):
    """Let no other scheduled jobs run than those called `names`."""
    with _environment(registry) as env:
        jobs = [env.ref(f"crm_lifecycle.{name}").id for name in names]
        env.cr.execute("UPDATE ir_cron SET active = id = ANY(%s)", (jobs,))


def _nights(registry):
    """Whenever a night is over, let the next one begin, which reads all documents."""
    while True:
        with _environment(registry) as env:
            env.cr.execute(
                """
                UPDATE res_company SET lifecycle_as_of = NULL, lifecycle_reading = NULL
                 WHERE NOT EXISTS (
                     SELECT FROM res_company WHERE lifecycle_as_of IS NULL
                 )
                """
            )
            if env.cr.rowcount:
                env.ref("crm_lifecycle.ir_cron_nightly")._trigger()
        time.sleep(PAUSE)


def _cron(registry):
    while True:
        IrCron._process_jobs(registry.db_name)
        time.sleep(PAUSE)


def _reports(registry):
    with _environment(registry) as env:
        while True:
            bound.keep(env.cr)
            env.cr.rollback()
