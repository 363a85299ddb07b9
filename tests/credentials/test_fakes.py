"""The fake is as strict as AWS's documentation says, also where moto is not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.credentials.fakes import FakeAws, Held, Iam, SecretsManager

TOKENS = [f"{number:032d}" for number in range(30)]


@pytest.fixture
def aws() -> FakeAws:
    world = FakeAws()
    world.users["u"] = "arn:aws:iam::111111111111:user/u"
    world.secrets["s"] = Held()
    return world


def refused(code: str, call: Callable[[], Any]) -> None:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code  # type: ignore[typeddict-item] # boto3 sets it


def put(aws: FakeAws, token: str, value: str, *stages: str) -> None:
    SecretsManager(aws).put_secret_value(
        SecretId="s", ClientRequestToken=token, SecretString=value, VersionStages=list(stages)
    )


def test_a_user_has_two_keys_at_most(aws: FakeAws) -> None:
    iam = Iam(aws)
    iam.create_access_key(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="u", AccessKeyId=key, Status="Inactive")
    refused("LimitExceeded", lambda: iam.create_access_key(UserName="u"))


def test_a_user_with_keys_is_not_deleted(aws: FakeAws) -> None:
    iam = Iam(aws)
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    refused("DeleteConflict", lambda: iam.delete_user(UserName="u"))
    iam.delete_access_key(UserName="u", AccessKeyId=key)
    iam.delete_user(UserName="u")
    refused("NoSuchEntity", lambda: iam.get_user(UserName="u"))


def test_a_new_key_is_neither_listed_nor_usable_at_once(aws: FakeAws) -> None:
    aws.list_delay = aws.use_delay = timedelta(seconds=8)
    iam = Iam(aws)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    sts = aws.sts(key["AccessKeyId"], key["SecretAccessKey"])
    assert next(iam.paginate(UserName="u"))["AccessKeyMetadata"] == []
    refused("InvalidClientTokenId", sts.get_caller_identity)
    aws.clock.sleep(8)
    assert len(next(iam.paginate(UserName="u"))["AccessKeyMetadata"]) == 1
    assert sts.get_caller_identity()["Arn"] == aws.users["u"]


@pytest.mark.parametrize("end", ["delete", "deactivate"])
def test_a_deleted_or_inactive_key_does_not_work(aws: FakeAws, end: str) -> None:
    iam = Iam(aws)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    if end == "delete":
        iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])
    else:
        iam.update_access_key(UserName="u", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    sts = aws.sts(key["AccessKeyId"], key["SecretAccessKey"])
    refused("InvalidClientTokenId", sts.get_caller_identity)


def test_a_deleted_key_may_work_on_for_a_while(aws: FakeAws) -> None:
    aws.end_delay = timedelta(seconds=8)
    iam = Iam(aws)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])
    sts = aws.sts(key["AccessKeyId"], key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"] == aws.users["u"]
    aws.clock.sleep(8)
    refused("InvalidClientTokenId", sts.get_caller_identity)


def test_a_role_is_refused_alike_whether_it_is_not_granted_yet_or_not_there(aws: FakeAws) -> None:
    aws.grant_delay = timedelta(seconds=8)
    aws.refused_roles.add("absent")
    key = Iam(aws).create_access_key(UserName="u")["AccessKey"]
    sts = aws.sts(key["AccessKeyId"], key["SecretAccessKey"])

    def assume(role: str, seconds: int = 900) -> None:
        sts.assume_role(RoleArn=role, RoleSessionName="test", DurationSeconds=seconds)

    refused("AccessDenied", lambda: assume("there"))
    aws.clock.sleep(8)
    assume("there")
    refused("AccessDenied", lambda: assume("absent"))
    refused("ValidationError", lambda: assume("there", 899))


def test_last_use_is_absent_until_the_key_is_used(aws: FakeAws) -> None:
    iam = Iam(aws)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert used == {"ServiceName": "N/A"}
    aws.sts(key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert used == {"LastUsedDate": aws.clock.now - timedelta(seconds=0.05), "ServiceName": "sts"}


def test_a_token_takes_the_same_data_again_and_refuses_other(aws: FakeAws) -> None:
    put(aws, TOKENS[0], "one", "AWSPENDING")
    put(aws, TOKENS[1], "two", "AWSPENDING")
    put(aws, TOKENS[0], "one", "AWSPENDING")
    assert aws.secrets["s"].labels["AWSPENDING"] == TOKENS[1]
    refused("ResourceExistsException", lambda: put(aws, TOKENS[0], "other", "AWSPENDING"))
    refused("InvalidParameterException", lambda: put(aws, "short", "one", "AWSPENDING"))


def test_the_first_version_becomes_current_whatever_its_labels(aws: FakeAws) -> None:
    put(aws, TOKENS[0], "one", "mine")
    assert aws.secrets["s"].labels == {"mine": TOKENS[0], "AWSCURRENT": TOKENS[0]}


def test_moving_current_moves_previous(aws: FakeAws) -> None:
    put(aws, TOKENS[0], "one", "AWSCURRENT")
    put(aws, TOKENS[1], "two", "AWSCURRENT")
    assert aws.secrets["s"].labels == {"AWSCURRENT": TOKENS[1], "AWSPREVIOUS": TOKENS[0]}


def test_a_label_moves_only_from_where_it_is_said_to_be(aws: FakeAws) -> None:
    for number in range(3):
        put(aws, TOKENS[number], str(number), f"label-{number}")
    manager = SecretsManager(aws)
    move = manager.update_secret_version_stage
    refused(
        "InvalidParameterException",
        lambda: move(SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=TOKENS[1]),
    )
    refused(
        "InvalidParameterException",
        lambda: move(
            SecretId="s",
            VersionStage="AWSCURRENT",
            RemoveFromVersionId=TOKENS[2],
            MoveToVersionId=TOKENS[1],
        ),
    )
    refused(
        "InvalidParameterException",
        lambda: move(SecretId="s", VersionStage="AWSCURRENT", RemoveFromVersionId=TOKENS[0]),
    )
    move(
        SecretId="s",
        VersionStage="AWSCURRENT",
        RemoveFromVersionId=TOKENS[0],
        MoveToVersionId=TOKENS[1],
    )
    assert aws.secrets["s"].labels["AWSPREVIOUS"] == TOKENS[0]


def test_a_secret_has_twenty_labels_at_most(aws: FakeAws) -> None:
    for number in range(19):
        put(aws, TOKENS[number], "x", f"label-{number}")
    refused("LimitExceededException", lambda: put(aws, TOKENS[20], "x", "one-too-many"))


def test_versions_without_a_label_are_listed_only_when_asked_for(aws: FakeAws) -> None:
    for number in range(3):
        put(aws, TOKENS[number], str(number), "AWSCURRENT")
    manager = SecretsManager(aws)

    def listed(*, deprecated: bool) -> list[str]:
        found: list[str] = []
        token = ""
        while True:
            page = manager.list_secret_version_ids(
                SecretId="s", IncludeDeprecated=deprecated, NextToken=token
            )
            found += [version["VersionId"] for version in page["Versions"]]
            if not (token := page.get("NextToken", "")):
                return found

    assert listed(deprecated=False) == TOKENS[1:3]
    assert listed(deprecated=True) == TOKENS[:3]


def test_a_secret_scheduled_for_deletion_can_be_described_and_restored_only(aws: FakeAws) -> None:
    put(aws, TOKENS[0], "one", "AWSCURRENT")
    manager = SecretsManager(aws)
    refused(
        "InvalidParameterException",
        lambda: manager.delete_secret(SecretId="s", RecoveryWindowInDays=6),
    )
    manager.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    assert "DeletedDate" in manager.describe_secret(SecretId="s")
    refused("InvalidRequestException", lambda: manager.get_secret_value(SecretId="s"))
    refused("InvalidRequestException", lambda: put(aws, TOKENS[1], "two", "AWSCURRENT"))
    manager.restore_secret(SecretId="s")
    assert manager.get_secret_value(SecretId="s")["SecretString"] == "one"
