"""State in S3 under a KMS key, by the real engine: delivered, locked, repaired, and refused."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from pipeline.checkpoints import state_of
from pipeline.command import EngineCommand
from tests.clouds import started
from tests.engine import client
from tests.pipeline.buckets import ALIAS, LOCKS, PLACE, InBucket, in_bucket

pytestmark = pytest.mark.engine

DEAD = 2**22 - 1
"""A process id that is beyond what Linux gives out by default."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InBucket]:
    """A project of which `sandbox` was previewed and applied, and `nonprod` has a stack."""
    root = tmp_path_factory.mktemp("bucket")
    with started(root / "cloud") as home:
        found = in_bucket(home, root)
        found.init("sandbox", "nonprod")
        found.site.preview("sandbox").checked()
        applied = found.site.up().checked()
        assert "1 stack as planned" in applied.stdout
        yield found


def test_what_is_deployed_is_read_from_the_bucket_as_the_engine_exports_it(
    deployed: InBucket,
) -> None:
    command = EngineCommand(deployed.site.project.home.root)
    state = state_of(deployed.job("sandbox"), command)
    exported = deployed.site.project.export("sandbox")["deployment"]
    latest = json.loads(state.text)["checkpoint"]["latest"]
    assert latest["resources"] == exported["resources"]
    assert not state_of(deployed.job("prod"), command).exists
    said = deployed.site.run("preview", "--stack", "nonprod", "--format", "json").checked()
    report = json.loads(said.stdout)
    states = {stack["name"]: stack["state"] for stack in report["stacks"]}
    assert (report["verdict"], states["nonprod"]) == ("proved", "never deployed")


@pytest.fixture
def altered(deployed: InBucket) -> Iterator[InBucket]:
    """The same; what a test does to the checkpoint of `sandbox` is undone."""
    key = f"{PLACE}/sandbox.json"
    before = deployed.read(key)
    yield deployed
    deployed.write(key, before)


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def torn(raw: bytes) -> bytes:
    return b"\x00" + raw[1:]


@pytest.mark.parametrize("spoil", [cut, torn])
def test_a_state_that_is_truncated_or_torn_is_refused_with_what_restores_it(
    altered: InBucket, spoil: Callable[[bytes], bytes]
) -> None:
    key = f"{PLACE}/sandbox.json"
    altered.write(key, spoil(altered.read(key)))
    said = altered.site.run("preview", "--stack", "nonprod").checked(69)
    assert "stack `sandbox`: its state cannot be read" in said.stderr
    assert "pulumi stack import" in said.stderr
    assert "Traceback" not in said.all


def test_a_state_that_somebody_tampered_with_makes_the_bundle_stale(altered: InBucket) -> None:
    altered.site.preview("nonprod").checked()
    key = f"{PLACE}/sandbox.json"
    altered.write(key, altered.read(key).replace(b"PlatformVPCRole", b"PlatformVPCRolf", 1))
    said = altered.site.up().checked(1)
    assert "since the preview changed `the state of stack sandbox`" in said.stderr
    assert f"{PLACE}/nonprod.json" in altered.found(PLACE)
    assert not altered.found(f"{LOCKS}/nonprod")


def test_a_key_that_cannot_decrypt_is_refused_and_nothing_is_applied(deployed: InBucket) -> None:
    home = deployed.site.project.home
    kms = client(home, "kms", "state")
    file = deployed.site.folder / "Pulumi.nonprod.yaml"
    before = file.read_text("utf-8")
    file.write_text(before.replace("context_stack=nonprod", "context_stack=prod"), "utf-8")
    try:
        said = deployed.site.run("preview", "--stack", "nonprod").checked(69)
    finally:
        file.write_text(before, "utf-8")
    assert "InvalidCiphertext" in said.all
    assert "Traceback" not in said.all
    assert kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Enabled"]


def test_the_lock_of_a_dead_engine_is_freed_in_the_bucket(deployed: InBucket) -> None:
    key = deployed.lock("sandbox", DEAD, socket.gethostname())
    said = deployed.site.run("repair", "--stack", "sandbox").checked()
    assert f"freed the lock of process {DEAD}, which is dead" in said.stdout
    assert key not in deployed.found()
    other = deployed.lock("sandbox", DEAD, "elsewhere")
    kept = deployed.site.run("repair", "--stack", "sandbox").checked(1)
    assert "on `elsewhere`; make sure there" in kept.all
    assert other in deployed.found()
    freed = deployed.site.run("repair", "--stack", "sandbox", "--lock-owner-is-dead").checked()
    assert "on `elsewhere`" in freed.stdout
    assert not deployed.found(LOCKS)


def test_two_pipelines_at_once_are_refused_and_a_killed_one_is_repaired(
    deployed: InBucket,
) -> None:
    deployed.site.preview("nonprod").checked()
    first = deployed.site.start("up", str(deployed.site.bundle), "--yes")
    until(lambda: deployed.found(f"{LOCKS}/nonprod"))
    second = deployed.site.project.pulumi("up", "--yes", "--skip-preview", "--stack", "nonprod")
    assert second.code != 0
    assert "the stack is currently locked by 1 lock" in second.output
    for process in (*psutil.Process(first.pid).children(recursive=True), first):
        os.kill(process.pid, signal.SIGKILL)
    first.communicate(timeout=20)
    refused = deployed.site.up().checked(69)
    assert "iam-profiles repair --stack nonprod" in refused.stderr
    repaired = deployed.site.run("repair", "--stack", "nonprod").checked()
    assert "freed the lock" in repaired.stdout
    deployed.site.preview("nonprod").checked()
    assert "1 stack as planned" in deployed.site.up().checked().stdout
    assert not deployed.found(LOCKS)


def until(happened: Callable[[], object]) -> None:
    """Wait for it, but not for ever."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
