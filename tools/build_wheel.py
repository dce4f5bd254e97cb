"""Build the wheel into ``dist/`` and prove that it holds exactly the addon's files."""

import shutil
import sys
import zipfile

import environment
from environment import CHECKOUT
from provision.cache import Stop, output


def main():
    """Build, compare with what git tracks, and print the wheel's path."""
    dist = CHECKOUT / "dist"
    for leftover in (CHECKOUT / "build", dist, *CHECKOUT.glob("*.egg-info")):
        shutil.rmtree(leftover, ignore_errors=True)
    output(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--wheel-dir", str(dist), str(CHECKOUT)),
        ],
        "the wheel could not be built",
    )
    (wheel,) = dist.glob("*.whl")
    tracked = output(["git", "ls-files", "crm_lifecycle"], "git", cwd=CHECKOUT)
    expected = {f"odoo/addons/{name}" for name in tracked.splitlines()}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    if expected != found:
        raise Stop(
            f"the wheel lacks {sorted(expected - found)}, and"
            f" holds {sorted(found - expected)} which git does not track"
        )
    print(wheel)


if __name__ == "__main__":
    environment.main(main)
