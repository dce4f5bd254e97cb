"""The browser in which Odoo plays its tours."""

import os
import shutil

from .cache import Stop, output, say

# The names under which Odoo looks for it, in Odoo's order.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find():
    """Return the path of Chrome or Chromium; root gets it from apt if missing."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    if os.geteuid() or not shutil.which("apt-get"):
        raise Stop(
            "tours need Chromium or Chrome on the PATH: install one"
            " (Debian: apt-get install chromium, as root)"
        )
    say("installing Chromium with apt")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    failure = "apt could not install Chromium; put Chromium or Chrome on the PATH"
    output(["apt-get", "-q", "update"], failure, env=quiet)
    install = ["apt-get", "-q", "-y", "--no-install-recommends", "install", "chromium"]
    output(install, failure, env=quiet)
    return shutil.which("chromium")
