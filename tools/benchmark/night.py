"""Goals 1 to 6, 9, 13 and 14: recomputing everybody, some and one."""

import statistics
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tools import SQL

from . import bound
from .database import END
from .stopwatch import measure, processor, steps

AS_OF = datetime(END.year, END.month, END.day)
ONE_BY_ONE = 40
JOBS = ("", " alone")  # with a job for every core, and with one
STEPS = {
    "crm.lifecycle.profile": (
        *("_begin_reading", "_get_known_partner_ids", "_get_due_partner_ids"),
        *("_refresh_all_but_bad", "_prepare_facts", "_add_known_facts"),
        *("_read_engine_facts", "_compute_scores", "_prepare_next", "_write_next"),
        *("_write_moves", "_nightly_moves", "_move_silently", "_move_really"),
    ),
    "crm.lifecycle.model": ("_read_population", "_learn"),
    "crm.lifecycle.affinity": ("_read_purchases", "_get_past", "_write_links"),
}
NUMBERS = {
    f"crm.lifecycle.profile.{name}"
    for name in (
        *("_refresh_all_but_bad", "_prepare_facts", "_add_known_facts"),
        *("_read_engine_facts", "_compute_scores", "_prepare_next", "_write_next"),
    )
}


def run(env, rounds, note, tell):
    """Measure with the addon installed, in the transaction of `env`, and commit.

    :param note: called with (goal, ours, bound, details)
    :param tell: see :func:`benchmark.workers.helpers`
    """
    bounds, units = [], []
    nights, everybody = ({jobs: [] for jobs in JOBS} for _what in range(2))
    first = _night(env, AS_OF, tell)
    note("first run", first["seconds"], details=first["steps"])
    env.cr.execute(bound.PREPARE)
    env.cr.commit()
    env.cr.execute("ANALYZE crm_lifecycle_profile")
    last = AS_OF
    for number in range(1, rounds + 1):
        bounds.append(sum(_bound(env)))
        for jobs in JOBS:
            help_me = None if jobs else tell
            last += timedelta(days=1)
            nights[jobs].append(_night(env, last, help_me))
            last += timedelta(days=1)
            forget_reading(env)
            everybody[jobs].append(_night(env, last, help_me))
            for name, found in (("ordinary", nights), ("all", everybody)):
                night = found[jobs][-1]
                units += night["units"]
                note(
                    f"{name}{jobs} {number}",
                    night["seconds"],
                    bounds[-1],
                    details={"processor": night["processor"], **night["steps"]},
                )
            _clean(env)
    lower = statistics.median(bounds)
    for jobs in JOBS:
        full = statistics.median(each["numbers"] for each in everybody[jobs])
        ratio = _median_ratio(everybody[jobs], bounds, "numbers")
        note(f"1{jobs}", full, lower, ratio)
        ordinary = statistics.median(each["seconds"] for each in nights[jobs])
        ratio = _median_ratio(nights[jobs], bounds, "seconds")
        note(f"ordinary night{jobs}", ordinary, lower, ratio)
    for jobs in JOBS:
        last += timedelta(days=1)
        lower = sum(_bound(env))
        forget_model(env)
        night = _night(env, last, None if jobs else tell)
        units += night["units"]
        note(f"2{jobs}", night["seconds"], lower, details=night["steps"])
    note("13", max(seconds for seconds, _cpu in units))
    note("13 processor", max(cpu for _seconds, cpu in units))
    with patch.object(type(env.company), "_lifecycle_as_of", lambda self: last):
        note("4", _changed(env), full)
        seconds, queries = _one_by_one(env, last)
        note("5", seconds * 1000)
        note("5 queries", queries)
        written, seconds = _unchanged(env, last)
        note("6 rows", written)
        note("6", seconds, full)
    note("14", *_disk(env))


def forget_model(env):
    """Make the next night one that learns, forecasts and suggestions."""
    env.cr.execute("UPDATE crm_lifecycle_model SET as_of = as_of - interval '40 days'")
    env.cr.execute("UPDATE res_company SET lifecycle_learned = NULL")
    env.invalidate_all()


def forget_reading(env):
    """Make the next night one that reads all documents, as after an upgrade."""
    env.cr.execute("UPDATE res_company SET lifecycle_reading = NULL")
    env.invalidate_all()


def _median_ratio(nights, bounds, what):
    return statistics.median(
        night[what] / lower for night, lower in zip(nights, bounds, strict=True)
    )


def _bound(env):
    started = time.perf_counter()
    bound.aggregate(env.cr)
    aggregated = time.perf_counter()
    env.cr.execute(bound.UPSERT)
    done = time.perf_counter()
    env.cr.commit()
    _clean(env)
    return aggregated - started, done - aggregated


