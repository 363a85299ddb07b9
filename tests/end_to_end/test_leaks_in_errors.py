"""No error that a rotation or a fetch ends with has a secret in any frame that it passed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from traceback import TracebackException

import pytest

from credentials.ensure import ensure
from credentials.errors import CredentialsError
from credentials.fetch.clients import Clients
from credentials.fetch.run_context import RunContext
from credentials.fetch.session import assume, stored_key
from credentials.ports import Policy, Ports, Urgency
from credentials.secret import Secret
from iam_profiles.directory import Directory, Found, Listing, Place
from iam_profiles.names import AccountId, AccountName, IdentityClass, RoleName, TierName, UserName
from local.home import LocalHome
from tests.clouds import started
from tests.credentials.site import Site, placed

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHome]:
    with started(tmp_path_factory.mktemp("errors")) as made:
        yield made


@pytest.fixture
def site(home: LocalHome, tmp_path: Path) -> Iterator[Site]:
    with placed(home, tmp_path) as made:
        yield made


@dataclass
class Broken:
    """Refuses one operation at the gate, and keeps every secret that is sent through it."""

    called: str
    containing: bytes = b""
    answer: tuple[int, bytes] = (400, b'{"__type": "AccessDeniedException", "Message": "no"}')
    secrets: set[str] = field(default_factory=set[str])

    def __call__(self, called: str, body: bytes) -> tuple[int, bytes] | None:
        if called == "PutSecretValue" and b"secret_access_key" in body:
            value = json.loads(json.loads(body)["SecretString"])
            self.secrets.add(value["secret_access_key"])
        if called == self.called and self.containing in body:
            return self.answer
        return None


def frames(error: BaseException) -> str:
    """An error, all that it came from, and every variable on the way, as a crash report has it."""
    told: list[str] = []
    at: BaseException | None = error
    while at is not None:
        told += TracebackException.from_exception(at, capture_locals=True).format()
        at = at.__cause__ or at.__context__
    return "\n".join(told)


def failed_rotation(ports: Ports) -> str:
    """Rotate, which fails; what a crash report would have."""
    with pytest.raises(CredentialsError) as caught:
        ensure(ports, Policy(), Urgency.EARLY)
    return frames(caught.value)


@pytest.mark.parametrize(
    ("called", "containing"),
    [
        ("PutSecretValue", b"AWSPENDING"),
        ("GetSecretValue", b"key-"),
        ("UpdateSecretVersionStage", b"AWSCURRENT"),
    ],
)
def test_a_rotation_that_fails_shows_no_key(
    site: Site, monkeypatch: pytest.MonkeyPatch, called: str, containing: bytes
) -> None:
    ports = site.ports(monkeypatch, gated=True)
    ensure(ports)
    old = site.stored()["secret_access_key"]
    broken = Broken(called, containing)
    site.gate.before = broken
    report = failed_rotation(ports)
    assert "Traceback" in report
    assert site.user in report
    assert len(broken.secrets) == 1
    for secret in (old, *broken.secrets):
        assert secret not in report


def fetched(site: Site) -> tuple[Found, Clients]:
    """What a pipeline has before it reads the store of the site's user."""
    role, account = RoleName("PlatformVPCRole"), AccountName("sandbox")
    store = {"kind": "aws-secrets-manager", "name": site.secret}
    listed = Listing(IdentityClass.NONPROD, store, {role: (TierName("sandbox"),)})
    user = UserName(site.user)
    place = Place(AccountId("222222222222"), TierName("sandbox"))
    known = Directory(
        organization="example",
        partition="aws",
        region="eu-west-1",
        role_path="/PlatformRoles/",
        accounts={account: place},
        roles={role: 3600},
        identities={user: listed},
    )
    return known.find(user, account, role), Clients("eu-west-1", "iam-profiles-state")


def failed_fetch(site: Site) -> str:
    """Fetch a session, which fails; what a crash report would have."""
    found, clients = fetched(site)
    with pytest.raises(CredentialsError) as caught:
        assume(found, stored_key(found, clients), clients, RunContext("test", "test", {}), 900)
    return frames(caught.value)


def test_a_fetch_that_is_refused_shows_no_key(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure(site.ports(monkeypatch, gated=True))
    secret = site.stored()["secret_access_key"]
    site.gate.before = Broken("AssumeRole")
    report = failed_fetch(site)
    assert "Traceback" in report
    assert secret not in report


@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_cannot_be_read_is_not_quoted(
    site: Site, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A cut off answer to CreateAccessKey has a key in it, and botocore's error quotes it."""
    made = site.ports(monkeypatch, gated=True)
    quick = replace(made.timing, visibility=timedelta(0), poll=timedelta(seconds=0.1))
    ports = replace(made, timing=quick)
    ensure(ports)
    cut_off = b"<CreateAccessKeyResponse><AccessKey><SecretAccessKey>canary/canary"
    site.gate.before = Broken("CreateAccessKey", answer=(status, cut_off))
    report = failed_rotation(ports)
    assert "CreateAccessKey" in report.replace("create_access_key", "CreateAccessKey")
    assert "canary" not in report


def planted() -> str:
    """What a crash report would have of a secret in a variable, and of one that is wrapped."""

    def fail(bare: str, wrapped: Secret) -> None:
        raise ValueError(len(bare), wrapped)

    with pytest.raises(ValueError, match="Secret") as caught:
        fail("canary-" + "bare", Secret("canary-" + "wrapped"))
    return frames(caught.value)


def test_the_report_has_what_a_variable_holds_and_not_what_a_secret_does() -> None:
    report = planted()
    assert "canary-bare" in report
    assert "canary-wrapped" not in report
