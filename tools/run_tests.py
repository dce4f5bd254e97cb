"""Run all tests: first the engine's, without database, then Odoo's, with tours, then
those that need a served Odoo with scheduled jobs.

Odoo's tests get a database of their own, a copy of the template into which the addon
is installed without demo data, and a web server and a browser for the tours; two
processes share the files of tests, each with a copy of that database. A test
that was skipped counts as a failure: pytest-odoo and Odoo skip tours silently when
the server or the browser is missing, and a green run must mean that they played.

Arguments are passed on to pytest.
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from benchmark import database as company

import environment
from environment import CHECKOUT
from provision import cache, queue_job

# What the addon reads when it is there, and never requires; the demo runs without.
OPTIONAL_MODULES = ("delivery", "pos_sale", "sale_loyalty", "sale_margin")
WORKERS = ("gw0", "gw1")  # as pytest-xdist names them
IN_PARALLEL = (f"--numprocesses={len(WORKERS)}", "--dist=loadfile")
NO_TESTS = 5  # pytest's exit code when the arguments select nothing


def main():
    """Run all suites and return the exit code."""
    environment.find_browser()
    env = environment.ready(database=True)
    reports = CHECKOUT / "build/tests"
    reports.mkdir(parents=True, exist_ok=True)
    files = [reports / f"{name}.xml" for name in ("engine", "addon", "served")]
    engine, *others = files
    codes = [_pytest(env, engine, "tests/engine", "-p", "no:odoo", *IN_PARALLEL)]

    name = hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:10]
    database = f"crm_lifecycle_test_{name}"
    lock = env.cache / f"{database}.lock"
    with cache.locked(lock, "waiting for the other test run of this checkout"):
        codes += _odoo_tests(env, database, *others)
    return _sum_up(codes, files)


def _odoo_tests(env, database, addon, served):
    env.copy_database(env.template(), database)
    config = env.write_config(database)
    # three years of history that the addon comes to later
    old = f"{database}_old"
    env.copy_database(company.template(env, "tiny"), old)
    old_config = env.write_config(old)
    # the same, where the job queue of the OCA is installed
    jobs = f"{database}_jobs"
    env.copy_database(company.template(env, "tiny"), jobs)
    jobs_config = env.write_config(jobs)
    try:
        cache.say("installing the addon")
        env.install(config, ",".join(("crm_lifecycle", *OPTIONAL_MODULES)))
        in_process = _pytest(
            env,
            addon,
            *("tests", "--ignore=tests/engine", "--ignore=tests/served"),
            *("--odoo-http", f"--odoo-config={config}"),
            *IN_PARALLEL,
        )
        # These commit what they do, and uninstall the addon in the end.
        os.environ["CRM_LIFECYCLE_CONFIG"] = str(config)
        os.environ["CRM_LIFECYCLE_OLD_CONFIG"] = str(old_config)
        os.environ["CRM_LIFECYCLE_JOBS_CONFIG"] = str(jobs_config)
        os.environ["PYTHONPATH"] = str(queue_job.find(env.cache, env.python))
        env.install(jobs_config, "crm_lifecycle,queue_job")
        return in_process, _pytest(env, served, "tests/served", "-p", "no:odoo")
    finally:
        for name, path in (
            (database, config),
            (old, old_config),
            (jobs, jobs_config),
        ):
            env.drop_database(name)
            path.unlink()
        for worker in WORKERS:  # of an ended run: pytest-odoo drops its own
            env.drop_database(f"{database}-{worker}")


def _pytest(env, report, *arguments):
    command = [env.python, "-m", "pytest", *arguments, f"--junit-xml={report}"]
    report.unlink(missing_ok=True)
    return subprocess.call([*command, *sys.argv[1:]], cwd=CHECKOUT)


def _sum_up(codes, reports):
    """Print the sum of all suites as the last line and return the exit code."""
    cases = [
        case
        for report in filter(Path.exists, reports)
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
    passed = len(cases) - len(failed) - len(skipped)
    print(f"total: {passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    ended_well = all(code in (0, NO_TESTS) for code in codes)
    return 0 if ended_well and passed and not failed and not skipped else 1


if __name__ == "__main__":
    # An ended run drops its database, too.
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(143))
    environment.main(main)
