"""Faults 26 to 32 under `pulumi up`: stopped in one sentence or waited out, no live key lost.

`test_recovery.py` has them all in the core, against a fake that is as strict as AWS.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.credentials.gate import Gate
from tests.credentials.site import STACK, Site
from tests.engine import client

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]

XML = "<ErrorResponse><Error><Code>{}</Code><Message></Message></Error></ErrorResponse>"
JSON = '{{"__type": "{}", "Message": ""}}'
Instead = Callable[[str, bytes], tuple[int, bytes] | None]


def answering(called: str, status: int, body: str, containing: bytes = b"") -> Instead:
    """Answer so to every such call."""

    def instead(now: str, sent: bytes) -> tuple[int, bytes] | None:
        return (status, body.encode()) if now == called and containing in sent else None

    return instead


def open_again(gate: Gate) -> None:
    gate.before = lambda _called, _body: None


def expired(site: Site) -> Callable[[], None]:
    site.gate.before = answering("ListAccessKeys", 403, XML.format("ExpiredToken"))
    return lambda: open_again(site.gate)


def store_down(site: Site) -> Callable[[], None]:
    body = JSON.format("LimitExceededException")
    site.gate.before = answering("PutSecretValue", 400, body, b"AWSPENDING")
    return lambda: open_again(site.gate)


def foreign_keys(site: Site) -> Callable[[], None]:
    """As many keys as AWS allows, made by hand and in use."""
    theirs: list[str] = []
    while len(site.keys()) < 2:
        key = site.iam.create_access_key(UserName=site.user)["AccessKey"]
        client(site.project.home, "sts", key=key).get_caller_identity()
        theirs.append(key["AccessKeyId"])

    def delete() -> None:
        assert set(theirs) <= set(site.keys())
        for key in theirs:
            site.iam.delete_access_key(UserName=site.user, AccessKeyId=key)

    return delete


def closed_store(site: Site) -> Callable[[], None]:
    site.secrets.delete_secret(SecretId=site.secret, RecoveryWindowInDays=30)
    return lambda: site.secrets.restore_secret(SecretId=site.secret)


@dataclass(frozen=True)
class Fault:
    """What goes wrong, which returns how it is mended as the message says; and the message."""

    happens: Callable[[Site], Callable[[], None]]
    told: str


STOPS = {
    "27 the session has expired": Fault(
        expired, "ListAccessKeys failed with `ExpiredToken`; sign in again, or set the clock"
    ),
    "28 the store is down between minting and storing": Fault(
        store_down, "(PutSecretValue failed with `LimitExceededException`), and was deleted again"
    ),
    "30 the limit is reached by foreign keys": Fault(
        foreign_keys, "in use and were left alone; find who uses them (`iam-profiles credentials"
    ),
    "32 the secret is scheduled for deletion": Fault(
        closed_store, "`aws secretsmanager restore-secret --secret-id {secret}` and run this again"
    ),
}


@pytest.mark.parametrize("rotating", [False, True], ids=["minting", "rotating"])
def test_each_fault_stops_an_up_in_one_sentence_and_the_next_goes_on(
    site: Site, *, rotating: bool
) -> None:
    due = {"TEST_ROTATE": "1"} if rotating else {}
    if rotating:
        site.project.up(STACK).checked()
    before = site.keys()
    for case, fault in STOPS.items():
        mend = fault.happens(site)
        refused = site.project.up(STACK, **due)
        assert refused.code != 0, case
        assert fault.told.format(secret=site.secret) in refused.output, case
        assert f"`iam-profiles credentials rotate {site.user}" in refused.output, case
        assert "Traceback" not in refused.output, case
        mend()
        assert site.keys() == before, case
        if rotating:
            assert {site.stored()["access_key_id"]} == set(before), case
    site.project.up(STACK, **due).checked()
    outputs = site.outputs()
    assert site.stored()["access_key_id"] == outputs["accessKeyId"] not in before
    assert site.keys() == {**before, outputs["accessKeyId"]: "Active"}


def test_26_29_what_is_not_known_everywhere_yet_is_waited_for_and_a_lost_answer_costs_no_key(
    site: Site,
) -> None:
    """The user, then its first key, are not found at first; the answer to minting is lost."""
    unknown = {"ListAccessKeys": 2, "GetCallerIdentity": 2}
    lost: list[str] = []

    def instead(called: str, _: bytes) -> tuple[int, bytes] | None:
        minted = site.gate.calls.count("CreateAccessKey") == 2
        if called == "ListAccessKeys" and unknown[called]:
            unknown[called] -= 1
            return 404, XML.format("NoSuchEntity").encode()
        if called == "GetCallerIdentity" and minted and unknown[called]:
            unknown[called] -= 1
            return 403, XML.format("InvalidClientTokenId").encode()
        return None

    def cut(called: str, _: bytes) -> None:
        if called == "CreateAccessKey" and not lost:
            lost.append(called)
            raise ConnectionAbortedError

    site.gate.before, site.gate.after = instead, cut
    site.project.up(STACK).checked()
    assert unknown == {"ListAccessKeys": 0, "GetCallerIdentity": 0}
    assert lost
    site.check_one_key(site.outputs())
    assert site.gate.calls.count("CreateAccessKey") == 2


def test_31_a_key_deleted_by_hand_is_drift_and_the_next_up_mints(site: Site) -> None:
    site.project.up(STACK).checked()
    (old,) = site.keys()
    minted_long_ago(site)
    site.iam.delete_access_key(UserName=site.user, AccessKeyId=old)
    refresh = ("refresh", "--yes", "--skip-preview", "--stack", STACK)
    site.project.pulumi(*refresh).checked()
    assert site.outputs().get("accessKeyId") is None
    site.project.up(STACK).checked()
    fresh = site.outputs()
    site.check_one_key(fresh)
    assert fresh["accessKeyId"] != old


def minted_long_ago(site: Site) -> None:
    """Have the store say that its key was: one of the last minutes may not be listed yet."""
    held, at = site.stored(), datetime.now(UTC) - timedelta(hours=1)
    site.secrets.put_secret_value(
        SecretId=site.secret,
        ClientRequestToken=f"key-{held['access_key_id']}-{int(at.timestamp())}-1",
        SecretString=json.dumps(held | {"created_at": at.isoformat(timespec="seconds")}),
        VersionStages=["AWSCURRENT"],
    )


def test_a_state_of_an_earlier_version_is_refreshed_updated_and_destroyed_with_its_key(
    site: Site,
) -> None:
    def age() -> None:
        """Have the state as the version before stores were chosen wrote it."""
        state = site.project.export(STACK)
        for resource in state["deployment"]["resources"]:
            if resource["type"] == "iamprofiles:index:StoredAccessKey":
                for side in ("inputs", "outputs"):
                    resource[side]["secretName"] = resource[side].pop("store")["name"]
                    for name in ("applying", "graceSeconds", "nextDue"):
                        resource[side].pop(name, None)
                resource["outputs"]["secretArn"] = resource["outputs"].pop("storeArn")
        file = site.project.folder / "earlier.json"
        file.write_text(json.dumps(state), "utf-8")
        site.project.pulumi("stack", "import", "--file", str(file), "--stack", STACK).checked()

    site.project.up(STACK).checked()
    key = site.outputs()["accessKeyId"]
    age()
    previewed = site.project.preview(STACK).checked()
    assert set(previewed.steps.values()) == {"same", "update"}
    site.project.up(STACK).checked()
    assert site.outputs()["store"] == {"kind": "aws-secrets-manager", "name": site.secret}
    assert "secretName" not in site.outputs()
    site.check_one_key(site.outputs())
    assert site.keys() == {key: "Active"}
    age()
    site.project.pulumi("refresh", "--yes", "--skip-preview", "--stack", STACK).checked()
    assert site.outputs()["accessKeyId"] == key
    age()
    site.project.destroy(STACK).checked()
    assert site.keys() == {}
    assert site.stored() == {"empty": True}
