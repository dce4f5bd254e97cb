"""The browser in which Odoo plays its tours."""

import os
import shutil

from .cache import Stop, output, say

# The names under which Odoo looks for it, in Odoo's order.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find():
    """Return the path of Chrome or Chromium; root gets it from apt if missing."""
    if not _on_path() and os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Chromium with apt")
        options = {
            "failure": "apt could not install Chromium, which tours need",
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        apt = ["apt-get", "-q", "-y", "--no-install-recommends"]
        output([*apt, "update"], **options)
        output([*apt, "install", "chromium"], **options)
    if not _on_path():
        raise Stop(
            "tours need Chromium or Chrome on the PATH: install one"
            " (Debian: apt-get install chromium, as root)"
        )
    return _on_path()


def _on_path():
    return next(filter(None, map(shutil.which, NAMES)), None)
