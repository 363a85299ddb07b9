"""A real Dask cluster on this machine: workers in processes of their own, as many as asked for."""

import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.engine import REPOSITORY

_SERVE = """
import sys
from distributed import LocalCluster

with LocalCluster(
    n_workers=int(sys.argv[1]),
    threads_per_worker=1,
    host="127.0.0.1",
    dashboard_address=None,
    protocol=sys.argv[2],
) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster."""

    where: str
    """For `--executor`."""
    pid: int
    """Of the scheduler's process; its workers are below it."""


@contextmanager
def cluster(
    root: Path, environment: Mapping[str, str], *, workers: int = 2, protocol: str = "tcp"
) -> Generator[Cluster]:
    """Start a cluster whose workers have this environment; stop it at the end."""
    with (root / "cluster.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(workers), protocol],
            cwd=root,
            env={
                **environment,
                "PYTHONPATH": str(REPOSITORY),
                "DASK_TEMPORARY_DIRECTORY": str(root),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    with process:
        address = process.stdout.readline().strip()
        assert address, (root / "cluster.log").read_text("utf-8")
        yield Cluster(f"dask://{urlsplit(address).netloc}", process.pid)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)
