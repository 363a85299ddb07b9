"""Faults 24 to 29 and 36 with boto3 and the engine, at a gate before the cloud.

`test_recovery.py` has them all against a fake that is as strict as AWS; here the client's own
retries, its timeouts and the engine's words are part of it.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from credentials.ensure import Ensured, ensure
from credentials.errors import (
    CredentialsError,
    LeaseHeldError,
    MintNotStoredError,
    ServiceError,
)
from credentials.ports import Policy, Ports, Urgency
from tests.credentials.gate import Gate
from tests.credentials.site import STACK, Site

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]

QUICK = {"visibility": timedelta(seconds=0.2), "poll": timedelta(seconds=0.1)}
XML = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
JSON = '{{"__type": "{}", "Message": "{}"}}'


@pytest.fixture
def ports(site: Site, monkeypatch: pytest.MonkeyPatch) -> Ports:
    """The ports of a run whose calls go through the gate, on a shorter scale of time."""
    return quick(site.ports(monkeypatch, gated=True))


def quick(made: Ports) -> Ports:
    return replace(made, timing=replace(made.timing, **QUICK))


@dataclass
class Answers:
    """Answers such calls instead of the cloud, as often as said."""

    called: str
    status: int
    body: str
    times: int = 10**6
    containing: bytes = b""

    def at(self, gate: Gate) -> None:
        """Answer at a gate from now on."""
        gate.before = self._instead

    def _instead(self, called: str, sent: bytes) -> tuple[int, bytes] | None:
        if called != self.called or self.containing not in sent or not self.times:
            return None
        self.times -= 1
        return self.status, self.body.encode()


def losing(gate: Gate, called: str) -> None:
    """Let the first such call take effect, and cut the connection instead of answering."""
    lost: list[str] = []

    def cut(seen: str, _: bytes) -> None:
        if seen == called and not lost:
            lost.append(seen)
            raise ConnectionAbortedError

    gate.after = cut


AGAIN = "run this again, or `iam-profiles credentials rotate {user}"
MINT, LIST, PUT, DESCRIBE = "CreateAccessKey", "ListAccessKeys", "PutSecretValue", "DescribeSecret"

STOPS: dict[str, tuple[Answers, type[CredentialsError], str]] = {
    "24 a permission is missing": (
        Answers(MINT, 403, XML.format("AccessDenied", "not authorized to mint")),
        ServiceError,
        f"`AccessDenied`: not authorized to mint; give the session this permission and {AGAIN}",
    ),
    "25 throttled to the end": (
        Answers(DESCRIBE, 400, JSON.format("ThrottlingException", "")),
        ServiceError,
        f"DescribeSecret failed with `ThrottlingException`; {AGAIN}",
    ),
    "27 the session has expired": (
        Answers(LIST, 403, XML.format("ExpiredToken", "")),
        ServiceError,
        f"ListAccessKeys failed with `ExpiredToken`; sign in again, or set the clock, and {AGAIN}",
    ),
    "27 the clock is wrong": (
        Answers(LIST, 403, XML.format("SignatureDoesNotMatch", "")),
        ServiceError,
        f"with `SignatureDoesNotMatch`; sign in again, or set the clock, and {AGAIN}",
    ),
    "28 the store is down between minting and storing": (
        Answers(PUT, 400, JSON.format("LimitExceededException", ""), containing=b"AWSPENDING"),
        MintNotStoredError,
        f"(PutSecretValue failed with `LimitExceededException`), and was deleted again; {AGAIN}",
    ),
}


@pytest.mark.parametrize("case", STOPS)
def test_a_fault_stops_a_first_run_and_a_rotation_and_the_next_run_is_as_if_nothing_was(
    site: Site, ports: Ports, case: str
) -> None:
    answers, kind, message = STOPS[case]
    for urgency in (Urgency.DUE, Urgency.LEAKED):
        before = site.keys()
        answers.at(site.gate)
        with pytest.raises(kind) as caught:
            ensure(ports, Policy(), urgency)
        assert message.format(user=site.user) in str(caught.value)
        assert site.keys() == before
        site.gate.before = lambda _called, _body: None
        ensured = ensure(ports, Policy(), urgency)
        assert site.keys() == {ensured.access_key_id: "Active"}
        assert site.stored()["access_key_id"] == ensured.access_key_id


def test_24_the_engine_says_it_in_one_sentence_and_the_next_up_converges(site: Site) -> None:
    answers, _, message = STOPS["24 a permission is missing"]
    answers.at(site.gate)
    refused = site.project.up(STACK)
    assert refused.code != 0
    assert message.format(user=site.user) in refused.output
    assert "Traceback" not in refused.output
    site.gate.before = lambda _called, _body: None
    site.project.up(STACK).checked()
    site.check_one_key(site.outputs())


@pytest.mark.parametrize(
    ("called", "status", "body"),
    [
        ("DescribeSecret", 400, JSON.format("ThrottlingException", "")),
        ("PutSecretValue", 500, JSON.format("InternalServiceError", "")),
        ("ListAccessKeys", 400, XML.format("Throttling", "")),
    ],
)
def test_25_a_burst_that_passes_is_not_noticed(
    site: Site, ports: Ports, called: str, status: int, body: str
) -> None:
    Answers(called, status, body, times=2).at(site.gate)
    ensured = ensure(ports)
    assert site.keys() == {ensured.access_key_id: "Active"}
    assert site.gate.calls.count("CreateAccessKey") == 1


def test_25_a_throttled_mint_is_tried_once_more_and_never_by_the_client_itself(
    site: Site, ports: Ports
) -> None:
    Answers(MINT, 400, XML.format("Throttling", ""), times=1).at(site.gate)
    ensured = ensure(ports)
    assert site.keys() == {ensured.access_key_id: "Active"}
    assert site.gate.calls.count("CreateAccessKey") == 2


@pytest.mark.parametrize(
    ("called", "mints"), [("CreateAccessKey", 2), ("PutSecretValue", 1), ("DeleteAccessKey", 2)]
)
def test_29_a_lost_answer_costs_no_key_and_leaves_none(
    site: Site, ports: Ports, called: str, mints: int
) -> None:
    if called == "DeleteAccessKey":
        ensure(ports)
    losing(site.gate, called)
    urgency = Urgency.LEAKED if called == "DeleteAccessKey" else Urgency.DUE
    ensured = ensure(ports, Policy(), urgency)
    assert site.keys() == {ensured.access_key_id: "Active"}
    assert site.gate.calls.count("CreateAccessKey") == mints


def test_36_a_command_beside_an_up_waits_and_adopts_its_key(site: Site, ports: Ports) -> None:
    minting = threading.Event()

    def hold(called: str, _: bytes) -> None:
        if called == "CreateAccessKey" and not minting.is_set():
            minting.set()
            time.sleep(2)

    site.gate.after = hold
    engine = site.start()
    assert minting.wait(60)
    ensured = ensure(ports)
    engine.communicate(timeout=60)
    assert engine.returncode == 0
    site.check_one_key({"accessKeyId": ensured.access_key_id})
    assert site.outputs()["accessKeyId"] == ensured.access_key_id
    assert site.gate.calls.count("CreateAccessKey") == 1


def replace_leaked(ports: Ports) -> Ensured:
    return ensure(ports, Policy(), Urgency.LEAKED)


def test_36_two_pipelines_that_rotate_at_once_rotate_once(
    site: Site, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(ports)
    rivals = [quick(site.ports(monkeypatch, gated=True)) for _ in range(2)]
    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(replace_leaked, rivals))
    assert {one.access_key_id for one in done} == set(site.keys())
    assert len(site.keys()) == 1
    assert site.gate.calls.count("CreateAccessKey") == 2


def test_36_whoever_waits_too_long_is_told_who_holds_the_lease(site: Site, ports: Ports) -> None:
    ensure(ports)
    impatient = replace(ports.timing, patience=timedelta(seconds=0.5))
    errors: list[CredentialsError] = []

    def rival(called: str, _: bytes) -> None:
        if called == "CreateAccessKey" and not errors:
            with pytest.raises(LeaseHeldError) as caught:
                ensure(replace(ports, timing=impatient), Policy(), Urgency.LEAKED)
            errors.append(caught.value)

    site.gate.after = rival
    ensured = ensure(ports, Policy(), Urgency.LEAKED)
    assert f"(process {ports.owner.pid} on " in str(errors[0])
    assert f"`iam-profiles credentials rotate {site.user} --now`" in str(errors[0])
    assert site.keys() == {ensured.access_key_id: "Active"}
