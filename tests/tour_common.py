from contextlib import contextmanager

from odoo.tests import HttpCase

# Seconds that a tour may take; the slowest one needs 20 on a machine that is not busy.
TIMEOUT = 600


class TourCase(HttpCase):
    """Tours that fail because of what is on the screen, never because the machine is
    busy. How long a step may take is told in the tours: see ``add_tour.js``."""

    test_cursor_lock_timeout = 120

    def start_tour(self, url_path, tour_name, **kwargs):
        return super().start_tour(url_path, tour_name, timeout=TIMEOUT, **kwargs)

    @contextmanager
    def allow_requests(self, browser=None, **kwargs):
        """The log has Chrome's own messages, too: only they say why a request had no
        answer."""
        if browser:
            browser._handlers["Log.entryAdded"] = self._log_message
            browser._websocket_request("Log.enable")
        with super().allow_requests(browser=browser, **kwargs):
            yield

    def _log_message(self, entry):
        self._logger.info("Chrome: %s %s", entry["text"], entry.get("url", ""))
