"""Programs of others that a benchmark runs beside ours: each in an environment of its own."""

import hashlib
import subprocess
import sys
from pathlib import Path

from local.cache import cached
from local.progress import Progress


def interpreter(name: str, version: str, lock: Path, progress: Progress) -> Path:
    """Return the interpreter of a program's environment, made from its lock file if it is missing.

    The environment is moved when it is complete: scripts in it would name the old place, and so
    everything is started as a module.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(lock.read_bytes() + python.encode()).hexdigest()[:16]

    def make(folder: Path) -> None:
        progress.step(f"installing {name} {version} from its lock file")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        how = ["--disable-pip-version-check", "--require-hashes", "--requirement", lock]
        subprocess.run([*pip, *how], check=True)

    return cached(f"peer-{name}-{version}-{key}", make, progress) / "bin" / "python"
