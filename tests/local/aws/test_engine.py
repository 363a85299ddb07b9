"""The stand-in under the real engine: a program of every type, from nothing to nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.types import RESOURCES
from local.env import child_environment, file_backend
from local.home import LocalHome
from tests.engine import REPOSITORY, Project, Ran, client
from tests.local.aws.samples import document

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("every-type")]

STACK = "trial"


def _trial(home: LocalHome, folder: Path) -> Project:
    shutil.copytree(Path(__file__).parent / "program", folder)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    environment = child_environment(home) | {"PULUMI_BACKEND_URL": file_backend(folder)}
    return Project(folder, home, environment)


@pytest.fixture
def trial(fresh_cloud: LocalHome, tmp_path: Path) -> Project:
    """The program in an empty cloud, not deployed."""
    return _trial(fresh_cloud, tmp_path / "program")


@pytest.fixture(scope="module")
def shared(cloud: LocalHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The program deployed once; each test leaves it so that `_up` mends it."""
    found = _trial(cloud, tmp_path_factory.mktemp("every-type") / "program")
    _up(found).checked()
    yield found
    found.destroy(STACK).checked()


def _up(trial: Project, *arguments: str, **extra: str) -> Ran:
    trial.pulumi("stack", "init", STACK)
    flags = ("--yes", "--skip-preview", "--stack", STACK)
    return trial.pulumi("up", *flags, *arguments, events=True, **extra)


def _changes(trial: Project, **extra: str) -> dict[str, str]:
    """Return {type: operation} of what a preview would do."""
    ran = trial.pulumi("preview", "--stack", STACK, events=True, **extra).checked()
    return _operations(ran)


def _refresh(trial: Project) -> Ran:
    flags = ("--yes", "--skip-preview", "--stack", STACK)
    return trial.pulumi("refresh", *flags, events=True).checked()


def _operations(ran: Ran) -> dict[str, str]:
    found = {urn: op for urn, op in ran.steps.items() if op not in {"same", "refresh"}}
    return {f"{urn.split('::')[2]}::{urn.split('::')[3]}": op for urn, op in found.items()}


def _output(trial: Project, urn: str, name: str) -> str:
    return next(one["outputs"][name] for one in _resources(trial) if one["urn"].endswith(urn))


def _resources(trial: Project) -> list[dict[str, Any]]:
    return trial.export(STACK)["deployment"]["resources"]


def test_a_program_of_every_type_lives_from_creation_to_destruction(trial: Project) -> None:
    _up(trial).checked()
    deployed = _resources(trial)
    assert {one["type"] for one in deployed} >= RESOURCES.keys()
    outputs = deployed[0]["outputs"]
    assert outputs == {"role": "arn:aws:iam::111111111111:role/r/role", "account": "111111111111"}
    assert _changes(trial) == {}
    _refresh(trial)
    assert _changes(trial) == {}

    changed = _operations(_up(trial, TRIAL="changed").checked())
    assert set(changed.values()) == {"update"}
    assert {one.split("::")[0] for one in changed} == {
        "aws:iam/policy:Policy",
        "aws:iam/role:Role",
        "aws:iam/group:Group",
        "aws:iam/user:User",
        "aws:iam/groupMembership:GroupMembership",
        "aws:iam/accessKey:AccessKey",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:secretsmanager/secret:Secret",
        "aws:kms/key:Key",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/groupPolicy:GroupPolicy",
        "aws:iam/userPolicy:UserPolicy",
    }
    assert _changes(trial, TRIAL="changed") == {}
    _refresh(trial)
    assert _changes(trial, TRIAL="changed") == {}

    replaced = _operations(_up(trial, TRIAL="replaced").checked())
    assert replaced["aws:iam/role:Role::role"] in {
        "replace",
        "delete-replaced",
        "create-replacement",
    }
    assert _changes(trial, TRIAL="replaced") == {}

    trial.destroy(STACK).checked()
    iam = client(trial.home, "iam", "state")
    assert iam.list_users()["Users"] == []
    assert iam.list_groups()["Groups"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    assert names == ["OrganizationAccountAccessRole"]


def test_no_secret_key_is_in_the_state(shared: Project) -> None:
    key = next(one for one in _resources(shared) if one["type"] == "aws:iam/accessKey:AccessKey")
    assert key["outputs"].keys() == {"id", "createDate", "status", "user"}


def test_drift_is_seen_by_a_refresh_and_mended_by_the_next_update(shared: Project) -> None:
    _up(shared).checked()
    iam = client(shared.home, "iam", "state")
    iam.update_role(RoleName="role", Description="drifted", MaxSessionDuration=43200)
    iam.tag_role(RoleName="role", Tags=[{"Key": "drifted", "Value": "yes"}])
    made = iam.create_policy(PolicyName="theirs", PolicyDocument=document())
    theirs = made["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="role", PolicyArn=theirs)
    iam.delete_user_permissions_boundary(UserName=_output(shared, "user:User::ana", "name"))
    _refresh(shared)
    drift = {
        "aws:iam/role:Role::role": "update",
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive::role": "update",
        "aws:iam/user:User::ana": "update",
    }
    assert _changes(shared) == drift
    assert _operations(_up(shared).checked()) == drift
    _refresh(shared)
    assert _changes(shared) == {}
    attached = iam.list_attached_role_policies(RoleName="role")["AttachedPolicies"]
    assert theirs not in {one["PolicyArn"] for one in attached}


def test_what_was_deleted_by_hand_is_created_again(shared: Project) -> None:
    _up(shared).checked()
    manager = client(shared.home, "secretsmanager", "state")
    manager.delete_secret(SecretId="a/b", ForceDeleteWithoutRecovery=True)
    _refresh(shared)
    assert _changes(shared) == {"aws:secretsmanager/secret:Secret::secret": "create"}
    _up(shared).checked()
    assert manager.describe_secret(SecretId="a/b")["Name"] == "a/b"


def test_what_exists_is_imported_and_then_unchanged(shared: Project) -> None:
    iam = client(shared.home, "iam", "state")
    tags = [{"Key": "by", "Value": "hand"}, {"Key": "managed-by", "Value": "trial"}]
    iam.create_user(UserName="adopted", Path="/a/", Tags=tags)
    ran = _up(shared, TRIAL_IMPORT="yes").checked()
    assert _operations(ran)["aws:iam/user:User::adopted"] == "import"
    assert _changes(shared, TRIAL_IMPORT="yes") == {}


def test_another_account_is_refused_before_anything_is_written(trial: Project) -> None:
    ran = _up(trial, TRIAL_ACCOUNT="222222222222")
    assert ran.code != 0
    assert "AWS account ID not allowed: 111111111111" in ran.output
    assert client(trial.home, "iam", "state").list_users()["Users"] == []


def test_without_the_local_clouds_address_nothing_is_asked(trial: Project) -> None:
    """The environment's endpoint is gone, and the configuration's with it: AWS itself is left."""
    config = trial.folder / "config"
    config.write_text("[profile iam-profiles-state]\nregion = eu-west-1\n")
    ran = _up(trial, AWS_ENDPOINT_URL="https://aws.example.com", AWS_CONFIG_FILE=str(config))
    assert ran.code != 0
    assert "serves the local cloud only" in ran.output
