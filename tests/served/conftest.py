"""A real Odoo server with its scheduled jobs, as tools/run_tests.py prepares it."""

import os
import subprocess
import sys
import time
import xmlrpc.client

import pytest


@pytest.fixture(scope="session", autouse=True)
def load_registry():
    """Takes the place of pytest-odoo's fixture: Odoo runs in its own process here."""


class Server:
    """A server process, and calls to it as one of its users."""

    def __init__(self, config):
        self.database = config["db_name"]
        self.address = f"http://127.0.0.1:{config['http_port']}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "odoo", "-c", config["path"], "--log-level=warn"]
        )
        self.common = xmlrpc.client.ServerProxy(f"{self.address}/xmlrpc/2/common")
        self.object = xmlrpc.client.ServerProxy(
            f"{self.address}/xmlrpc/2/object", allow_none=True
        )
        self.wait(self.is_up, 120)

    def is_up(self):
        try:
            return self.common.version()
        except (ConnectionError, xmlrpc.client.ProtocolError):
            assert self.process.poll() is None, "the server ended"
            return None

    def wait(self, condition, seconds):
        """:return: the first true value of `condition`, which must come in time"""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(1)
        raise AssertionError(f"{condition} did not come true within {seconds} seconds")

    def login(self, name):
        """:return: a function that calls a method of a model as the user `name`,
        whose password is his name"""
        uid = self.common.authenticate(self.database, name, name, {})
        assert uid, f"{name} cannot log in"

        def call(model, method, *arguments, **options):
            return self.object.execute_kw(
                self.database, uid, name, model, method, arguments, options
            )

        return call


@pytest.fixture(scope="session")
def server():
    path = os.environ["CRM_LIFECYCLE_CONFIG"]
    with open(path) as lines:
        pairs = [line.split(" = ", 1) for line in lines if " = " in line]
    config = {name: value.strip() for name, value in pairs}
    server = Server({**config, "path": path})
    yield server
    server.process.terminate()
    server.process.wait(60)
