"""actionlint, built once from its Go module and kept under its version."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.cache import cache_root

VERSION = "v1.7.12"
_MODULE = "github.com/rhysd/actionlint/cmd/actionlint"


def actionlint() -> str:
    """Return the program; skip the test, and say why, where Go cannot build it."""
    program = cache_root() / f"actionlint-{VERSION}" / "actionlint"
    if program.exists():
        return str(program)
    go = shutil.which("go")
    if go is None:
        pytest.skip("actionlint is built by Go, and there is no `go` on PATH")
    program.parent.mkdir(parents=True, exist_ok=True)
    built = _built(go, program.parent / f"building-{os.getpid()}")
    built.replace(program)
    built.parent.rmdir()
    return str(program)


def _built(go: str, folder: Path) -> Path:
    environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": ""}
    command = [go, "install", f"{_MODULE}@{VERSION}"]
    try:
        subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=300
        )
    except subprocess.CalledProcessError as error:
        pytest.skip(f"Go cannot get actionlint {VERSION}: {error.stderr.strip()[-200:]}")
    except subprocess.TimeoutExpired:
        pytest.skip(f"Go did not build actionlint {VERSION} in five minutes")
    return folder / "actionlint"
