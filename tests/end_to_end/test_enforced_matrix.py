"""Every identity × role × account of the deployed example, decided by somebody else's IAM.

The local cloud has each AssumeRole decided by an independent evaluator over the policies as they
are deployed. Service users call with their stored keys; people with a key that the test mints, and
with a code of the MFA device that they enrolled by themselves.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iam_profiles.documents import ServiceUserDocuments
from iam_profiles.matrix import Cell, matrix
from iam_profiles.paths import role_arn
from local.cloud import running
from local.home import LocalHome
from local.totp import code
from tests.end_to_end.inventory import PROFILES, SERVICE_USERS
from tests.engine import Project, client

pytestmark = pytest.mark.engine

CELLS = tuple(matrix(PROFILES).cells())
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a key of their own, and with an MFA device if they are a person."""

    sts: Any
    device: str | None = None
    seed: str | None = None

    def assume(self, role: str, *, mfa: bool) -> str:
        """Ask for the role; say `let through`, or AWS's code."""
        extra: dict[str, str] = {}
        if mfa and self.device and self.seed:
            extra = {"SerialNumber": self.device, "TokenCode": code(self.seed, datetime.now(UTC))}
        try:
            self.sts.assume_role(RoleArn=role, RoleSessionName="test", **extra)
        except ClientError as error:
            return error.response.get("Error", {}).get("Code", "no code")
        return "let through"


@pytest.fixture(scope="module")
def callers(deployed: Project) -> Iterator[Mapping[str, Caller]]:
    """Every identity, ready to call."""
    home = deployed.home
    assert running(home).enforced, "Node.js is needed to run the evaluator"
    machines: dict[str, Caller] = {
        user.name: Caller(client(home, "sts", key=stored_key(home, user))) for user in SERVICE_USERS
    }
    yield machines | {person.name: enrolled(home, person.name) for person in PROFILES.people}
    for person in PROFILES.people:
        disenrol(home, person.name)


def stored_key(home: LocalHome, user: ServiceUserDocuments) -> dict[str, str]:
    """The key that a service user's secret holds, as CreateAccessKey would answer it."""
    secrets = client(home, "secretsmanager", "state")
    stored = json.loads(secrets.get_secret_value(SecretId=user.secret_name)["SecretString"])
    return {
        "AccessKeyId": stored["access_key_id"],
        "SecretAccessKey": stored["secret_access_key"],
    }


def enrolled(home: LocalHome, person: str) -> Caller:
    """A person with a key, who enrols a device with no more than their own permissions."""
    admin = client(home, "iam", "state")
    key = admin.create_access_key(UserName=person)["AccessKey"]
    own = client(home, "iam", key=key)
    device = own.create_virtual_mfa_device(VirtualMFADeviceName=person)["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    now = datetime.now(UTC)
    own.enable_mfa_device(
        UserName=person,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=code(seed, now - timedelta(seconds=30)),
        AuthenticationCode2=code(seed, now),
    )
    return Caller(client(home, "sts", key=key), device["SerialNumber"], seed)


def disenrol(home: LocalHome, person: str) -> None:
    """Take away again what `enrolled` gave."""
    admin = client(home, "iam", "state")
    for device in admin.list_mfa_devices(UserName=person)["MFADevices"]:
        admin.deactivate_mfa_device(UserName=person, SerialNumber=device["SerialNumber"])
        admin.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
    for key in admin.list_access_keys(UserName=person)["AccessKeyMetadata"]:
        admin.delete_access_key(UserName=person, AccessKeyId=key["AccessKeyId"])


def arn(cell: Cell) -> str:
    return role_arn(PROFILES.organization, cell.account.id, cell.role)


def name(cell: Cell) -> str:
    return f"{cell.identity.name}-{cell.role}-{cell.account.name}"


@pytest.mark.parametrize("cell", CELLS, ids=name)
def test_an_identity_is_let_through_exactly_where_the_matrix_says_so(
    callers: Mapping[str, Caller], cell: Cell
) -> None:
    granted = any(way.holds_on(TODAY) for way in cell.ways)
    answer = callers[cell.identity.name].assume(arn(cell), mfa=True)
    assert answer == ("let through" if granted else "AccessDenied")


PEOPLES_CELLS = [cell for cell in CELLS if any(way.mfa for way in cell.ways)]


@pytest.mark.parametrize("cell", PEOPLES_CELLS, ids=name)
def test_a_person_without_their_second_factor_is_refused(
    callers: Mapping[str, Caller], cell: Cell
) -> None:
    assert callers[cell.identity.name].assume(arn(cell), mfa=False) == "AccessDenied"


def test_a_role_s_session_is_let_into_no_other_role(
    deployed: Project, callers: Mapping[str, Caller]
) -> None:
    """Chaining: from every role that the nonprod service users may assume."""
    tried = 0
    for cell in CELLS:
        if not cell.ways or cell.identity.identity_class != "nonprod":
            continue
        session = callers[cell.identity.name].sts.assume_role(
            RoleArn=arn(cell), RoleSessionName="chain"
        )
        chained = Caller(client(deployed.home, "sts", key=session["Credentials"]))
        for target in {arn(other) for other in CELLS}:
            assert chained.assume(target, mfa=False) == "AccessDenied", (cell, target)
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("call", ["list_users", "list_roles", "get_account_summary"])
def test_an_identity_may_do_nothing_but_assume_roles(deployed: Project, call: str) -> None:
    for user in SERVICE_USERS:
        key = stored_key(deployed.home, user)
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(client(deployed.home, "iam", key=key), call)()
