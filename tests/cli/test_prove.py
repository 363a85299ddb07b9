"""`iam-profiles prove`: verdict, evidence and exit status, over the model and over exports."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from iam_profiles.render import render_all
from tests.access.exports import details, user
from tests.cli.exported import write
from tests.cli.worlds import (
    CI,
    DEPLOY,
    KEEPER,
    MACHINE,
    POLICY,
    PROD,
    QUESTION,
    STATE,
    prod,
    state,
    told,
    written,
)
from tests.domain.example import EXAMPLE

TEXTS = {"type": "array", "items": {"type": "string"}}
VERDICT = {"enum": ["proved", "refuted", "undecided"]}
SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["verdict", "rules", "certificate"],
    "properties": {
        "verdict": VERDICT,
        "rules": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["from", "never_reach", "verdict", "path", "undecided"],
                "properties": {
                    "from": TEXTS,
                    "never_reach": TEXTS,
                    "verdict": VERDICT,
                    "undecided": TEXTS,
                    "path": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["step", "from", "to", "allowed_by"],
                            "properties": {
                                "step": {"type": "string"},
                                "from": {"type": ["string", "null"]},
                                "to": {"type": "string"},
                                "allowed_by": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["policy", "statement", "why"],
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
        "certificate": {"type": "object", "required": ["world", "catalogue", "proofs"]},
    },
}
"""The form that `docs/prove.md` promises to programs."""


def parsed(out: str) -> dict[str, Any]:
    found = json.loads(out)
    jsonschema.validate(found, SHAPE)
    return found


def test_the_isolation_rules_of_the_example_are_proved_over_the_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = told(capsys, "prove")
    assert status == 0
    assert out.startswith("✓ proved")
    assert "assuming that" in out


def test_the_model_and_its_own_export_are_judged_alike(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = write(tmp_path, render_all(EXAMPLE).documents.values())
    machines = f"arn:aws:iam::{STATE}:user/PlatformServiceUsers"
    for target, wanted in ((f"arn:aws:iam::{PROD}:role/*", 0), (f"{machines}/prod/*", 0)):
        asked = ("--from", f"{machines}/nonprod/*", "--never-reach", target)
        assert told(capsys, "prove", *asked)[0] == wanted
        assert told(capsys, "prove", "--auth-details", folder, *asked)[0] == wanted
    other = ("--from", f"{machines}/prod/*", "--never-reach", f"arn:aws:iam::{PROD}:role/*")
    assert told(capsys, "prove", *other)[0] == 1
    assert told(capsys, "prove", "--auth-details", folder, *other)[0] == 1


def test_a_way_in_is_shown_step_by_step_with_what_would_shut_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state(), prod=prod())
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION)
    assert status == 1
    assert out.startswith("✗ refuted")
    told_in_order = (
        f"1. {CI}",
        f"sts:AssumeRole on {KEEPER}",
        f"2. {KEEPER}",
        f"iam:CreateAccessKey on {MACHINE}",
        f"statement `#0` of policy `{POLICY}` allows it",
        f"3. {MACHINE}",
        f"sts:AssumeRole on {DEPLOY}",
        "to shut it, narrow or remove statement",
    )
    places = [out.index(line) for line in told_in_order]
    assert places == sorted(places)


def test_a_way_in_is_told_to_programs_in_the_documented_form(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state(), prod=prod())
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION, "--format", "json")
    found = parsed(out)
    assert (status, found["verdict"]) == (1, "refuted")
    (rule,) = found["rules"]
    assert rule["from"] == [CI]
    assert rule["never_reach"] == [f"arn:aws:iam::{PROD}:role/*"]
    assert [hop["step"] for hop in rule["path"]] == [
        "sts-assume-role",
        "iam-create-access-key",
        "sts-assume-role",
    ]
    assert [(hop["from"], hop["to"]) for hop in rule["path"]] == [
        (CI, KEEPER),
        (KEEPER, MACHINE),
        (MACHINE, DEPLOY),
    ]


def test_a_proof_is_told_to_programs_with_its_certificate(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state("iam:GetUser"), prod=prod())
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION, "--format", "json")
    found = parsed(out)
    assert (status, found["verdict"]) == (0, "proved")
    (proof,) = found["certificate"]["proofs"]
    assert KEEPER in proof["controlled"]
    assert proof["world"].startswith("sha256:")
    assert proof["assumptions"]


def test_what_the_export_lacks_makes_the_verdict_undecided_and_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lacking = {**state(), "Policies": []}
    folder = written(tmp_path, state=lacking, prod=prod())
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION)
    assert status == 2
    assert out.startswith("? undecided")
    assert POLICY in out
    _, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION, "--format", "json")
    (rule,) = parsed(out)["rules"]
    assert POLICY in " ".join(rule["undecided"])


def test_a_missing_boundary_is_not_taken_for_none_nor_for_one_that_shuts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bound = user(
        "ci-nonprod",
        UserPolicyList=[],
        PermissionsBoundary={"PermissionsBoundaryArn": f"arn:aws:iam::{STATE}:policy/Gone"},
    )
    folder = written(tmp_path, state=details(users=(bound,)), prod=prod())
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION)
    assert status == 2
    assert "policy/Gone" in out


def test_files_and_folders_may_be_given_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    written(folder, prod=prod())
    file = tmp_path / "state.json"
    file.write_bytes(json.dumps(state()).encode("utf-16"))  # as PowerShell redirects
    both = ("--auth-details", folder, "--auth-details", file)
    assert told(capsys, "prove", *both, *QUESTION)[0] == 1


def test_scps_rcps_and_credentials_are_taken_into_account(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path
    written(folder, state=state(), prod=prod())
    deny = {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"}
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    scps = {
        "organization": "o-example",
        "policies": {"Limits": {"Version": "2012-10-17", "Statement": [full, deny]}},
        "accounts": {STATE: [["Limits"]]},
    }
    more = tmp_path / "more"
    more.mkdir()
    written(more, scps=scps)
    details_ = ("--auth-details", folder / "state.json", "--auth-details", folder / "prod.json")
    assert told(capsys, "prove", *details_, *QUESTION)[0] == 1
    assert told(capsys, "prove", *details_, "--scps", more / "scps.json", *QUESTION)[0] == 0


def test_a_stored_credential_is_a_way_in_if_somebody_can_read_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:prod-key-??????"
    written(tmp_path, state=state("secretsmanager:GetSecretValue"), prod=prod())
    page = json.loads((tmp_path / "state.json").read_text())
    page["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0]["Resource"] = "*"
    written(tmp_path, state=page)
    more = tmp_path / "more"
    more.mkdir()
    written(more, keys={"credentials": [{"secret": secret, "principal": MACHINE}]})
    exports = ("--auth-details", tmp_path)
    assert told(capsys, "prove", *exports, *QUESTION)[0] == 0
    status, out, _ = told(capsys, "prove", *exports, "--credentials", more / "keys.json", *QUESTION)
    assert status == 1
    assert "secretsmanager:GetSecretValue on" in out


def test_an_action_that_is_newer_than_the_catalogue_is_undecided_and_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state("iam:GrantEverything"), prod=prod())
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION)
    assert status == 2
    assert "`iam:GrantEverything` is not in the catalogue of steps" in out


def test_a_secrets_own_policy_may_let_in_whom_no_other_policy_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:prod-key-a1b2c3"
    opened = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": CI},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        },
    }
    more = tmp_path / "more"
    more.mkdir()
    written(
        more,
        keys={"credentials": [{"secret": secret, "principal": MACHINE}]},
        policies={secret: opened},
    )
    folder = written(tmp_path, state=state("iam:GetUser"), prod=prod())
    asked = ("--auth-details", folder, "--credentials", more / "keys.json", *QUESTION)
    assert told(capsys, "prove", *asked)[0] == 0
    opening = ("--resource-policies", more / "policies.json")
    assert told(capsys, "prove", *asked, *opening)[0] == 1


def test_an_action_that_knows_no_resource_is_not_allowed_by_naming_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state("iam:*Account*"), prod=prod())
    assert told(capsys, "prove", "--auth-details", folder, *QUESTION)[0] == 0
    page = json.loads((folder / "state.json").read_text())
    page["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0]["Resource"] = "*"
    written(tmp_path, state=page)
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION)
    assert status == 1
    assert "iam:UpdateAccountEmailAddress on *" in out


def test_the_root_of_an_account_can_be_asked_about(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state("iam:GetUser"), prod=prod())
    root = ("--from", CI, "--never-reach", f"arn:aws:iam::{PROD}:root")
    assert told(capsys, "prove", "--auth-details", folder, *root)[0] == 0
