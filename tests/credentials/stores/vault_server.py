"""A real Vault: the `vault` or `bao` on PATH in its dev mode, else Vault's own core and KV engine.

That is built once from Vault's Go module, by the program in `vault/`; to build its whole command
takes an sdk that is not published as a module, and half an hour for engines that are not used here.

    python -m tests.credentials.stores.vault_server    builds it
"""

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import requests

from local.cache import cache_root, cached
from local.command import run_logged
from local.progress import Silent

VERSION = "1.21.3"
_PINNED = Path(__file__).resolve().parent / "vault"
_GO = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}
_START_SECONDS = 60
TOKEN = "made-up-root"


def _entry_name() -> str:
    digest = hashlib.sha256((_PINNED / "go.sum").read_bytes()).hexdigest()[:16]
    system = os.uname()
    return f"vault-{VERSION}-{digest}-{system.sysname.lower()}-{system.machine}"


def find() -> Path | None:
    """Return the program, if it is there already; OpenBao's is as good."""
    found = shutil.which("vault") or shutil.which("bao")
    built = cache_root() / _entry_name() / "vault"
    return Path(found) if found else built if built.exists() else None


def build() -> Path:
    """Return the program, building it where there is none."""
    progress = Silent()

    def make(folder: Path) -> None:
        go = shutil.which("go") or "go"
        target = str(folder / "vault")
        run_logged(
            [go, "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", target, "."],
            cwd=_PINNED,
            log=cache_root() / "log" / f"{_entry_name()}.log",
            what="building Vault",
            environment=_GO,
        )

    return find() or cached(_entry_name(), make, progress) / "vault"


@contextlib.contextmanager
def running(program: Path, home: Path) -> Generator[str]:
    """Run a dev server, with `secret/` as KV version 2; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    line = [str(program), address, TOKEN]
    if not program.is_relative_to(cache_root()):
        dev = ("server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={TOKEN}")
        line = [str(program), *dev, f"-dev-listen-address={address}"]
    log = home / "vault.log"
    with log.open("w") as file:
        environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
        server = subprocess.Popen(
            line, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment
        )
    url = f"http://{address}"
    try:
        _wait(server, url, log)
        yield url
    finally:
        server.terminate()
        server.wait()


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Wait until `secret/` is mounted, which is the last that the dev mode does."""
    until = time.monotonic() + _START_SECONDS
    mounts = f"{url}/v1/sys/mounts/secret"
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(mounts, headers={"X-Vault-Token": TOKEN}, timeout=5).ok:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Vault did not start: {log.read_text()[-2000:]}")


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
