"""The development environment: Python packages, Odoo 19, PostgreSQL, a browser.

Everything lies in the user's cache folder (CRM_LIFECYCLE_CACHE, or crm_lifecycle in
XDG_CACHE_HOME or ~/.cache), is shared by all checkouts, and is made by the first
call that needs it. What is there is used when told: ODOO_PATH names an Odoo 19,
PGHOST (with PGPORT, PGUSER, PGPASSWORD) a PostgreSQL server. Needs no root and no
package besides Python 3.10 to 3.13 itself.

From the shell::

    python3 tools/environment.py python               print the interpreter's path
    python3 tools/environment.py exports              print export lines for a shell
    python3 tools/environment.py run CMD ...          run CMD with its tools on the PATH
    python3 tools/environment.py run --database CMD   the same, with PostgreSQL started
    python3 tools/environment.py stop                 stop our own PostgreSQL
    python3 tools/environment.py folder               print the cache folder

From another tool, which is itself run by ``environment.py run``::

    import environment

    def main():
        env = environment.ready(database=True)
        env.copy_database(env.template(), "crm_lifecycle_demo")
        config = env.write_config("crm_lifecycle_demo", http_port=env.free_port())
        subprocess.run(env.odoo(config, "--init=crm_lifecycle", "--stop-after-init"))

    environment.main(main)   # one line instead of a traceback for what was foreseen
"""

import sys

if not (3, 10) <= sys.version_info[:2] <= (3, 13):  # before anything newer is read
    sys.exit(
        "crm_lifecycle: Python 3.10 to 3.13 is needed, this is {}.{}: name one that is"
        " on the PATH, for example make PYTHON=python3.12".format(*sys.version_info)
    )

import errno
import os
import re
import shlex
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path

from provision import browser, cache, odoo, packages, postgres, template
from provision.cache import Stop, say

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Environment:
    """A complete environment; ``postgres`` is empty unless a database was asked for."""

    cache: Path
    python: Path
    odoo_folder: Path
    odoo_identity: str
    postgres: dict = field(default_factory=dict)

    @property
    def variables(self):
        """What has to be set for programs that run in this environment."""
        path = [
            str(self.python.parent),
            *([str(postgres.programs(self.python))] if self.postgres else []),
            os.environ.get("PATH", os.defpath),
        ]
        return {
            "PATH": os.pathsep.join(path),
            "VIRTUAL_ENV": str(self.python.parents[1]),
            "PRE_COMMIT_HOME": str(self.cache / "pre-commit"),
            "PYLINTHOME": str(self.cache / "pylint"),
            # as the engine sets it for those who have not imported numpy yet
            "OPENBLAS_NUM_THREADS": "1",
            **self.postgres,
        }

    def sql(self, statement, database="postgres"):
        """Run one SQL statement and return the rows as text."""
        return postgres.psql(self.python, self.postgres, database, statement)

    def filestore(self, database):
        """Return the folder in which Odoo keeps the attachments of ``database``."""
        return self.cache / "odoo-data/filestore" / database

    def drop_database(self, name):
        """Drop a database, with its attachments, if it exists."""
        self.sql(f'DROP DATABASE IF EXISTS "{_checked(name)}" WITH (FORCE)')
        shutil.rmtree(self.filestore(name), ignore_errors=True)

    def copy_database(self, source, name):
        """Make ``name`` a copy of ``source``, replacing what had that name.

        Attachments are linked, not copied: Odoo never changes one in place.
        """
        self.drop_database(name)
        self.sql(f'CREATE DATABASE "{_checked(name)}" TEMPLATE "{_checked(source)}"')
        shutil.copytree(
            self.filestore(source), self.filestore(name), copy_function=os.link
        )

    def write_config(self, database, http_port=None, addons=()):
        """Write an Odoo configuration file for ``database`` and return its path.

        ``addons`` are folders of addons besides this checkout.
        """
        path = self.cache / f"{_checked(database)}.conf"
        path.write_text(
            f"""\
[options]
addons_path = {",".join(map(str, (CHECKOUT, *addons)))}
data_dir = {self.cache / "odoo-data"}
screenshots = {self.cache / "odoo-screenshots"}
db_host = {self.postgres["PGHOST"]}
db_port = {self.postgres["PGPORT"]}
db_user = {self.postgres["PGUSER"]}
db_name = {database}
dbfilter = ^{database}$
list_db = False
http_interface = 127.0.0.1
http_port = {http_port or self.free_port()}
"""
        )
        return path

    def odoo(self, config, *arguments, command="server"):
        """Return the command line that runs Odoo on ``config``."""
        return [str(self.python), "-m", "odoo", command, "-c", str(config), *arguments]

    def template(self):
        """Return a database with MODULES and a chart of accounts, made once."""
        return template.find(self)

    def install(self, config, module):
        """Install ``module`` into the database of ``config``."""
        template.run(self, self.odoo(config, "--init", module, "--stop-after-init"))

    @staticmethod
    def free_port(wanted=None):
        """Return ``wanted`` if it is free, or any free port when none is wanted."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(wanted or 0)))
            except (OSError, ValueError, OverflowError) as error:
                raise Stop(
                    f"port {wanted} cannot be used ({error}): set PORT"
                ) from None
            return probe.getsockname()[1]


def _checked(name):
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise ValueError(f"not a plain database name: {name}")
    return name


def ready(database=False):
    """Return the environment, made where it is not there yet."""
    os.umask(0o022)  # root's PostgreSQL runs as nobody and must read its programs
    folder = cache.folder()
    if database:
        postgres.check_path(folder)
    with cache.locked(folder / "lock", "waiting for another call in the same cache"):
        odoo_folder, identity = odoo.find(folder)
        python = packages.python(folder, odoo_folder)
        variables = postgres.server(folder, python) if database else {}
    return Environment(folder, python, odoo_folder, identity, variables)


def find_browser():
    """Return the path of the browser for tours.

    What browsers leave in the user's home goes to the cache folder instead, for all
    that this process starts from here on.
    """
    folder = cache.folder()
    os.environ["CRM_LIFECYCLE_CACHE"] = str(folder)
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = f"{folder}/browser"
    return browser.find()


def main(action):
    """Run ``action``; turn a foreseen failure into one line and exit code 1."""
    try:
        sys.exit(action())
    except Stop as stop:
        line = str(stop)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        line = (
            f"cannot write to {error.filename or 'the cache folder'}: {error.strerror};"
            " make room, or set CRM_LIFECYCLE_CACHE to another folder"
        )
    except KeyboardInterrupt:
        sys.exit(130)
    say(line)
    sys.exit(1)


def _command_line():
    action, *rest = sys.argv[1:] or ["help"]
    database = rest[:1] == ["--database"]
    command = rest[1:] if database else rest
    if action == "run" and command:
        _execute(command, ready(database))
    elif action == "python":
        print(ready().python)
    elif action == "exports":
        for name, value in ready(database=True).variables.items():
            print(f"export {name}={shlex.quote(value)}")
    elif action == "stop":
        env = ready()
        postgres.stop(env.cache, env.python)
    elif action == "folder":
        print(cache.folder())
    else:
        raise Stop("say python, exports, run [--database] COMMAND, stop or folder")


def _execute(command, env):
    os.environ.update(env.variables)
    if not shutil.which(command[0]):
        raise Stop(f"no command {command[0]}")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(_command_line)
