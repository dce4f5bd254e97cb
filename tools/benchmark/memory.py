"""Goal 12: memory over the loaded registry, in a process of its own, on Linux."""

from datetime import timedelta
from pathlib import Path

from . import night, offers
from .database import odoo_env


def grown(env, database, what):
    """:return: megabytes by which the peak of this process rises"""
    with odoo_env(env, database) as admin:
        admin["sale.order"].search([], limit=1).read()
        _forget_peak()
        before = _peak()
        if what == "night":
            as_of = night.AS_OF + timedelta(days=40)
            night.learn_next(admin, as_of, "everything")
            for company in admin["res.company"].search([]):
                for _done in admin["crm.lifecycle.profile"]._nightly(company, as_of):
                    admin.cr.commit()
        else:
            offers.run(admin(su=False), lambda *_args, **_kwargs: None)
        return _peak() - before


def _peak():
    """Megabytes that this process has held at most since :func:`_forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) / 1000


def _forget_peak():
    Path("/proc/self/clear_refs").write_text("5")
