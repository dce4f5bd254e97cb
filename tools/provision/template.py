"""A database with Odoo's modules installed, made once and then only copied."""

import hashlib
import os
import re
import subprocess
import sys

from . import cache
from .cache import Stop

MODULES = (
    "account",
    "base_automation",
    "contacts",
    "sale_crm",
    "sale_management",
    "sale_stock",
)
LOAD_CHART = (
    "env['account.chart.template'].try_loading("
    "'generic_coa', company=env.company, install_demo=False); env.cr.commit()"
)
COMPLAINT = re.compile(r"^\S+ \S+ \d+ (ERROR|CRITICAL) ", re.MULTILINE)


def find(env):
    """Return the template's name.

    It is another one when Odoo, the packages, the modules or the chart are others.
    It gets its name last, so what has the name is complete.
    """
    parts = (env.odoo_identity, env.python, MODULES, LOAD_CHART)
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:10]
    name, making = f"crm_lifecycle_template_{key}", f"crm_lifecycle_making_{key}"
    with cache.locked(env.cache / f"{name}.lock", "waiting for the template database"):
        databases = env.sql("SELECT datname FROM pg_database").split()
        if name in databases and env.filestore(name).exists():
            return name
        cache.say("making the template database, once: about three minutes")
        env.drop_database(making)
        env.drop_database(name)
        env.sql(f"CREATE DATABASE {making} TEMPLATE template0 ENCODING 'UTF8'")
        config = env.write_config(making)
        modules = ",".join(MODULES)
        run(env, env.odoo(config, "--init", modules, "--stop-after-init"))
        run(env, env.odoo(config, "--no-http", command="shell"), script=LOAD_CHART)
        config.unlink()
        env.filestore(making).rename(env.filestore(name))
        env.sql(f"ALTER DATABASE {making} RENAME TO {name}")
    return name


def run(env, command, script=""):
    """Run Odoo; show its log only when it fails or complains of an error."""
    done = subprocess.run(
        command,
        input=script,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **env.variables},
        check=False,
    )
    if done.returncode or COMPLAINT.search(done.stdout):
        sys.stderr.write(done.stdout)
        raise Stop("Odoo failed, its log is above")