def _night(env, as_of, tell=None):
    """The night of every company, unit by unit with a commit after each.

    :param tell: makes others help, see :func:`benchmark.workers.helpers`
    """
    methods = [
        (env.registry[model], name) for model, names in STEPS.items() for name in names
    ]
    units, helped = [], 0.0
    if tell:
        tell("help")
    started = time.perf_counter()
    with steps(*methods) as spent:
        for company in env["res.company"].search([]):
            began, worked = time.perf_counter(), processor(env)
            for _done in env["crm.lifecycle.profile"]._nightly(company, as_of):
                env.cr.commit()
                units.append((time.perf_counter() - began, processor(env) - worked))
                began, worked = time.perf_counter(), processor(env)
    seconds = time.perf_counter() - started
    if tell:
        helped = tell("rest")
    by_name = {name: round(value, 2) for name, value in spent.most_common()}
    others = sum(spent[name] for name in spent if name not in NUMBERS)
    return {
        "seconds": seconds,
        "processor": helped + sum(cpu for _seconds, cpu in units),
        "units": units,
        "steps": by_name,
        "numbers": seconds - others,
    }


def _clean(env):
    """What PostgreSQL does by itself between two nights."""
    connection = env.cr.connection
    connection.autocommit = True
    env.cr.execute("VACUUM (ANALYZE) crm_lifecycle_profile, crm_lifecycle_bound")
    connection.autocommit = False


@contextmanager
def _undone(env):
    try:
        yield
    finally:
        env.flush_all()
        env.cr.rollback()
        env.invalidate_all()


def _sample(env, count):
    """Customers of all sizes, as (company id, partner ids)."""
    rows = env.execute_query(
        SQL(
            """
            SELECT company_id, partner_id FROM crm_lifecycle_profile
             WHERE company_id = %s
          ORDER BY hashint8extended(partner_id, 0) LIMIT %s
            """,
            env.company.id,
            count,
        )
    )
    return [partner_id for _company_id, partner_id in rows]


def _changed(env):
    """One customer in a hundred: the last order was a day earlier, or was cancelled."""
    env.cr.execute("SELECT COUNT(*) / 100 FROM crm_lifecycle_profile")
    [count] = env.cr.fetchone()
    customers = _sample(env, max(count, 1))
    with _undone(env):
        env.cr.execute(
            SQL(
                """
                UPDATE sale_order SET date_order = date_order - interval '1 day'
                 WHERE partner_id = ANY(%s)
                """,
                customers,
            )
        )
        Dirty = env["crm.lifecycle.dirty"]
        Dirty._mark((partner, env.company.id) for partner in customers)
        Dirty._write_marks()
        with measure(env) as measured:
            while Dirty._process():
                pass
    return measured.seconds


def _one_by_one(env, as_of):
    seconds, queries = [], []
    for partner_id in _sample(env, ONE_BY_ONE):
        with _undone(env), measure(env) as measured:
            env["crm.lifecycle.profile"]._refresh(env.company, [partner_id], as_of)
        seconds.append(measured.seconds)
        queries.append(measured.queries)
    return statistics.median(seconds), statistics.median(queries)


def _unchanged(env, as_of):
    """:return: rows written when everybody is computed again, and the time it takes"""
    Profile = env["crm.lifecycle.profile"]
    with _undone(env), measure(env) as measured:
        for company in env["res.company"].search([]):
            rows = env.execute_query(
                SQL(
                    "SELECT partner_id FROM crm_lifecycle_profile"
                    " WHERE company_id = %s ORDER BY partner_id",
                    company.id,
                )
            )
            ids = [partner_id for (partner_id,) in rows]
            for start in range(0, len(ids), 10000):
                Profile._refresh(company, ids[start : start + 10000], as_of)
        env.cr.execute(
            "SELECT COUNT(*) FROM crm_lifecycle_profile"
            " WHERE xmin = pg_current_xact_id()::xid"
        )
        [written] = env.cr.fetchone()
    return written, measured.seconds


def _disk(env):
    """:return: megabytes of the addon's tables and of its index, and of everything"""
    env.cr.execute(
        """
        SELECT SUM(pg_total_relation_size(oid)) / 1e6,
               (pg_database_size(current_database())
                - pg_total_relation_size('crm_lifecycle_bound')) / 1e6
          FROM pg_class
         WHERE relkind = 'r' AND relname LIKE 'crm\\_lifecycle\\_%'
               AND relname != 'crm_lifecycle_bound'
            OR relkind = 'i' AND relname LIKE 'account_move_lifecycle%'
        """
    )
    return [float(value) for value in env.cr.fetchone()]
