"""`iam-profiles adopt`: from exports, and with the real engine over accounts of other making."""

import json
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import running
from local.home import LocalHome
from pipeline.adopt.counterparts import ALIAS, ISSUER, KEY, MEMBERSHIP, SECRET
from tests.cli.test_prove_deployed import seen_by
from tests.cli.worlds import told
from tests.credentials.gate import Gate
from tests.engine import REGION, Project, client
from tests.pipeline.adopt import accounts
from tests.pipeline.adopt.accounts import NONPROD, ORGANIZATION, PROD, VPC, ZONES

TWO = "".join(
    line
    for line in ORGANIZATION.splitlines(keepends=True)
    if "tier: nonprod" not in line and "tier: prod" not in line
) + ("secrets_store: {kind: aws-secrets-manager, prefix: iam-profiles, customer_key: true}\n")
"""The organisation with two of its accounts: an engine's run each, and no more."""
GITHUB = "{github: {repository: psk/iam, environment: prod}}"
STORED_KEY = "iamprofiles:index:StoredAccessKey"
FORGET = ("--yes", "--force", "--preserve-config")
DENIED = (403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")


@pytest.fixture
def site(tmp_path: Path) -> tuple[Path, Path]:
    """A project without roles and teams, and the exports of its accounts."""
    exports = accounts.written(tmp_path / "exports", accounts.exports())
    return accounts.project(tmp_path / "project"), exports


def test_exports_are_proposed_written_and_then_declared(
    capsys: pytest.CaptureFixture[str], site: tuple[Path, Path]
) -> None:
    project, exports = site
    given = ("adopt", "--project", project, "--auth-details", exports)
    status, out, _ = told(capsys, *given)
    assert status == 1
    assert "to declare: 2 roles, 1 people, 1 groups, 2 service users, 5 grants" in out
    assert "isolation, as adopted: proved" in out
    assert list((project / "profiles").rglob("*.yaml")) == [project / "profiles/organization.yaml"]

    status, out, _ = told(capsys, *given, "--write", "--format", "json")
    report: dict[str, Any] = json.loads(out)
    assert (status, report["format"]) == (0, "iam-profiles adopt 1")
    assert report["written"] == [
        "profiles/teams/adopted.yaml",
        f"profiles/roles/{ZONES}.yaml",
        f"profiles/roles/{VPC}.yaml",
    ]
    assert report["proof"]["adopted"]["verdict"] == "proved"
    assert told(capsys, "check", "--profiles", project / "profiles")[0] == 0

    status, out, _ = told(capsys, *given)
    assert status == 1, "exports do not tell what the stacks' states have: all of it is to import"
    assert "nothing is left to declare" in out
    assert [line.split() for line in out.splitlines() if line.startswith("state ")] == [
        ["state", "2", "2", "3", "3"]
    ]


def test_bad_input_is_refused_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], site: tuple[Path, Path], tmp_path: Path
) -> None:
    project, exports = site
    before = sorted(project.rglob("*"))
    given = ("adopt", "--project", project, "--write", "--auth-details")
    cases: list[tuple[tuple[str | Path, ...], int, str]] = [
        ((*given, exports, "--apply"), 64, "--apply needs the accounts themselves"),
        ((*given, exports, "--person", "nobody"), 64, "no user is called `nobody`"),
        ((*given, exports, "--person", "mira", "--service-user", "mira"), 64, "give one of the"),
        ((*given, exports / "state.json"), 65, "the export of account `nonprod` (333333333333)"),
        ((*given, exports, "--stack", "live"), 64, "no account is called so"),
        ((*given, tmp_path / "none"), 65, "name a file that can be read"),
    ]
    for arguments, status, words in cases:
        found, out, err = told(capsys, *arguments)
        assert (found, out) == (status, ""), err
        assert words in err
    (project / "profiles" / "organization.yaml").write_text("organization: psk\n")
    assert told(capsys, *given, exports)[0] == 65
    assert sorted(project.rglob("*")) == before


