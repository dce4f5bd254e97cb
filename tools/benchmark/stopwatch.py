"""Time and queries, of whole actions and of the steps inside them."""

import os
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from inspect import isgeneratorfunction
from pathlib import Path
from unittest.mock import patch

from odoo.sql_db import Cursor

TICKS = os.sysconf("SC_CLK_TCK")


class Measured:
    """What an action took: ``seconds`` and ``queries``; of these, ``own`` queries name
    a table of the addon, and take ``own_seconds``."""

    seconds = queries = own = own_seconds = 0


@contextmanager
def measure(env):
    """:return: a Measured, filled at the end"""
    env.flush_all()
    env.invalidate_all()
    result, execute = Measured(), Cursor.execute

    def counting(self, query, *args, **kwargs):
        if "crm_lifecycle" not in str(getattr(query, "code", query)):
            return execute(self, query, *args, **kwargs)
        began = time.perf_counter()
        try:
            return execute(self, query, *args, **kwargs)
        finally:
            result.own += 1
            result.own_seconds += time.perf_counter() - began

    queries, started = env.cr.sql_log_count, time.perf_counter()
    with patch.object(Cursor, "execute", counting):
        yield result
        env.flush_all()
    result.seconds = time.perf_counter() - started
    result.queries = env.cr.sql_log_count - queries


def processor(env):
    """:return: processor seconds of this process and of the server's process that
    serves it, where both are on one Linux machine; without those that help it"""
    return time.process_time() + of_server(env.cr.connection.info.backend_pid)


def of_server(pid):
    """:return: processor seconds of the server's process `pid`, 0 if it is not here"""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / TICKS


@contextmanager
def steps(*methods):
    """:param methods: (class, name of a method), which may be a generator
    :return: Counter of the seconds spent in each method, less those in the others
    """
    spent, inner = Counter(), []

    @contextmanager
    def clock(name):
        inner.append(0.0)
        started = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            spent[name] += seconds - inner.pop()
            if inner:
                inner[-1] += seconds

    def timed(name, method):
        def wrapper(*args, **kwargs):
            with clock(name):
                return method(*args, **kwargs)

        def generator(*args, **kwargs):
            work = method(*args, **kwargs)
            while True:
                with clock(name):
                    unit = next(work, None)
                if unit is None:
                    return
                yield unit

        return generator if isgeneratorfunction(method) else wrapper

    with ExitStack() as stack:
        for owner, name in methods:
            label = f"{owner._name}.{name}"
            stack.enter_context(
                patch.object(owner, name, timed(label, getattr(owner, name)))
            )
        yield spent
