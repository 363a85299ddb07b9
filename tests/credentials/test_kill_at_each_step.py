"""SIGKILL of the engine and the provider after each step of an `up`, and the documented recovery.

The gate before the cloud lets the nth write through, then kills everything that `pulumi up` started
before it can hear the answer. So each test leaves another of the worlds that a run can die in.
"""

import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from traceback import format_exception

import pytest

from credentials.ensure import ensure, finish
from credentials.errors import CredentialsError
from credentials.ports import Policy, Ports, Urgency
from local.home import LocalHome
from tests.credentials.site import STACK, Site, placed

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]

AT_ONCE = 5
GRACE = Policy(grace=timedelta(seconds=1))
ROTATING = {"TEST_ROTATE": "1", "TEST_GRACE": "1"}
MINT = (
    "PutSecretValue empty AWSCURRENT",
    "PutSecretValue lease iam-profiles-lease",
    "CreateAccessKey",
    "PutSecretValue key AWSPENDING",
    "UpdateSecretVersionStage AWSCURRENT",
    "PutSecretValue lease iam-profiles-lease",
)
"""The writes of an `up` that mints a first key: the store made ready, the lease, the key, the key
stored, (a look whether it works,) the key made current, the lease released."""
ROTATE = (
    "PutSecretValue lease iam-profiles-lease",
    "PutSecretValue lease iam-profiles-lease",
    "UpdateAccessKey",
    "UpdateSecretVersionStage AWSPREVIOUS",
    "PutSecretValue lease iam-profiles-lease",
    "PutSecretValue key iam-profiles-next",
    "UpdateSecretVersionStage AWSCURRENT",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "CreateAccessKey",
    "PutSecretValue key AWSPENDING",
    "PutSecretValue lease iam-profiles-lease",
    "UpdateSecretVersionStage AWSCURRENT",
    "PutSecretValue lease iam-profiles-lease",
)
"""Those of one that ends a grace and a cool-down, and rotates again: the lease, when the key before
is deactivated, that it is; its label taken off, that it is to go, what is current restated so that
nobody brings it back, the key deactivated and deleted; a key, stored, when it succeeds, that it
does; the lease released."""


def written(called: str, body: bytes) -> str | None:
    """How these tests call a write; None for a call that writes nothing."""
    match called:
        case "PutSecretValue":
            fields = json.loads(body)
            kind = fields["ClientRequestToken"].split("-")[0]
            return f"{called} {kind} {' '.join(fields['VersionStages'])}"
        case "UpdateSecretVersionStage":
            return f"{called} {json.loads(body)['VersionStage']}"
        case "CreateAccessKey" | "UpdateAccessKey" | "DeleteAccessKey":
            return called
        case _:
            return None


def after_write(number: int, do: Callable[[], None], seen: list[str]) -> Callable[..., None]:
    """A gate's hook that notes the writes, and does something after the one of that number."""

    def hook(called: str, body: bytes) -> None:
        if write := written(called, body):
            seen.append(write)
            if len(seen) == number:
                do()

    return hook


def kill_at(site: Site, number: int, **settings: str) -> list[str]:
    """Run `up` until its nth write, and kill it there with all it started; what was written."""
    seen: list[str] = []
    site.gate.after = after_write(number, lambda: site.signal_all(signal.SIGKILL), seen)
    engine = site.start(**settings)
    engine.communicate(timeout=60)
    assert engine.returncode == -signal.SIGKILL
    site.gate.after = lambda _called, _body: None
    return seen


def check_recovered(site: Site, ports: Ports, **settings: str) -> None:
    """Recover as the documents say: what readers get works, and in the end there is one key."""
    outputs = site.recover("--refresh", **settings)
    assert site.stored()["access_key_id"] == outputs["accessKeyId"]
    assert site.keys()[outputs["accessKeyId"]] == "Active"
    assert len(site.keys()) <= 2
    finish(ports, GRACE)
    site.check_one_key(outputs)


def mint_and_kill(site: Site, ports: Ports, number: int) -> None:
    """Kill an `up` that mints, and recover."""
    assert tuple(kill_at(site, number)) == MINT[:number]
    check_recovered(site, ports)
    # Only a key whose secret was lost with the process is minted again.
    lost = MINT[number - 1] == "CreateAccessKey"
    assert site.gate.calls.count("CreateAccessKey") == (2 if lost else 1)


def rotate_and_kill(site: Site, ports: Ports, number: int) -> None:
    """Kill an `up` that ends a rotation and does the next, and recover."""
    if not site.keys():
        site.project.up(STACK).checked()
    first = ensure(ports, GRACE, Urgency.EARLY)
    time.sleep(1.1)
    assert tuple(kill_at(site, number, **ROTATING)) == ROTATE[:number]
    readers_get = site.stored()["access_key_id"]
    assert site.keys()[readers_get] == "Active"
    assert (readers_get == first.access_key_id) == (number < len(ROTATE) - 1)
    check_recovered(site, ports, **ROTATING)


@pytest.mark.parametrize(
    ("scenario", "writes", "sites"),
    [(mint_and_kill, MINT, len(MINT)), (rotate_and_kill, ROTATE, AT_ONCE)],
    ids=["mints", "rotates"],
)
def test_an_up_recovers_from_a_kill_after_each_write(  # noqa: PLR0913, PLR0917 - fixtures
    home: LocalHome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scenario: Callable[[Site, Ports, int], None],
    writes: tuple[str, ...],
    sites: int,
) -> None:
    """Several at once: most of the time is what the next run waits for a key to be listed.

    A first key is minted once at each site; rotations can be had one after the other.
    """
    broken: dict[str, str] = {}

    def play(first: int) -> None:
        folder = tmp_path / str(first)
        folder.mkdir()
        with placed(home, folder) as site:
            ports = site.ports(monkeypatch)
            for number in range(first, len(writes) + 1, sites):
                try:
                    scenario(site, ports, number)
                except (AssertionError, CredentialsError, LookupError) as error:
                    why = "".join(format_exception(error))
                    broken[f"{number}, after {writes[number - 1]}"] = why

    with ThreadPoolExecutor(AT_ONCE) as workers:
        list(workers.map(play, range(1, sites + 1)))
    assert not broken, "\n".join(f"{step}:\n{why}" for step, why in broken.items())
