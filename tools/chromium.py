"""A headless Chromium driven over its DevTools protocol, as Odoo's own tests do."""

import base64
import json
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import websocket

TIMEOUT = 60


@contextmanager
def chromium(program):
    """Run ``program`` headless and yield its one :class:`Page`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--no-first-run",
                "--disable-gpu",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = _wait(lambda: _debugging_port(Path(profile)), "Chromium to start")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = json.load(answer)
            yield Page(
                next(
                    page["webSocketDebuggerUrl"]
                    for page in pages
                    if page["type"] == "page"
                )
            )
        finally:
            process.terminate()
            process.wait()


def _debugging_port(profile):
    file = profile / "DevToolsActivePort"
    return file.exists() and file.read_text().splitlines()[0]


def _wait(condition, what):
    """Return the first true value of ``condition``."""
    limit = time.monotonic() + TIMEOUT
    while time.monotonic() < limit:
        if value := condition():
            return value
        time.sleep(0.1)
    raise TimeoutError(f"waited {TIMEOUT} s for {what}")


class Page:
    """One tab of the browser."""

    def __init__(self, url):
        self._socket = websocket.create_connection(
            url, timeout=TIMEOUT, suppress_origin=True
        )
        self._last_id = 0

    def call(self, method, **parameters):
        """Send one command of the protocol and return its result."""
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def evaluate(self, script):
        """Return the value of a JavaScript expression, awaited if it is a promise."""
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def resize(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState == 'complete'")

    def wait_for(self, condition):
        """Wait until a JavaScript expression is true."""
        _wait(lambda: self.evaluate(f"Boolean({condition})"), condition)

    def screenshot(self):
        """Return what the page shows, as the bytes of a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])
