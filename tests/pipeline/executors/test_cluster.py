"""A Dask cluster that is reached by TLS and by nobody else, and whose scheduler is lost."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pipeline.executors.choose import open_workers
from pipeline.executors.errors import ExecutorError
from pipeline.executors.workers import Workers
from pipeline.inputs import inputs_of
from pipeline.job import StackJob
from pipeline.work import Work
from tests.cli.clusters import Cluster, cluster
from tests.cli.test_up import until
from tests.pipeline.executors.operations import done, never_done

_ENGINE = "#!/bin/sh\necho v3.250.0\n"


@dataclass(frozen=True)
class Encrypted:
    """A cluster of one worker, a project, and who has the cluster's certificates."""

    dask: Cluster
    work: Work
    certified: Callable[[pytest.MonkeyPatch], None]

    def workers(self) -> Workers:
        inputs = inputs_of(self.work.job, "3.250.0")
        return open_workers(self.dask.where, lambda _: None, inputs=inputs, stacks=1)


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encrypted]:
    root = tmp_path_factory.mktemp("cluster")
    project, program = root / "project", root / "bin" / "pulumi"
    for folder in (project, program.parent):
        folder.mkdir()
    program.write_text(_ENGINE, "utf-8")
    program.chmod(0o755)
    address = f"file://{root / 'state'}"
    (project / "Pulumi.yaml").write_text(f"name: p\nbackend: {{url: '{address}'}}\n", "utf-8")
    certificates = written(root)
    path = f"{program.parent}:{os.environ['PATH']}"
    with cluster(root, {**certificates, "PATH": path}, workers=1, protocol="tls") as dask:

        def certified(patch: pytest.MonkeyPatch) -> None:
            known: Any = import_module("dask.config").config["distributed"]["comm"]
            client = {"key": str(root / "key.pem"), "cert": str(root / "cert.pem")}
            tls = {**known["tls"], "ca-file": str(root / "ca.pem"), "client": client}
            patch.setitem(known, "tls", tls)

        yield Encrypted(dask, Work(StackJob("sandbox", project), "preview"), certified)


def written(root: Path) -> dict[str, str]:
    """Write a certificate of our own, and return how Dask is told of it."""
    from distributed.security import Security  # noqa: PLC0415 -- slow to load

    made: Any = Security.temporary()
    (root / "ca.pem").write_text(made.tls_ca_file, "utf-8")
    (root / "key.pem").write_text(made.tls_client_key, "utf-8")
    (root / "cert.pem").write_text(made.tls_client_cert, "utf-8")
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    found = {f"{prefix}CA_FILE": str(root / "ca.pem")}
    for role in ("CLIENT", "WORKER", "SCHEDULER"):
        found |= {f"{prefix}{role}__{what}": str(root / f"{what.lower()}.pem") for what in _PARTS}
    return found


_PARTS = ("KEY", "CERT")


def test_whoever_has_the_certificates_is_served_and_nobody_else(
    encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.executors.dask._ANSWERS_SECONDS", 2)
    with pytest.raises(ExecutorError, match="no scheduler answers"):
        encrypted.workers()
    encrypted.certified(monkeypatch)
    with encrypted.workers() as workers:
        outcome = workers.submit(done, encrypted.work).result()
    assert (outcome.stack, outcome.ok) == ("sandbox", True)


def test_a_scheduler_that_is_lost_ends_its_operations_with_what_repairs_them(
    encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypted.certified(monkeypatch)
    with encrypted.workers() as workers:
        future = workers.submit(never_done, encrypted.work)
        until((encrypted.work.job.project / "begun").exists)
        os.killpg(encrypted.dask.pid, signal.SIGKILL)
        with pytest.raises(
            ExecutorError, match=r"its scheduler was lost; .* `iam-profiles repair`"
        ):
            future.result()
