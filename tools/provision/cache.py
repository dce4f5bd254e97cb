"""The cache folder, and how a part of it is made once and never seen half made."""

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

# How apt, pip, npm, psql and Odoo's tools begin the line that says what went wrong.
ERROR_LINE = re.compile(r"E:|ERROR(?!: Ignored)|npm error|error|fatal|FATAL|.*: error:")


class Stop(Exception):
    """A foreseen failure: one line that says what is missing and how to give it."""


def say(line):
    """Tell about progress on stderr: stdout belongs to what was asked for."""
    print(f"crm_lifecycle: {line}", file=sys.stderr, flush=True)


def folder():
    """Return the user's cache folder, shared by all checkouts; make it if needed."""
    given = os.environ.get("CRM_LIFECYCLE_CACHE")
    parent = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    path = Path(given or f"{parent}/crm_lifecycle").expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(
            f"cannot make the cache folder {path} ({error.strerror}):"
            " set CRM_LIFECYCLE_CACHE to another one"
        ) from None
    return path


@contextmanager
def locked(path, waiting):
    """Hold the lock file ``path``; say ``waiting`` when another process has it."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def made(target, make, what, gigabytes):
    """Return ``target``, made by ``make(target)`` unless it is there already.

    The stamp is written last and holds what ``make`` returned, a description of
    what it brought. A folder without a stamp was left by an interrupted call and
    is made anew, so whoever finds the stamp finds everything. Callers hold the lock.
    """
    stamp = target / ".complete"
    if stamp.exists():
        return target
    free = shutil.disk_usage(target.parent).free / 1e9
    if free < gigabytes:
        raise OSError(errno.ENOSPC, f"{free:.1f} GB free, {gigabytes} GB needed")
    say(what)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    stamp.write_text(make(target))
    return target


def output(command, failure, **options):
    """Run ``command`` quietly and return what it printed on stdout.

    When it fails, stop with ``failure`` and the line in which it says why.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
    except FileNotFoundError:
        raise Stop(f"{failure}: {command[0]} is not on the PATH") from None
    if done.returncode:
        lines = (done.stderr + "\n" + done.stdout).strip().splitlines() or ["no reason"]
        if any("No space left on device" in line for line in lines):
            raise OSError(errno.ENOSPC, "No space left on device")
        reason = next((line for line in lines if ERROR_LINE.match(line)), lines[-1])
        raise Stop(f"{failure}: {reason.strip()}")
    return done.stdout
