"""`iam-profiles drift` over the local cloud: what was changed by hand, all of it and only it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import boto3
import pytest

from local.home import LocalHome
from tests.access.exports import trust
from tests.cli.test_prove_deployed import let_in, seen_by
from tests.cli.worlds import told
from tests.engine import Project

STATE, SANDBOX = "arn:aws:iam::111111111111", "arn:aws:iam::222222222222"
OWNER = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
"""Is in every account that AWS Organizations made."""
AUDIT = f"{SANDBOX}:role/PlatformRoles/AuditRole"
ONCALL = f"{STATE}:group/PlatformGroups/payments-oncall"
LEADS = f"{STATE}:policy/PlatformPolicies/platform-leads-assume-roles"
ANA = f"{STATE}:user/PlatformPeople/ana"
CI = f"{STATE}:user/PlatformServiceUsers/nonprod/payments-nonprod"

Look = Callable[..., tuple[int, dict[str, Any]]]


def session(account: str) -> boto3.Session:
    return boto3.Session(profile_name=f"iam-profiles-{account}")


def change_by_hand() -> list[tuple[str, str, str, str | None]]:
    """Change the accounts behind the engine's back; return what is to be found."""
    iam = session("state").client("iam")
    iam.attach_group_policy(GroupName="payments-oncall", PolicyArn=LEADS)
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]["AccessKeyId"]
    second = iam.create_access_key(UserName="payments-nonprod")["AccessKey"]["AccessKeyId"]
    iam.remove_user_from_group(GroupName="payments-dev", UserName="ana")
    document = json.dumps(trust(f"{STATE}:role/PlatformRoles/AuditRole"))
    session("sandbox").client("iam").update_assume_role_policy(
        RoleName="AuditRole", PolicyDocument=document
    )
    return [
        ("unmanaged", "attachment", ONCALL, LEADS),
        ("missing", "membership", ANA, f"{STATE}:group/PlatformGroups/payments-dev"),
        ("unmanaged", "access key", CI, second),
        ("unmanaged", "user", f"{STATE}:user/stranger", None),
        ("unmanaged", "access key", f"{STATE}:user/stranger", key),
        ("changed", "trust policy", AUDIT, None),
    ]


def seen(report: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [(one["change"], one["kind"], one["arn"], one["name"]) for one in report["differences"]]


@pytest.fixture
def look(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_cloud: LocalHome,
    project_in: Callable[[LocalHome], Project],
) -> Look:
    """Deploys two stacks of the example, and looks for drift."""
    seen_by(monkeypatch, fresh_cloud)
    project = project_in(fresh_cloud)
    for stack in ("state", "sandbox"):
        project.up(stack).checked()

    def drift(*more: str) -> tuple[int, dict[str, Any]]:
        given = ("--project", str(project.folder), "--format", "json", *more)
        status, out, err = told(capsys, "drift", *given)
        assert out, err
        return status, json.loads(out)

    return drift


@pytest.mark.engine
def test_drift_is_what_was_changed_by_hand_and_a_way_that_it_opens(
    look: Look, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, report = look()
    assert (status, report["proof"]) == (1, "proved")
    owners = OWNER.split("*", 1)[1]
    assert {found.rpartition("::")[2][12:] for _, _, found, _ in seen(report)} == {owners}

    known = ("--ignore", OWNER)
    status, report = look(*known)
    assert (status, report["verdict"], report["differences"]) == (0, "proved", [])
    assert not report["waiting"]["state"]
    assert report["waiting"]["prod"], "never deployed: an update to come, and no drift"

    # The state has the old key's id until it is refreshed: a rotation is no drift.
    assert told(capsys, "credentials", "rotate", "payments-prod", "--early")[0] == 0
    assert look(*known)[0] == 0

    expected = change_by_hand()
    files = {form: tmp_path / form for form in ("markdown", "junit", "sarif")}
    asked = [part for form, file in files.items() for part in (f"--{form}", str(file))]
    status, report = look(*known, *asked)
    assert (status, report["verdict"], report["proof"]) == (1, "refused", "proved")
    assert seen(report) == expected
    assert f"unmanaged**: attachment `{LEADS}` of `{ONCALL}`" in files["markdown"].read_text()
    suites = fromstring(files["junit"].read_text())  # noqa: S314 -- our own
    assert [one.get("failures") for one in suites] == ["5", "1", "0", "0", "0"]
    [sarif] = json.loads(files["sarif"].read_text())["runs"]
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for one in sarif["results"]
        for place in one["locations"]
    }
    assert "profiles/roles/AuditRole.yaml" in uris

    strange = f"{STATE}:user/stranger"
    declared = [one for one in expected if one[2] != strange]
    assert seen(look("--ignore", "arn:aws:iam::*:*")[1]) == declared, "what is declared stays"
    assert seen(look(*known, "--account", "sandbox")[1]) == expected[-1:]

    let_in(session("state"), session("prod"))
    status, report = look(*known)
    assert (status, report["verdict"], report["proof"]) == (1, "refused", "refuted")
    [way] = [one for one in report["findings"] if one["rule"] == "isolation_of_all_accounts"]
    assert way["path"]


def test_a_person_reads_what_is_there_of_stacks_that_were_never_deployed(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_cloud: LocalHome,
    project_in: Callable[[LocalHome], Project],
) -> None:
    seen_by(monkeypatch, fresh_cloud)
    let_in(session("state"), session("prod"))
    folder = str(project_in(fresh_cloud).folder)
    status, out, _ = told(capsys, "drift", "--project", folder, "--ignore", OWNER)
    assert status == 1
    headline, *lines = out.splitlines()
    assert headline == (
        "2 differences from what is declared; an isolation rule is broken by what is there"
    )
    assert "sandbox: as deployed" in lines
    assert any(one.startswith("  + unmanaged: user `arn:aws:iam::111111111111:") for one in lines)
    assert (
        "  + unmanaged: role `arn:aws:iam::444444444444:role/Deploy` is declared by nobody; " in out
    )
    assert "refused: isolation_of_all_accounts" in lines


def test_an_account_that_there_is_not_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, _, err = told(capsys, "drift", "--account", "live")
    assert status == 69
    assert "`live`" in err


def test_a_pattern_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = told(capsys, "drift", "--ignore", "role/x")
    assert status == 64
    assert "--ignore" in err
