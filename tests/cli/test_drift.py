"""`iam-profiles drift` over the local cloud: what was changed by hand, all of it and only it."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import fromstring

import boto3
import pytest
from boto3 import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from local.home import LocalHome
from tests.access.exports import trust
from tests.cli.test_prove_deployed import MACHINE, let_in, seen_by
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
    iam.create_login_profile(UserName="payments-nonprod", Password="By-Hand-1!")
    iam.create_instance_profile(InstanceProfileName="strange")
    iam.create_saml_provider(Name="strange", SAMLMetadataDocument="<a>" + "-" * 1000 + "</a>")
    iam.create_open_id_connect_provider(Url="https://strange.example", ThumbprintList=["a" * 40])
    secrets = session("state").client("secretsmanager")
    left = secrets.create_secret(Name="iam-profiles/prod/strange", SecretString="x")["ARN"]
    document = json.dumps(trust(f"{STATE}:role/PlatformRoles/AuditRole"))
    session("sandbox").client("iam").update_assume_role_policy(
        RoleName="AuditRole", PolicyDocument=document
    )
    return [
        ("unmanaged", "attachment", ONCALL, LEADS),
        ("unmanaged", "instance profile", f"{STATE}:instance-profile/strange", None),
        ("unmanaged", "OpenID Connect provider", f"{STATE}:oidc-provider/strange.example", None),
        ("unmanaged", "SAML provider", f"{STATE}:saml-provider/strange", None),
        ("missing", "membership", ANA, f"{STATE}:group/PlatformGroups/payments-dev"),
        ("unmanaged", "access key", CI, second),
        ("unmanaged", "console password", CI, None),
        ("unmanaged", "user", f"{STATE}:user/stranger", None),
        ("unmanaged", "access key", f"{STATE}:user/stranger", key),
        ("unmanaged", "secret", left, None),
        ("changed", "trust policy", AUDIT, None),
    ]


class _Body(BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def refuse(patch: pytest.MonkeyPatch, *operations: str) -> None:
    """Have AWS refuse these operations to whoever opens a session from now on."""

    def answer(request: AWSPreparedRequest, **_: object) -> Any:
        xml = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        json_ = b'{"__type": "AccessDeniedException"}'
        body = json_ if "X-Amz-Target" in request.headers else xml
        return AWSResponse(str(request.url), 403, HTTPHeaders(), cast("Any", _Body(body)))

    def opened(**given: Any) -> boto3.Session:
        made = Session(**given)
        for operation in operations:
            made.events.register(f"before-send.{operation}", answer)
        return made

    patch.setattr("cli.drift_read.boto3.Session", opened)


def seen(report: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [(one["change"], one["kind"], one["arn"], one["name"]) for one in report["differences"]]


def moved(report: dict[str, Any]) -> dict[str, list[tuple[str, str, list[str]]]]:
    """What the engine's refresh found, by stack."""
    assert all(one["ok"] for one in report["refreshed"])
    return {
        stack["stack"]: [
            (one["name"], one["operation"], one["properties"]) for one in stack["resources"]
        ]
        for stack in report["refreshed"]
    }


@pytest.fixture
def site(
    monkeypatch: pytest.MonkeyPatch,
    fresh_cloud: LocalHome,
    project_in: Callable[[LocalHome], Project],
) -> Project:
    """Two stacks of the example, deployed."""
    seen_by(monkeypatch, fresh_cloud)
    project = project_in(fresh_cloud)
    for stack in ("state", "sandbox"):
        project.up(stack).checked()
    return project


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str], site: Project) -> Look:
    """Looks for drift."""

    def drift(*more: str) -> tuple[int, dict[str, Any]]:
        given = ("--project", str(site.folder), "--format", "json", *more)
        status, out, err = told(capsys, "drift", *given)
        assert out, err
        return status, json.loads(out)

    return drift


@pytest.mark.engine
def test_drift_is_what_was_changed_by_hand_and_a_way_that_it_opens(
    look: Look, site: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, report = look("--no-refresh")
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
    status, report = look(*known)
    assert (status, moved(report)) == (0, {"sandbox": [], "state": []})
    states = {name: site.export(name) for name in ("state", "sandbox")}

    expected = change_by_hand()
    files = {form: tmp_path / form for form in ("markdown", "junit", "sarif")}
    asked = [part for form, file in files.items() for part in (f"--{form}", str(file))]
    status, report = look(*known, *asked)
    assert (status, report["verdict"], report["proof"]) == (1, "refused", "proved")
    assert seen(report) == expected
    assert f"unmanaged**: attachment `{LEADS}` of `{ONCALL}`" in files["markdown"].read_text()
    suites = fromstring(files["junit"].read_text())  # noqa: S314 -- our own
    assert moved(report) == {
        "sandbox": [("AuditRole", "update", ["assumeRolePolicy"])],
        "state": [
            ("payments-dev", "update", ["users"]),
            ("payments-oncall", "update", ["policyArns"]),
            ("payments-dev-ana", "update", ["groups"]),
        ],
    }
    assert {name: site.export(name) for name in states} == states, "a refresh writes nothing"
    assert [one.get("failures") for one in suites] == ["13", "2", "0", "0", "0"]
    [sarif] = json.loads(files["sarif"].read_text())["runs"]
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for one in sarif["results"]
        for place in one["locations"]
    }
    assert "profiles/roles/AuditRole.yaml" in uris

    known = (*known, "--no-refresh")
    declared = [one for one in expected if "strange" not in one[2].rpartition("/")[2]]
    everything = ("--ignore", "arn:aws:*:*:*:*", "--no-refresh")
    assert seen(look(*everything)[1]) == declared, "what is declared stays"
    assert seen(look(*known, "--account", "sandbox")[1]) == expected[-1:]

    let_in(session("state"), session("prod"))
    status, report = look(*known)
    assert (status, report["verdict"], report["proof"]) == (1, "refused", "refuted")
    assert report["refreshed"] is None
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

    # Nothing drifted in sandbox, but what AWS refuses to tell may have.
    only = ("--project", folder, "--ignore", OWNER, "--account", "sandbox", "--format", "json")
    session("state").client("iam").delete_user_policy(UserName=MACHINE, PolicyName="assume")
    status, out, _ = told(capsys, "drift", *only)
    assert (status, json.loads(out)["unread"]) == (0, [])
    refuse(monkeypatch, "iam.ListSAMLProviders", "secretsmanager.ListSecrets")
    status, out, _ = told(capsys, "drift", *only)
    report = json.loads(out)
    assert (status, report["verdict"], report["differences"]) == (69, "failed", [])
    assert [(one["account"], one["kind"]) for one in report["unread"]] == [
        ("sandbox", "SAML provider"),
        ("sandbox", "secret"),
    ]
    assert {one["rule"] for one in report["findings"]} == {"drift_unread"}


def test_an_account_that_there_is_not_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cloud: LocalHome
) -> None:
    seen_by(monkeypatch, cloud)
    status, _, err = told(capsys, "drift", "--account", "live")
    assert status == 64
    assert "`live`" in err


def test_a_pattern_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = told(capsys, "drift", "--ignore", "role/x")
    assert status == 64
    assert "--ignore" in err
