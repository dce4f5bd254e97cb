"""OCA's job queue, which the addon uses where it is installed, and never requires."""

from . import cache
from .cache import output

# The second one is what the first one wants for its upgrades.
PACKAGES = ("odoo-addon-queue_job==19.0.2.4.0.1", "openupgradelib==3.13.7")


def find(cache_folder, python):
    """Return the folder to put on PYTHONPATH, in which Odoo finds the addon.

    It is not among the pinned packages because it wants Odoo to be installed like one.
    """

    def make(target):
        pip = [python, "-m", "pip", "install", "--no-deps", "--target", target]
        output(
            [*pip, *PACKAGES],
            "pip could not install OCA's job queue; check the network",
        )
        return " ".join(PACKAGES)

    target = cache_folder / PACKAGES[0].replace("==", "-")
    return cache.made(target, make, "bringing OCA's job queue", gigabytes=1)
