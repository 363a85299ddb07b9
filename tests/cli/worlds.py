"""Two accounts with one way from a machine of the first to a role of the second, as exports."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from tests.access.exports import allow, attached, details, inline, managed, role, trust, user

STATE, PROD = "111111111111", "444444444444"
CI = f"arn:aws:iam::{STATE}:user/ci-nonprod"
KEEPER = f"arn:aws:iam::{STATE}:role/Keeper"
MACHINE = f"arn:aws:iam::{STATE}:user/ci-prod"
DEPLOY = f"arn:aws:iam::{PROD}:role/Deploy"
POLICY = f"arn:aws:iam::{STATE}:policy/Keep"
QUESTION = ("--from", CI, "--never-reach", f"arn:aws:iam::{PROD}:role/*")


def state(action: str = "iam:CreateAccessKey", **more: Any) -> dict[str, Any]:
    """Return an account whose role Keeper, which CI may assume, may do the action to all users."""
    return details(
        users=(
            user("ci-nonprod", UserPolicyList=inline(allow("sts:AssumeRole", KEEPER))),
            user("ci-prod", UserPolicyList=inline(allow("sts:AssumeRole", DEPLOY))),
        ),
        roles=(role("Keeper", AttachedManagedPolicies=attached(POLICY)),),
        policies=(managed(POLICY, allow(action, f"arn:aws:iam::{STATE}:user/*")),),
        **more,
    )


def prod(**more: Any) -> dict[str, Any]:
    """Return an account whose role Deploy admits the other machine."""
    own = {"AssumeRolePolicyDocument": trust(MACHINE), **more}
    return details(roles=(role("Deploy", account=PROD, **own),))


def written(folder: Path, **pages: Any) -> Path:
    """Write each page into a file of its name; return the folder."""
    for name, page in pages.items():
        (folder / f"{name}.json").write_text(json.dumps(page))
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Run the command; return its exit status and what it printed on both streams."""
    status = run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err