def test_what_would_open_a_way_that_is_shut_today_is_not_written(
    capsys: pytest.CaptureFixture[str], site: tuple[Path, Path]
) -> None:
    project, exports = site
    other = f"arn:aws:iam::{accounts.ACCOUNTS['prod']}:role/Other"
    found = accounts.exports()
    trust = accounts.trust_in_state()
    trust["Statement"][0]["Principal"] = {
        "AWS": f"arn:aws:iam::{accounts.ACCOUNTS['nonprod']}:root"
    }
    role = accounts.role(accounts.ACCOUNTS["prod"], "Other", AssumeRolePolicyDocument=trust)
    found["prod"]["RoleDetailList"].append({**role, "Path": "/", "Arn": other})
    accounts.written(exports, found)
    given = ("adopt", "--project", project, "--auth-details", exports, "--write")
    profiles = project / "profiles"
    for name, text in {
        "teams/own.yaml": (
            'owners: ["@psk/own"]\n'
            "service_users: {ci: {class: nonprod}}\n"
            "grants: [{service_user: ci, role: HopRole, on: [nonprod]}]\n"
        ),
        "roles/HopRole.yaml": (
            "owner: own\npurpose: Hops\npermissions:\n"
            f'  - {{sid: Hop, actions: ["sts:AssumeRole"], resources: ["{other}"]}}\n'
        ),
    }.items():
        (profiles / name).parent.mkdir(exist_ok=True)
        (profiles / name).write_text(text)
    before = sorted(project.rglob("*"))
    status, out, _ = told(capsys, *given)
    assert (status, sorted(project.rglob("*"))) == (1, before)
    assert "isolation, as it is: proved" in out
    assert "isolation, as adopted: refuted" in out
    assert f"sts:AssumeRole on {other}" in out
    assert "nothing is written: adopting would break what holds today" in out
    # The same without the way: it is that alone which forbids.
    (profiles / "teams" / "own.yaml").write_text('owners: ["@psk/own"]\n')
    assert told(capsys, *given)[0] == 0


def _left(out: str) -> list[tuple[str, str, str]]:
    """Return what an update would still do: (operation, type, name)."""
    rows = (line.split() for line in out.splitlines() if line.startswith(("  + ", "  ~ ", "  ± ")))
    found = [(row[1], row[2].rpartition(":")[2], row[3]) for row in rows if len(row) == 4]
    return [one for one in found if one[0] in {"create", "update", "delete", "replace"}]


def _in_use(iam: Any, home: LocalHome) -> str:
    """Make a machine's key that is used, and put it into its store by hand; return its id."""
    key = iam.create_access_key(UserName=NONPROD)["AccessKey"]
    client(home, "sts", key=key).get_caller_identity()
    value = {
        "access_key_id": key["AccessKeyId"],
        "created_at": key["CreateDate"].isoformat(timespec="seconds"),
        "secret_access_key": key["SecretAccessKey"],
        "user_arn": f"arn:aws:iam::{accounts.STATE}:user/PSKServiceUsers/nonprod/{NONPROD}",
    }
    store = boto3.Session(profile_name="iam-profiles-state", region_name=REGION)
    store.client("secretsmanager").create_secret(
        Name=f"iam-profiles/nonprod/{NONPROD}", SecretString=json.dumps(value)
    )
    return key["AccessKeyId"]


@pytest.mark.engine
def test_accounts_made_by_other_means_are_adopted_and_nothing_is_replaced(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_cloud: LocalHome,
    project_in: Callable[[LocalHome], Project],
) -> None:
    seen_by(monkeypatch, fresh_cloud)
    project = project_in(fresh_cloud)
    shutil.rmtree(project.folder / "profiles")
    (project.folder / "profiles").mkdir()
    (project.folder / "profiles" / "organization.yaml").write_text(TWO)
    iam: dict[str, Any] = {}
    for name in ("state", "sandbox"):
        session = boto3.Session(profile_name=f"iam-profiles-{name}", region_name=REGION)
        iam[name] = session.client("iam")
        accounts.create(iam[name], accounts.exports()[name])
    foreign = _in_use(iam["state"], fresh_cloud)
    before = {name: accounts.ids(one) for name, one in iam.items()}
    given = ("--project", str(project.folder))

    # What is there is declared and imported; what the update will still do is told.
    status, out, err = told(capsys, "adopt", "--write", "--apply", *given)
    assert status == 1, err
    assert "sandbox: 8 resources imported" in out
    assert f"has the access key `{foreign}`, which others made; it is neither read nor" in out
    left = _left(out)
    assert ("update", "Role", VPC) in left
    assert ("update", "Group", f"service-{NONPROD}") in left
    assert {operation for operation, _, _ in left} == {"create", "update"}, "nothing is replaced"
    assert not [one for one in left if one[0] == "create" and one[1] in {"Role", "User"}]
    assert ("create", "Secret", NONPROD) not in left
    files = json.loads((project.folder / "imports" / "sandbox.json").read_text())
    assert {one["id"] for one in files["resources"] if "id" in one} >= {VPC, ZONES}
    unchanged = {name: accounts.ids(one) for name, one in iam.items()}
    assert unchanged == before, "imports change nothing in AWS"

    # What no inventory of IAM has is made by the first delivery: an issuer, and a key of a class.
    team = project.folder / "profiles" / "teams" / "adopted.yaml"
    machine = f"  {PROD}: {{class: prod"
    assert machine in team.read_text()
    team.write_text(team.read_text().replace(machine, f"{machine}, reader: {GITHUB}"))

    # The first delivery is proved: what is open as deployed, no state on the way makes worse.
    bundle = ("--bundle", str(project.folder / "bundle"))
    status, out, err = told(capsys, "preview", *bundle, "--format", "json", *given)
    report: dict[str, Any] = json.loads(out)
    assert (status, report["verdict"]) == (0, "proved"), err
    assert [one["verdict"] for one in report["findings"]] == ["noted"]
    assert report["findings"][0]["path"][0]["from"].endswith(f":user/PSKServiceAccounts/{NONPROD}")
    status, _, err = told(capsys, "up", bundle[1], "--yes", "--project", str(project.folder))
    assert status == 0, err
    for name, there in iam.items():
        after = accounts.ids(there)
        assert {key: after.get(key) for key in before[name]} == before[name]
    [key] = iam["state"].list_access_keys(UserName=NONPROD)["AccessKeyMetadata"]
    assert (key["AccessKeyId"], key["Status"]) == (foreign, "Active")

    known = {name: accounts.ids(one) for name, one in iam.items()}

    status, out, err = told(capsys, "adopt", *given)
    assert status == 0, err
    assert out.startswith("nothing is left to adopt")

    _lost_states_are_made_anew(capsys, monkeypatch, project)
    [member] = iam["state"].get_group(GroupName=f"service-{PROD}")["Users"]
    assert member["UserName"] == PROD
    assert {name: accounts.ids(one) for name, one in iam.items()} == known


