"""The example, with what its CI system needs to know of its service users."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from iam_profiles.load import load
from pipeline.ci.plan import Plan, Roles
from tests.engine import REPOSITORY

ROLES = Roles("IamProfilesRole", "AuditRole")
PREVIEWER = (
    "  platform-preview: {class: prod, rotate_after: 7d}\n",
    "  - {service_user: platform-preview, role: AuditRole, on: [state, sandbox, nonprod, prod]}\n",
)
OWNER = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
CI_USERS: tuple[str, ...] = ("platform-nonprod", "platform-prod", "platform-preview")


def project_at(root: Path) -> Path:
    """The example with somebody who previews, and no word of a CI system."""
    shutil.copytree(REPOSITORY / "profiles", root / "profiles")
    for file in REPOSITORY.glob("Pulumi*.yaml"):
        shutil.copy(file, root)
    user, grant = PREVIEWER
    edit(root, "service_users:\n", f"service_users:\n{user}")
    edit(root, "grants:\n", f"grants:\n{grant}")
    return root


def trusting_github(root: Path, environments: dict[str, str] | None = None) -> Path:
    """Bind each of the pipeline's service users to a GitHub environment."""
    for name, environment in (environments or {user: user for user in CI_USERS}).items():
        ref = "" if name == "platform-preview" else ", ref: refs/heads/main"
        claims = f"repository: example/iam, environment: {environment}{ref}"
        reader = f"reader: {{github: {{{claims}}}}}"
        edit(root, f"  {name}: {{class", f"  {name}: {{{reader}, class")
    return root


def edit(root: Path, old: str, new: str) -> None:
    path = root / "profiles" / "teams" / "platform.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def plan_of(root: Path) -> Plan:
    """The plan, in which the role that AWS Organizations makes in each account is known."""
    profiles = load(root / "profiles")
    named = {str(one.name): f"iam-profiles-{one.name}" for one in profiles.organization.accounts}
    return Plan.of(profiles, named, ROLES, "main", (OWNER,))


def parsed(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Read the files as a CI system does: `on` is a key, not a truth."""
    return {path: yaml.load(text, _OneTruth) for path, text in files.items()}  # noqa: S506 -- a SafeLoader


class _OneTruth(yaml.SafeLoader):
    """YAML 1.2's truths: `on` is none of them."""


_OneTruth.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def texts(value: Any) -> Iterable[str]:
    """Every text anywhere in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
