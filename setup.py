"""Wheel that installs the addon as ``odoo.addons.crm_lifecycle``.

Odoo finds it there by itself, whether Odoo came from a package or from source. Odoo
is not required by name: an Odoo that runs from source has no such distribution.
"""

import ast
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
ADDON = ROOT / "crm_lifecycle"
PREFIX = "odoo.addons."

manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text())
packages = find_packages(include=["crm_lifecycle", "crm_lifecycle.*"])
data = [
    str(path.relative_to(ADDON))
    for path in ADDON.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
]

setup(
    name="odoo-addon-crm-lifecycle",
    version=manifest["version"],
    description=manifest["summary"],
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    author=manifest["author"],
    license="LGPL-3.0-only",
    license_files=["LICENSE"],
    classifiers=["Framework :: Odoo :: 19.0", "Programming Language :: Python"],
    python_requires=">=3.10",
    install_requires=["numpy>=1.24", "scipy>=1.10"],
    packages=[PREFIX + package for package in packages],
    package_dir={PREFIX + "crm_lifecycle": "crm_lifecycle"},
    package_data={PREFIX + "crm_lifecycle": data},
    zip_safe=False,
)
