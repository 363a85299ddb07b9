"""Install the independent IAM evaluator, an npm package that node runs as a separate program."""

import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.cache import cache_root, cached
from local.command import run_logged
from local.errors import ToolMissingError
from local.progress import Progress

_HERE = Path(__file__).resolve().parent / "evaluator"
_OLDEST_NODE = 18

NOT_ENFORCED = (
    f"node (version {_OLDEST_NODE} or newer) is not on PATH, and the evaluator that decides "
    "AssumeRole runs on it: NOTHING IS ENFORCED, every existing role may be assumed by everyone"
)
"""What has to be said wherever answers of a cloud without evaluator are shown."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """The command that decides requests, one JSON line each."""

    node: Path
    packages: Path
    """The folder that holds `node_modules`."""

    @property
    def command(self) -> tuple[str, ...]:
        """What to start."""
        return (str(self.node), str(_HERE / "evaluate.mjs"), str(self.packages))


def install_evaluator(progress: Progress) -> Evaluator | None:
    """Return the evaluator, installed from its lock file; None where node is missing or too old.

    Raises:
        ToolMissingError: there is node, but no npm to install with.
        NetworkError: the package registry could not be reached.
    """
    node = _node()
    if node is None:
        return None
    lock = (_HERE / "package-lock.json").read_bytes()
    name = f"evaluator-{hashlib.sha256(lock).hexdigest()[:16]}"

    def make(folder: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise ToolMissingError(
                f"`{node}` is there, but no `npm` to install the IAM evaluator with",
                f"install npm, which comes with Node.js {_OLDEST_NODE} or newer",
            )
        progress.step("installing the IAM evaluator from its lock file")
        for part in ("package.json", "package-lock.json"):
            shutil.copyfile(_HERE / part, folder / part)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        log = cache_root() / "log" / f"{name}.log"
        log.unlink(missing_ok=True)
        run_logged(command, cwd=folder, log=log, what="the IAM evaluator")

    return Evaluator(node, cached(name, make, progress))


def _node() -> Path | None:
    node = shutil.which("node")
    if node is None:
        return None
    done = subprocess.run(  # noqa: S603 - what the user has on PATH as `node`
        [node, "--version"], capture_output=True, text=True, check=False
    )
    version = re.match(r"v(\d+)\.", done.stdout)
    return Path(node) if version and int(version[1]) >= _OLDEST_NODE else None
