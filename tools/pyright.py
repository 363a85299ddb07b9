"""Run the pinned pyright over the project, or over the paths given."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.cache import cache_root

HERE = Path(__file__).resolve().parent


def install() -> Path:
    """Return pyright's entry point, installing it from the lock file when it is missing."""
    lock = (HERE / "pyright" / "package-lock.json").read_bytes()
    folder = cache_root() / f"pyright-{hashlib.sha256(lock).hexdigest()[:16]}"
    entry = folder / "node_modules" / "pyright" / "index.js"
    if not entry.exists():
        npm = shutil.which("npm")
        if npm is None:
            sys.exit(
                "pyright needs Node.js with npm on PATH; install Node.js 20 and run this again"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "pyright" / name, folder / name)
        print("installing pyright from its lock file …", file=sys.stderr, flush=True)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], check=False, cwd=folder
        )
        if done.returncode != 0:
            sys.exit("npm could not install pyright; is the package registry reachable?")
    return entry


if __name__ == "__main__":
    node = shutil.which("node") or "node"
    command = [node, str(install()), "--warnings"]
    if sys.argv[1:]:
        runs = [[*command, *sys.argv[1:]]]
    else:
        # Tests build worlds from JSON and other libraries' untyped values: a configuration of
        # their own, strict in all but what is unknown.
        runs = [command, [*command, "--project", str(HERE / "pyright" / "tests.json")]]
    codes = [subprocess.run(run, check=False, cwd=HERE.parent).returncode for run in runs]
    sys.exit(max(codes))
