"""Run all tests: the engine's, without database; Odoo's, with tours; and those that
need a served Odoo with scheduled jobs.

Odoo's tests get a database of their own, a copy of the template into which the addon
is installed without demo data, and a web server and a browser for the tours; two
processes share the files of tests, each with a copy of that database. The engine's
tests run while it is made, those of the served Odoo, which wait most of the time,
beside Odoo's and before them when both want a processor, because a server has limits of
time; what they print comes when they have ended. A test that was skipped
counts as a failure: pytest-odoo and Odoo skip tours silently when the server or the
browser is missing, and a green run must mean that they played.

Arguments are passed on to pytest.
"""

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from textwrap import shorten
from unittest.mock import patch
from xml.etree import ElementTree

from benchmark import database as company

import environment
from environment import CHECKOUT
from provision import cache, queue_job, template

# The others are what it reads when they are there, and never requires; the demo runs
# without.
MODULES = ("crm_lifecycle", "delivery", "pos_sale", "sale_loyalty", "sale_margin")
WORKERS = ("gw0", "gw1")  # as pytest-xdist names them
REPORTS = CHECKOUT / "build/tests"
# What every page of a tour loads: otherwise each class of tours makes it anew.
BUNDLES = """
for name in (
    "web.assets_web",
    "web.assets_web_print",
    "web.assets_tests",
    "bus.websocket_worker_assets",
):
    bundle = env["ir.qweb"]._get_asset_bundle(name)
    bundle.js()
    bundle.css()

env.cr.commit()
"""
# Options of the server that has its threads in the process of the tests. This reserves
# 1.8 GB; at Odoo's limit of 2.5 GB there is no thread for a request, whose connection
# is then closed without an answer. What goes wrong in the server is told with the test.
SERVER = ("limit-memory-hard=0", "log-handler=odoo.service.server:ERROR")
REASON = 500  # characters of what is told again at the end of each failed test
SUITES = ("engine", "addon", "served")
# Exit codes of pytest: some tests failed, the arguments select none.
SOME_FAILED, NO_TESTS = 1, 5


def main():
    """Run all suites and return the exit code."""
    environment.find_browser()
    env = environment.ready(database=True)
    REPORTS.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:10]
    database = f"crm_lifecycle_test_{name}"
    lock = env.cache / f"{database}.lock"
    with cache.locked(lock, "waiting for the other test run of this checkout"):
        codes = _run_suites(env, database)
    return _sum_up(codes)


def _run_suites(env, database):
    """:return: the exit code of each"""
    for old in REPORTS.iterdir():
        old.unlink()
    names = {
        "addon": database,
        "served": f"{database}_served",
        # three years of history that the addon comes to later
        "old": f"{database}_old",
        # the same, where the job queue of the OCA is installed
        "jobs": f"{database}_jobs",
    }
    configs = {key: env.write_config(name) for key, name in names.items()}
    try:
        with _beside("engine", "tests/engine", "-p", "no:odoo") as engine:
            cache.say("installing the addon")
            env.copy_database(env.template(), database)
            env.install(configs["addon"], ",".join(MODULES))
            script = env.odoo(configs["addon"], "--no-http", command="shell")
            template.run(env, script, script=BUNDLES)
            env.copy_database(database, names["served"])
            for key in ("old", "jobs"):
                env.copy_database(company.template(env, "tiny"), names[key])
            # Odoo's own jobs rest: what is written in it is ours
            env.sql("UPDATE ir_cron SET active = FALSE", names["old"])
            queue = {"PYTHONPATH": str(queue_job.find(env.cache, env.python))}
            with patch.dict(os.environ, queue):
                env.install(configs["jobs"], "crm_lifecycle,queue_job")
        # These commit what they do, and uninstall the addon in the end.
        variables = {
            "CRM_LIFECYCLE_CONFIG": str(configs["served"]),
            "CRM_LIFECYCLE_OLD_CONFIG": str(configs["old"]),
            "CRM_LIFECYCLE_JOBS_CONFIG": str(configs["jobs"]),
            **queue,
        }
        with _beside("served", "tests/served", "-p", "no:odoo", **variables) as served:
            addon = subprocess.call(
                _pytest(
                    "addon",
                    *("tests", "--ignore=tests/engine", "--ignore=tests/served"),
                    *("--odoo-http", f"--odoo-config={configs['addon']}"),
                    *(f"--odoo-extra={option}" for option in SERVER),
                    *(f"--numprocesses={len(WORKERS)}", "--dist=loadfile"),
                ),
                cwd=CHECKOUT,
                preexec_fn=lambda: os.nice(5),
            )
        return engine.returncode, addon, served.returncode
    finally:
        for key, name in names.items():
            env.drop_database(name)
            configs[key].unlink()
        for worker in WORKERS:  # of an ended run: pytest-odoo drops its own
            env.drop_database(f"{database}-{worker}")


@contextmanager
def _beside(suite, *arguments, **variables):
    """Run a suite while something else is done, and show afterwards what it printed.

    :param variables: of its process, besides
    :return: the process, which has ended when the block has
    """
    output = REPORTS / f"{suite}.log"
    with output.open("w") as stream:
        process = subprocess.Popen(
            _pytest(suite, *arguments),
            cwd=CHECKOUT,
            env={**os.environ, **variables},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # ctrl-C comes from here, and only once
        )
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # it ends its own servers
            try:
                process.wait(60)
            finally:
                process.kill()
        sys.stdout.write(output.read_text())
        sys.stdout.flush()


def _pytest(suite, *arguments):
    report = REPORTS / f"{suite}.xml"
    command = [sys.executable, "-m", "pytest", *arguments, f"--junit-xml={report}"]
    return [*command, *sys.argv[1:]]


def _sum_up(codes):
    """Print what did not pass, and the sum of all suites as the last line.

    :return: the exit code
    """
    cases = [
        case
        for report in sorted(REPORTS.glob("*.xml"))
        for case in ElementTree.parse(report).iter("testcase")
    ]
    skipped = [case for case in cases if case.find("skipped") is not None]
    failed = [
        case
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    for case in skipped:
        cache.say(
            f"skipped, which counts as failed: {case.get('classname')}."
            f"{case.get('name')} ({case.find('skipped').get('message')})"
        )
    for case in failed:
        what = case.find("failure")
        what = case.find("error") if what is None else what
        cache.say(
            f"failed: {case.get('classname')}.{case.get('name')}: "
            + shorten(what.get("message"), REASON, placeholder=" ...")
        )
    for suite, code in zip(SUITES, codes, strict=True):
        if code not in (0, SOME_FAILED, NO_TESTS):
            cache.say(f"failed: the {suite} suite ended with pytest's code {code}")
    passed = len(cases) - len(failed) - len(skipped)
    print(f"total: {passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    ended_well = all(code in (0, NO_TESTS) for code in codes)
    return 0 if ended_well and passed and not failed and not skipped else 1


if __name__ == "__main__":
    # An ended run drops its database, too.
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(143))
    environment.main(main)
