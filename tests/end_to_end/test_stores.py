"""Stores besides the default one, by the real engine: deploy, rotate, fetch, destroy, no leak."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from iam_profiles.load import load
from iam_profiles.names import IdentityClass
from iam_profiles.render_directory import directory
from iam_profiles.render_stores import key_policy, secret_policy
from local.home import LocalHome
from tests.credentials.stores import vault_server
from tests.engine import Project, Ran, client
from tests.small import STORE, shrunk

pytestmark = pytest.mark.engine

USER = "build-machine"
NAME = f"iam-profiles/nonprod/{USER}"
TOOL = """
import pathlib, sys
root, verb, name = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
file = root / name.replace("/", "_")
if verb == "write":
    file.write_text(sys.stdin.read())
elif not file.exists():
    sys.exit(f"nothing is kept as {name}")
elif verb == "read":
    sys.stdout.write(file.read_text())
else:
    file.unlink()
"""


@dataclass(frozen=True)
class Site:
    """A deployed organisation of one machine, and what its store holds: texts by name."""

    project: Project
    kept: "Kept"

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `iam-profiles`."""
        return subprocess.run(
            [Path(sys.executable).with_name("iam-profiles"), *arguments],
            env=self.project.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def keys(self) -> list[str]:
        """The ids of the machine's active access keys."""
        iam = client(self.project.home, "iam", "state")
        found = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return [key["AccessKeyId"] for key in found if key["Status"] == "Active"]

    def current(self) -> dict[str, Any]:
        """What readers of the store get: the newest text."""
        kept = self.kept()
        return json.loads(kept[max(kept)])


Kept = Callable[[], Mapping[str, str]]


def in_parameters(project: Project, _: ExitStack) -> tuple[str, Kept]:
    """The example's organisation with Parameter Store."""

    def kept() -> Mapping[str, str]:
        ssm = client(project.home, "ssm", "state")
        found = ssm.get_parameters_by_path(Path=f"/{NAME}", WithDecryption=True)["Parameters"]
        assert {one["Type"] for one in found} <= {"SecureString"}
        return {one["Name"]: one["Value"] for one in found}

    return "secrets_store: {kind: aws-ssm-parameter-store}", kept


def in_vault(project: Project, stack: ExitStack) -> tuple[str, Kept]:
    """The example's organisation with Vault; its token is in the environment alone."""
    program = vault_server.find()
    if program is None:
        pytest.skip("there is no `vault`; `make test-vault` builds one")
    home = project.folder.parent / "vault"
    home.mkdir()
    address = stack.enter_context(vault_server.running(program, home))
    project.environment.update(VAULT_ADDR=address, VAULT_TOKEN=vault_server.TOKEN)

    def kept() -> Mapping[str, str]:
        headers = {"X-Vault-Token": vault_server.TOKEN}
        answer = requests.get(f"{address}/v1/secret/data/{NAME}", headers=headers, timeout=10)
        return {NAME: json.dumps(answer.json()["data"]["data"])} if answer.ok else {}

    return "secrets_store: {kind: vault}", kept


def in_a_tool(project: Project, _: ExitStack) -> tuple[str, Kept]:
    """The example's organisation with a command line tool."""
    tool, root = project.folder.parent / "tool.py", project.folder.parent / "kept"
    tool.write_text(TOOL, "utf-8")
    root.mkdir()

    def line(verb: str) -> str:
        return json.dumps([sys.executable, str(tool), str(root), verb, "{name}"])

    lines = ", ".join(f"{verb}: {line(verb)}" for verb in ("read", "write", "delete"))
    store = f"secrets_store: {{kind: exec, {lines}, absent: nothing is kept as}}"
    return store, lambda: {file.name: file.read_text("utf-8") for file in root.iterdir()}


@pytest.fixture(params=[in_parameters, in_vault, in_a_tool], ids=["parameters", "vault", "tool"])
def site(
    request: pytest.FixtureRequest,
    fresh_cloud: LocalHome,
    project_in: Callable[[LocalHome], Project],
) -> Iterator[Site]:
    """A small organisation that keeps its keys elsewhere, deployed."""
    project = project_in(fresh_cloud)
    with ExitStack() as stack:
        store, kept = request.param(project, stack)
        _small(project, store)
        project.environment["IAM_PROFILES_CACHE"] = str(project.folder.parent / "cache")
        profiles = load(project.folder / "profiles")
        (project.folder / "directory.json").write_text(directory(profiles).to_json(), "utf-8")
        # The role must be there before a new key is tried by assuming it.
        project.up("sandbox").checked()
        yield Site(project, kept)


def _small(project: Project, store: str) -> None:
    """Make the project's organisation the small one, with that store."""
    shrunk(project)
    project.edit("profiles/organization.yaml", STORE, store)


def test_a_key_is_minted_fetched_rotated_and_removed_and_is_in_its_store_alone(
    site: Site,
) -> None:
    project = site.project
    previewed = project.preview("state").checked()
    assert not any("secretsmanager" in urn for urn in previewed.steps)
    assert site.kept() == {}
    made = project.up("state").checked()
    first = site.current()
    assert [first["access_key_id"]] == site.keys()
    assert set(project.up("state").checked().steps.values()) == {"same"}

    reader = ("--directory", str(project.folder / "directory.json"))
    wanted = ("--identity", USER, "--account", "sandbox", "--role", "BuildRole")
    profile = ("--store-profile", "iam-profiles-state")
    got = site.command("credentials", "get", *wanted, *reader, *profile)
    assert got.returncode == 0, got.stderr
    assert json.loads(got.stdout)["AccessKeyId"].startswith("ASIA")

    model = ("--profiles", str(project.folder / "profiles"))
    rotated = site.command("credentials", "rotate", USER, "--now", *model)
    assert rotated.returncode == 0, rotated.stderr + rotated.stdout
    second = site.current()
    assert second["access_key_id"] != first["access_key_id"]
    assert site.keys() == [second["access_key_id"]]
    refreshed = project.pulumi("refresh", "--yes", "--skip-preview", "--stack", "state").checked()
    again = project.up("state").checked()

    project.pulumi("state", "unprotect", "--all", "--yes", "--stack", "state").checked()
    state = project.pulumi("stack", "export", "--show-secrets", "--stack", "state").checked()
    destroyed = project.destroy("state").checked()
    assert site.kept() == {}
    gone_in_order(project, destroyed, "StoredAccessKey", "User")

    said = [made.output, got.stderr, rotated.stdout, rotated.stderr, refreshed.output]
    said += [again.output, destroyed.output, state.output]
    said += [json.dumps(ran.events) for ran in (made, again, destroyed)]
    said += [file.read_text("utf-8") for file in project.backend.rglob("*.json")]
    for key in (first, second):
        assert not any(key["secret_access_key"] in text for text in said)
    # The search does find what is there.
    assert any(second["access_key_id"] in text for text in said)


def gone_in_order(project: Project, destroyed: Ran, *order: str) -> None:
    """Make sure that nothing of the machine is left, and that it went in this order of types."""
    went = [
        urn.split("::")[-2].rpartition(":")[2]
        for urn, step in destroyed.steps.items()
        if step == "delete" and urn.endswith(f"::{USER}")
    ]
    assert [kind for kind in went if kind in order] == list(order)
    iam = client(project.home, "iam", "state")
    assert USER not in [one["UserName"] for one in iam.list_users()["Users"]]
    assert project.export("state")["deployment"].get("resources", []) == []


def test_another_kind_of_store_replaces_the_key_and_leaves_nothing_in_the_old_one(
    site: Site,
) -> None:
    project = site.project
    project.up("state").checked()
    before = site.keys()
    organization = project.folder / "profiles" / "organization.yaml"
    lines = organization.read_text("utf-8").splitlines()
    moved = [STORE if line.startswith("secrets_store:") else line for line in lines]
    organization.write_text("\n".join(moved) + "\n", "utf-8")
    refused = project.preview("state")
    assert refused.code != 0
    assert "unable to replace" in refused.output

    project.pulumi("state", "unprotect", "--all", "--yes", "--stack", "state").checked()
    project.up("state").checked()
    assert site.kept() == {}
    secrets = client(project.home, "secretsmanager", "state")
    stored = json.loads(secrets.get_secret_value(SecretId=NAME)["SecretString"])
    assert [stored["access_key_id"]] == site.keys() != before


LOCKED = "keepers: [BuildRole], customer_key: true"


@pytest.mark.parametrize("kind", ["aws-secrets-manager", "aws-ssm-parameter-store"])
def test_a_store_with_a_key_of_its_own_is_deployed_past_the_gate_and_taken_down(
    kind: str, fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project]
) -> None:
    project = project_in(fresh_cloud)
    _small(project, f"secrets_store: {{kind: {kind}, {LOCKED}}}")
    organization = load(project.folder / "profiles").organization
    project.up("sandbox").checked()
    gate = ("--policy-pack", str(project.folder / "policies"))
    previewed = project.preview("state", *gate).checked()
    assert previewed.violations == []
    project.up("state").checked()
    again = project.preview("state", *gate).checked()
    assert (set(again.steps.values()), again.violations) == ({"same"}, [])
    refreshed = project.pulumi("refresh", "--yes", "--skip-preview", "--stack", "state").checked()
    assert set(refreshed.steps.values()) <= {"same", "refresh"}

    kms = client(project.home, "kms", "state")
    alias = "alias/iam-profiles/nonprod"
    key = kms.describe_key(KeyId=alias)["KeyMetadata"]
    policy = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    assert json.loads(policy) == json.loads(key_policy(organization, IdentityClass.NONPROD))
    if kind == "aws-secrets-manager":
        secrets = client(project.home, "secretsmanager", "state")
        own = secrets.get_resource_policy(SecretId=NAME)["ResourcePolicy"]
        wanted = secret_policy(organization, IdentityClass.NONPROD)
        assert json.loads(own) == json.loads(str(wanted))
        assert secrets.describe_secret(SecretId=NAME)["KmsKeyId"] == alias
    else:
        ssm = client(project.home, "ssm", "state")
        listed = ssm.describe_parameters()["Parameters"]
        assert {one["KeyId"] for one in listed if one["Name"].startswith(f"/{NAME}")} == {alias}

    refused = project.destroy("state")
    assert refused.code != 0
    project.pulumi("state", "unprotect", "--all", "--yes", "--stack", "state").checked()
    destroyed = project.destroy("state").checked()
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    if kind == "aws-secrets-manager":
        gone_in_order(project, destroyed, "StoredAccessKey", "Secret", "User")
        # It can be restored until then, and has no key: the empty marker is what is current.
        scheduled = client(project.home, "secretsmanager", "state")
        assert scheduled.describe_secret(SecretId=NAME)["DeletedDate"]
        scheduled.restore_secret(SecretId=NAME)
        left = scheduled.get_secret_value(SecretId=NAME)["SecretString"]
        assert json.loads(left) == {"empty": True}
    else:
        gone_in_order(project, destroyed, "StoredAccessKey", "User")
        parameters = client(project.home, "ssm", "state").describe_parameters()["Parameters"]
        assert [one for one in parameters if one["Name"].startswith(f"/{NAME}")] == []
