"""The virtual environment with the packages pinned in ``requirements.txt``."""

import hashlib
import os
import re
import sys
from pathlib import Path

from . import cache
from .cache import output

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"


def python(cache_folder, odoo_folder):
    """Return the interpreter that sees Odoo and all the pinned packages.

    Its folder is named by what it was made of, so that checkouts with other pins,
    another Python or another Odoo do not disturb each other.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    pins = REQUIREMENTS.read_text()
    made_of = f"{pins} {version} {odoo_folder}"
    key = hashlib.sha256(made_of.encode()).hexdigest()[:10]
    target = cache_folder / f"python-{version}-{key}"
    interpreter = target / "bin/python"
    if not interpreter.exists():  # also when the Python it was made from is gone
        (target / ".complete").unlink(missing_ok=True)

    def make(target):
        output(
            [sys.executable, "-m", "venv", target],
            "this Python cannot make virtual environments (Debian and Ubuntu: install"
            " python3-venv)",
        )
        # Two steps: one package comes as source and needs setuptools to be built.
        pip = [interpreter, "-m", "pip", "install", "--no-deps"]
        own_cache = {**os.environ, "PIP_CACHE_DIR": str(cache_folder / "pip")}
        builders = re.findall(r"^(?:setuptools|wheel)==.*", pins, re.MULTILINE)
        everything = ["--no-build-isolation", "--requirement", REQUIREMENTS]
        for what in (builders, everything):
            output(
                [*pip, *what],
                "pip could not install the pinned packages; check the network",
                env=own_cache,
            )
        # Before Odoo joins, since it also lists packages for hardware and old formats.
        output([interpreter, "-m", "pip", "check"], "requirements.txt is incomplete")
        (site_packages,) = target.glob("lib/python*/site-packages")
        (site_packages / "odoo.pth").write_text(f"{odoo_folder}\n")
        return f"{version}\n{odoo_folder}\n"

    cache.made(target, make, f"installing packages for Python {version}", gigabytes=2)
    return interpreter
