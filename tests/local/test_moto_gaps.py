"""What moto leaves out of AWS, and the local cloud adds, behaves as AWS documents it."""

import pytest
from botocore.exceptions import ClientError

from local.home import LocalHome
from tests.engine import client
from tests.local.world import World, allow, code_of, document

_FIRST = "1" * 32
_SECOND = "2" * 32


def test_a_user_s_boundary_is_kept_and_shown(cloud: LocalHome, name: str) -> None:
    World(cloud).user(name, boundary=allow("s3:*"))
    iam = client(cloud, "iam", "state")
    shown = iam.get_user(UserName=name)["User"]["PermissionsBoundary"]
    assert shown == {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": f"arn:aws:iam::111111111111:policy/{name}-boundary",
    }
    listed = next(user for user in iam.list_users()["Users"] if user["UserName"] == name)
    assert "PermissionsBoundary" not in listed


def test_a_boundary_that_does_not_exist_is_refused(cloud: LocalHome, name: str) -> None:
    missing = "arn:aws:iam::111111111111:policy/missing"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client(cloud, "iam", "state").create_user(UserName=name, PermissionsBoundary=missing)


@pytest.mark.parametrize("what", ["key", "group", "device"])
def test_a_user_who_still_has_something_is_not_deleted(
    cloud: LocalHome, name: str, what: str
) -> None:
    world, iam = World(cloud), client(cloud, "iam", "state")
    world.user(name)
    if what == "key":
        world.key(name)
    elif what == "group":
        iam.create_group(GroupName=name)
        iam.add_user_to_group(GroupName=name, UserName=name)
    else:
        world.mfa_device(name)
    with pytest.raises(ClientError) as refused:
        iam.delete_user(UserName=name)
    assert code_of(refused.value) == "DeleteConflict"


def test_a_user_who_has_nothing_left_is_deleted(cloud: LocalHome, name: str) -> None:
    World(cloud).user(name)
    client(cloud, "iam", "state").delete_user(UserName=name)


def test_a_policy_may_speak_of_all_of_an_account_s_iam(cloud: LocalHome, name: str) -> None:
    statement = allow("sts:AssumeRole", "arn:aws:iam::222222222222:*")
    client(cloud, "iam", "state").create_policy(PolicyName=name, PolicyDocument=document(statement))


def test_aws_s_managed_policies_are_there(cloud: LocalHome) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert client(cloud, "iam", "prod").get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


class TestLabels:
    """A secret's labels move from where they are, and AWSCURRENT is what is read."""

    @pytest.fixture
    def secret(self, cloud: LocalHome, name: str) -> str:
        secrets = client(cloud, "secretsmanager", "state")
        secrets.create_secret(Name=name, SecretString="1", ClientRequestToken=_FIRST)
        secrets.put_secret_value(
            SecretId=name, SecretString="2", ClientRequestToken=_SECOND, VersionStages=["next"]
        )
        return name

    def test_the_current_version_is_the_one_that_was_moved_to(
        self, cloud: LocalHome, secret: str
    ) -> None:
        secrets = client(cloud, "secretsmanager", "state")
        secrets.update_secret_version_stage(
            SecretId=secret,
            VersionStage="AWSCURRENT",
            RemoveFromVersionId=_FIRST,
            MoveToVersionId=_SECOND,
        )
        assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "2"

    def test_a_label_is_not_taken_from_where_nobody_said_it_is(
        self, cloud: LocalHome, secret: str
    ) -> None:
        secrets = client(cloud, "secretsmanager", "state")
        with pytest.raises(ClientError, match="RemoveFromVersionId can't be empty"):
            secrets.update_secret_version_stage(
                SecretId=secret, VersionStage="next", MoveToVersionId=_FIRST
            )

    def test_a_new_label_needs_no_place_before(self, cloud: LocalHome, secret: str) -> None:
        secrets = client(cloud, "secretsmanager", "state")
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="other", MoveToVersionId=_FIRST
        )

    def test_other_data_under_the_same_token_is_refused(
        self, cloud: LocalHome, secret: str
    ) -> None:
        secrets = client(cloud, "secretsmanager", "state")
        with pytest.raises(ClientError, match="ResourceExists"):
            secrets.put_secret_value(SecretId=secret, SecretString="3", ClientRequestToken=_SECOND)
