"""A real Odoo server with its scheduled jobs, as tools/run_tests.py prepares it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

# Odoo, whose night has units of work that suit a small company. It is a file, because
# its process for notifications starts it again.
PROGRAM = """
import odoo.addons

odoo.addons.__path__.append("{checkout}")
from odoo.addons.crm_lifecycle.models import crm_lifecycle_nightly
from odoo.cli.command import main

crm_lifecycle_nightly.BATCH = 20
main()
"""


@pytest.fixture(scope="session", autouse=True)
def load_registry():
    """Takes the place of pytest-odoo's fixture: Odoo runs in its own process here."""


class Server:
    """A server process, and calls to it as one of its users."""

    def __init__(self, path, *options, program=("-m", "odoo")):
        """:param path: of the configuration file
        :param options: of the command line, besides
        :param program: what Python is to run
        """
        with open(path) as lines:
            pairs = [line.split(" = ", 1) for line in lines if " = " in line]
        config = {name: value.strip() for name, value in pairs}
        self.command = [sys.executable, *program, "-c", path, "--log-level=warn"]
        self.command += options
        self.database = config["db_name"]
        self.address = f"http://127.0.0.1:{config['http_port']}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command)
        self.wait(self.is_up, 300)

    def kill(self):
        """As a power cut or the kernel does: without a chance to tidy up."""
        self.process.kill()
        self.process.wait(60)

    def is_up(self):
        try:
            return requests.get(f"{self.address}/web/health", timeout=60).ok
        except (requests.ConnectionError, requests.Timeout):
            assert self.process.poll() is None, "the server ended"
            return False

    def wait(self, condition, seconds):
        """:return: the first true value of `condition`, which must come in time"""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(1)
        raise AssertionError(f"{condition} did not come true within {seconds} seconds")

    def login(self, name):
        """:return: a function that calls a method of a model as the user `name`, whose
        password is his name, in the way of the web client"""
        session = requests.Session()

        def post(path, **params):
            answer = session.post(
                f"{self.address}{path}",
                json={"jsonrpc": "2.0", "params": params},
                timeout=300,
            ).json()
            assert "error" not in answer, answer["error"]
            return answer["result"]

        user = {"db": self.database, "login": name, "password": name}
        assert post("/web/session/authenticate", **user)["uid"]

        def call(model, method, *arguments, **options):
            return post(
                f"/web/dataset/call_kw/{model}/{method}",
                model=model,
                method=method,
                args=arguments,
                kwargs=options,
            )

        return call


@pytest.fixture(scope="session")
def serve():
    """A function that starts a :class:`Server`, which ends with the tests."""
    servers = []

    def start(*arguments, **options):
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()
        server.process.wait(60)


@pytest.fixture(scope="session")
def serve_workers(serve):
    """A function that starts a :class:`Server` with worker processes."""

    def start(path, log, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        program = log.with_name("odoo")
        program.write_text(PROGRAM.format(checkout=Path(__file__).parents[2]))
        return serve(
            path,
            *("--workers=2", f"--gevent-port={port}", f"--logfile={log}", *options),
            program=[program],
        )

    return start


@pytest.fixture(scope="session")
def server(serve):
    return serve(os.environ["CRM_LIFECYCLE_CONFIG"])


@pytest.fixture(scope="module")
def admin(server):
    return server.login("admin")