def _lost_states_are_made_anew(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    """From what is there, whatever stops it on the way; what is in no inventory of IAM too."""
    for stack in ("sandbox", "state"):
        project.pulumi("stack", "rm", "--stack", stack, *FORGET).checked()
    gate = Gate(running(project.home).endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", gate.url)
    try:
        _denied_in_the_middle(capsys, project, gate)
        _interrupted_in_the_middle(capsys, project, gate)
    finally:
        gate.close()
        monkeypatch.delenv("AWS_ENDPOINT_URL")
    given = ("--apply", "--format", "json", "--project", str(project.folder))
    status, out, err = told(capsys, "adopt", *given)
    assert status == 1, err
    stacks = {one["stack"]: one for one in json.loads(out)["stacks"]}
    assert stacks["sandbox"]["clean"]
    types = {one.split("::")[-2].rpartition("$")[2] for one in _urns(project, "state")}
    assert {ISSUER, KEY, ALIAS, SECRET} <= types
    left = [(one["operation"], one["type"]) for one in stacks["state"]["left"]]
    made = {type_ for operation, type_ in left if operation != "update"}
    assert made <= {"pulumi:providers:iamprofiles", STORED_KEY, MEMBERSHIP}, left


def _denied_in_the_middle(capsys: pytest.CaptureFixture[str], project: Project, gate: Gate) -> None:
    """What was read before is in the state, and the stack is nobody's."""

    def deny(called: str, body: bytes) -> tuple[int, bytes] | None:
        return DENIED if called == "GetPolicy" and ZONES in body.decode() else None

    gate.before = deny
    given = ("--apply", "--stack", "sandbox", "--project", str(project.folder))
    status, _, err = told(capsys, "adopt", *given)
    assert status == 69, err
    assert "stack `sandbox`: " in err
    assert "AccessDenied" in err
    assert "mend that, and run this again: it goes on" in err
    assert "Traceback" not in err
    assert any(one.endswith(f"role:Role::{VPC}") for one in _urns(project, "sandbox"))
    assert not any(one.endswith(f"::{ZONES}Policy") for one in _urns(project, "sandbox"))


def _interrupted_in_the_middle(
    capsys: pytest.CaptureFixture[str], project: Project, gate: Gate
) -> None:
    """Its engine ends what it is at, saves that, and frees its lock."""

    def interrupt(called: str, _: bytes) -> None:
        if called == "GetPolicy":
            gate.before = lambda _called, _body: None
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    gate.before = interrupt
    given = ("--apply", "--stack", "state", "--project", str(project.folder))
    status, _, err = told(capsys, "adopt", *given)
    assert status == 130, err
    assert "Traceback" not in err
    assert not list((project.backend / ".pulumi" / "locks").rglob("*.json"))
    assert not project.export("state")["deployment"].get("pending_operations")


def _urns(project: Project, stack: str) -> list[str]:
    deployment = project.export(stack)["deployment"]
    return [str(one["urn"]) for one in deployment.get("resources") or ()]
