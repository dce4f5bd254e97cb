"""Odoo 19: the tree in ODOO_PATH, or else the package of the Debian archive."""

import os
import re
import shutil
import tarfile
from pathlib import Path

from . import cache
from .cache import Stop, output

# Debian ships Odoo without the libraries that are packages of their own, and links
# to them. Only Odoo has to come from sid; the others come from a release, where the
# files that Odoo's links point at no longer move.
ODOO_PACKAGE = "odoo-19/sid"
LINKED_PACKAGES = (
    "fonts-font-awesome/trixie",
    "fonts-inconsolata/trixie",
    "fonts-montserrat/trixie",
    "fonts-ocr-b/trixie",
    "fonts-roboto-unhinted/trixie",
    "libjs-jquery/trixie",
    "libjs-jquery-form/trixie",
    "libjs-underscore/trixie",
)
# Debian leaves out this prebuilt library; the web client's bundle needs its file.
NPM_PACKAGE = "@mediapipe/selfie_segmentation@0.1.1675465747"
NPM_FILE = "selfie_segmentation.js"

DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
INSTEAD = "or set ODOO_PATH to an Odoo 19 source tree"


def find(cache_folder):
    """Return the folder that holds the package ``odoo``, and its identity.

    The identity is a text that changes when the code becomes another one.
    """
    given = os.environ.get("ODOO_PATH")
    if given:
        tree = Path(given).expanduser().absolute()
        _check_major(tree)
        head = tree / ".git/logs/HEAD"
        moved = head if head.exists() else tree / "odoo/release.py"
        return tree, f"{tree} {moved.stat().st_mtime_ns}"
    made = cache.made(
        cache_folder / f"odoo-19-{NPM_PACKAGE.rpartition('@')[2]}",
        _from_debian,
        "bringing Odoo 19 from the Debian archive",
        gigabytes=2,
    )
    tree = made / "usr/lib/python3/dist-packages"
    _check_major(tree)
    return tree, (made / ".complete").read_text()


def _check_major(tree):
    release = tree / "odoo/release.py"
    if not release.exists():
        raise Stop(
            f"no Odoo in {tree}: set ODOO_PATH to the folder that holds the package"
            " 'odoo' (a source tree, or a site-packages folder)"
        )
    found = re.search(r"^version_info = \((.+?),", release.read_text(), re.MULTILINE)
    major = found.group(1) if found else "unknown"
    if major != "19":
        raise Stop(f"Odoo in {tree} has major {major}: set ODOO_PATH to an Odoo 19")


def _from_debian(target):
    for tool in ("apt-get", "dpkg-deb", "npm"):
        if not shutil.which(tool):
            raise Stop(f"{tool} is needed to bring Odoo: install it, {INSTEAD}")
    apt = _apt(target / "apt")
    names = (ODOO_PACKAGE, *LINKED_PACKAGES)
    output(
        [*apt, "download", *names],
        f"apt could not download {ODOO_PACKAGE} and its fonts; try again, {INSTEAD}",
        cwd=target / "apt",
    )
    packages = sorted((target / "apt").glob("*.deb"))
    for package in packages:
        output(["dpkg-deb", "-x", package, target], "cannot unpack Odoo")
    shutil.rmtree(target / "apt")
    _add_npm_file(target)
    dangling = [path for path in target.rglob("*") if not path.exists()]
    if dangling:
        raise Stop(
            f"Debian's Odoo links to a file it does not bring, {dangling[0]};"
            " set ODOO_PATH to an Odoo 19 source tree"
        )
    return "\n".join(package.name for package in packages)


def _apt(private):
    """Return the start of apt-get commands on private lists; needs no root.

    Proxies, certificates and the like stay those of the machine. The archive is
    the one the machine already trusts as Debian's, for other suites.
    """
    (private / "lists/partial").mkdir(parents=True)
    (private / "archives/partial").mkdir(parents=True)
    settings = private / "apt.conf"
    settings.write_text(
        f"""\
Dir::State::Lists "{private}/lists";
Dir::Cache "{private}";
Acquire::Languages "none";
APT::Update::Error-Mode "any";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
        + ('APT::Sandbox::User "root";\n' if os.geteuid() == 0 else "")
    )
    apt = ["apt-get", "-q", "-c", settings]
    archive = _debian_archive(["apt-get"])
    if not archive:  # a fresh machine: its lists were never fetched
        _update(apt)
        archive = _debian_archive(apt)
    if not archive:
        raise Stop(f"apt knows no Debian archive on this machine: add one, {INSTEAD}")
    uri, signed_by = archive
    (private / "debian.sources").write_text(
        f"Types: deb\nURIs: {uri}\nSuites: sid trixie\nComponents: main\n{signed_by}\n"
    )
    with settings.open("a") as lines:
        lines.write(
            f"""\
Dir::Etc::SourceList "{private}/debian.sources";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
"""
        )
    _update(apt)
    return apt


def _update(apt):
    output(
        [*apt, "update"],
        f"apt could not reach the Debian archive; check the network, {INSTEAD}",
    )


def _debian_archive(apt):
    """Return the address of the Debian archive and its Signed-By, or None."""
    found = output(
        [
            *apt,
            "indextargets",
            "--format=$(REPO_URI) $(SOURCESENTRY)",
            "Created-By: Packages",
            "Origin: Debian",
            "Label: Debian",
        ],
        "apt does not tell its sources",
    ).split()
    if not found:
        return None
    uri, entry = found[:2]
    path, _colon, number = entry.rpartition(":")
    text = Path(path).read_text()
    if path.endswith(".sources"):
        stanza = re.split(r"\n\s*\n", text.strip())[int(number) - 1]
        own = re.search(r"^Signed-By:.*(?:\n[ \t].*)*", stanza, re.MULTILINE)
        signed_by = own and own.group()
    else:
        own = re.search(r"\bsigned-by=([^\s\]]+)", text.splitlines()[int(number) - 1])
        signed_by = own and f"Signed-By: {own.group(1)}"
    return uri, signed_by or f"Signed-By: {DEBIAN_KEYRING}"


def _add_npm_file(target):
    output(
        ["npm", "pack", NPM_PACKAGE, f"--cache={target}/npm"],
        f"npm could not fetch {NPM_PACKAGE}; check the network, {INSTEAD}",
        cwd=target,
    )
    (archive,) = target.glob("*.tgz")
    folder = target / "usr/lib/python3/dist-packages/odoo/addons/mail/static/lib"
    place = folder / "selfie_segmentation" / NPM_FILE
    place.parent.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        place.write_bytes(tar.extractfile(f"package/{NPM_FILE}").read())
    archive.unlink()
    shutil.rmtree(target / "npm", ignore_errors=True)
