"""Processes that help with the night, as further scheduled actions do."""

import os
import subprocess
import sys
from contextlib import contextmanager
from select import select

from odoo.modules.registry import Registry

from .database import odoo_env
from .stopwatch import processor

COUNT = os.cpu_count()  # with the process that measures
PAUSE = 0.02  # seconds until a scheduled action that was triggered begins


@contextmanager
def helpers(*command):
    """Start a process for every other core.

    :param command: arguments of Python that call :func:`help_night`
    :return: a function that says "help" or "rest" to all of them, and returns the
        processor seconds that their units took since it was called last
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [
        subprocess.Popen([sys.executable, *command], **pipes)
        for _number in range(COUNT - 1)
    ]

    def tell(word):
        for process in processes:
            print(word, file=process.stdin, flush=True)
        return sum(float(process.stdout.readline()) for process in processes)

    try:
        tell("rest")  # they have started
        yield tell
    finally:
        for process in processes:
            process.communicate()


def help_night(env, database):
    """Do units of any night in `database` as :func:`helpers` tells, until its end."""
    helping, used = False, 0.0
    with odoo_env(env, database) as admin:
        while True:
            if select([sys.stdin], [], [], PAUSE if helping else None)[0]:
                word = sys.stdin.readline()
                if not word:
                    return
                helping = word == "help\n"
                print(used, flush=True)
                used = 0.0
            if not helping:
                continue
            Registry(database).check_signaling()
            admin.invalidate_all()
            Unit = admin["crm.lifecycle.unit"]
            for company in Unit.search([("is_done", "=", False)]).company_id:
                began = processor(admin)
                for _done in Unit._work_off(company):
                    admin.cr.commit()
                used += processor(admin) - began
            admin.cr.rollback()
