"""Goals 4 to 6 and 14: some customers, one, and everybody when nothing has changed;
and the room that they take."""

import statistics
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools import SQL

from .stopwatch import measure

ONE_BY_ONE = 40


def run(env, as_of, full, note):
    """After a night up to `as_of`.

    :param full: seconds that one job needs for facts and scores of everybody
    :param note: called with (goal, ours, bound, details)
    """
    with patch.object(type(env.company), "_lifecycle_as_of", lambda self: as_of):
        note("4", _changed(env), full)
        seconds, queries = _one_by_one(env, as_of)
        note("5", seconds * 1000)
        note("5 queries", queries)
        written, seconds = _unchanged(env, as_of)
        note("6 rows", written)
        note("6", seconds, full)
    note("14", *_disk(env))


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
