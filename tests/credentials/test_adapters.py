"""The boto3 adapters against moto, their errors, and what they keep out of logs and tracebacks."""

import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from moto import mock_aws

from credentials import aws as adapters
from credentials.aws import Aws
from credentials.calls import call
from credentials.ensure import ensure, inspect, remove
from credentials.errors import (
    NotYetUsableError,
    ServiceError,
    StoreNotFoundError,
    UserNotFoundError,
    VerificationError,
    WrongAccountError,
)
from credentials.owner import is_gone, this_process
from credentials.ports import Ports
from credentials.secret import Secret
from credentials.store import Lease, StoredKey
from iam_profiles.names import AccountId, Arn, UserName
from tests.credentials.fakes import refuse
from tests.credentials.test_faults import shown

ACCOUNT = AccountId("123456789012")
USER = UserName("payments-nonprod")
SECRET = "iam-profiles/nonprod/payments-nonprod"
STORE = {"kind": "aws-secrets-manager", "name": SECRET}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with mock_aws():
        client("iam").create_user(UserName=USER, Path="/PlatformServiceUsers/nonprod/")
        client("secretsmanager").create_secret(Name=SECRET)
        yield


def client(service: str) -> Any:
    return cast("Any", boto3).client(service, region_name="eu-west-1")


def ports(aws: Aws) -> Ports:
    return Ports(
        keys=aws.keys(USER),
        store=aws.store(STORE),
        verify=aws.verify,
        clock=lambda: datetime.now(UTC),
        sleep=lambda _: None,
        owner=this_process(),
        is_gone=is_gone,
    )


@pytest.fixture
def aws() -> Aws:
    return Aws(ACCOUNT, "eu-west-1")


def stored() -> dict[str, Any]:
    value = client("secretsmanager").get_secret_value(SecretId=SECRET, VersionStage="AWSCURRENT")
    key = StoredKey.from_json(Secret(value["SecretString"]))
    return (
        {} if key is None else {"id": key.access_key_id, "secret": key.secret_access_key.reveal()}
    )


def test_a_key_is_ensured_inspected_and_removed(aws: Aws) -> None:
    made = ensure(ports(aws))
    listed = client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in listed] == [made.access_key_id] == [stored()["id"]]
    assert ensure(ports(aws)) == inspect(ports(aws)) == made
    remove(ports(aws))
    assert client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"] == []
    assert stored() == {}
    assert inspect(ports(aws)) is None


def test_a_session_of_another_account_is_refused() -> None:
    Aws(ACCOUNT, "eu-west-1").check_account()
    with pytest.raises(WrongAccountError, match="of account `123456789012`, not of `999999999999`"):
        Aws(AccountId("999999999999"), "eu-west-1").check_account()


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(ServiceError, match="`ProfileNotFound`: profile `nobody`"):
        Aws(ACCOUNT, "eu-west-1", "nobody").check_account()


def test_absence_is_told_from_every_other_answer(aws: Aws) -> None:
    with pytest.raises(UserNotFoundError):
        aws.keys(UserName("nobody")).list()
    with pytest.raises(UserNotFoundError):
        aws.keys(UserName("nobody")).user_arn()
    with pytest.raises(StoreNotFoundError):
        aws.store({**STORE, "name": "nothing"}).read()
    keys = aws.keys(USER)
    keys.delete(cast("Any", "AKIAGONE000000000000"))
    keys.deactivate(cast("Any", "AKIAGONE000000000000"))


def test_of_two_runs_that_write_one_lease_the_second_is_refused(aws: Aws) -> None:
    store = aws.store(STORE)
    store.prepare()
    lease = Lease(this_process(), datetime.now(UTC))
    assert store.write_lease(1, lease)
    assert store.write_lease(1, lease), "the same again is the same"
    assert not store.write_lease(1, replace(lease, owner=this_process()))
    assert store.lease(1) == lease
    assert store.read().generation == 1


def test_minting_is_never_repeated_by_the_client(aws: Aws) -> None:
    sent: list[str] = []

    def cut_off(**_: object) -> None:
        sent.append("CreateAccessKey")
        raise ReadTimeoutError(endpoint_url="https://iam")

    keys = aws.keys(USER)
    minting: Any = vars(keys)["_minting"]
    minting.meta.events.register("before-send.iam.CreateAccessKey", cut_off)
    with pytest.raises(ServiceError) as caught:
        keys.create()
    assert caught.value.in_doubt
    assert sent == ["CreateAccessKey"]


def test_a_key_of_somebody_else_or_of_nobody_is_not_verified(aws: Aws) -> None:
    made = ensure(ports(aws))
    store = aws.store(STORE)
    current = store.read().current
    assert current is not None
    key = store.fetch(current)
    aws.verify(key)
    aws.verify(key, Arn("arn:aws:iam::123456789012:role/PlatformRoles/PlatformVPCRole"))
    with pytest.raises(VerificationError, match=f"`{made.access_key_id}` could not be verified"):
        aws.verify(replace(key, user_arn=Arn("arn:aws:iam::123456789012:user/other")))


def answering(fail: Callable[[], None]) -> Callable[..., None]:
    def put_secret_value(**_: object) -> None:
        fail()

    return put_secret_value


@pytest.mark.parametrize(
    ("fail", "in_doubt"),
    [
        (lambda: refuse("PutSecretValue", "InternalServiceError", "", 500), True),
        (lambda: refuse("PutSecretValue", "LimitExceededException"), False),
        (lambda: refuse("PutSecretValue", "ThrottlingException"), False),
        (lambda: refuse("PutSecretValue", "ExpiredTokenException"), False),
        (lambda: raising(ReadTimeoutError(endpoint_url="https://s")), True),
        (lambda: raising(ConnectTimeoutError(endpoint_url="https://s")), False),
        (lambda: raising(EndpointConnectionError(endpoint_url="https://s")), False),
        (lambda: raising(NoCredentialsError()), False),
    ],
)
def test_only_an_answer_that_is_missing_leaves_doubt(
    fail: Callable[[], None], *, in_doubt: bool
) -> None:
    with pytest.raises(ServiceError) as caught:
        call(answering(fail))
    assert caught.value.in_doubt is in_doubt
    assert caught.value.remedy


def raising(error: Exception) -> None:
    raise error


def test_an_error_that_quotes_what_was_sent_is_not_passed_on() -> None:
    canary = "canary/secret"

    def put_secret_value(*, SecretString: str) -> None:  # noqa: N803 - AWS's name
        refuse("PutSecretValue", "ValidationException", f"Value '{SecretString}' at 'secretString'")

    with pytest.raises(ServiceError) as caught:
        call(put_secret_value, SecretString=canary)
    assert caught.value.__context__ is None
    frames = list(traceback.walk_tb(caught.value.__traceback__))
    assert [frame.f_locals.get("kwargs") for frame, _ in frames[1:]] == [{}]
    caught.value.__traceback__ = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    assert canary not in "".join(shown(caught.value))


def test_the_permission_that_is_missing_is_said() -> None:
    def deny() -> None:
        refuse("CreateAccessKey", "AccessDenied", "not authorized to perform: iam:CreateAccessKey")

    with pytest.raises(ServiceError, match="not authorized to perform: iam:CreateAccessKey"):
        call(answering(deny))


def test_logs_show_no_secret_whatever_the_root_level_is(
    aws: Aws, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ensure(ports(aws))
    assert stored()["secret"] not in caplog.text


def test_without_that_the_logs_would_show_it(
    aws: Aws, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters, "silence_wire_logs", lambda: None)
    level = logging.getLogger("botocore").level
    logging.getLogger("botocore").setLevel(logging.NOTSET)
    try:
        with caplog.at_level(logging.DEBUG):
            ensure(ports(aws))
    finally:
        logging.getLogger("botocore").setLevel(level)
    assert stored()["secret"] in caplog.text


def test_a_process_that_lives_is_not_gone_and_one_with_its_number_only_is() -> None:
    me = this_process()
    assert not is_gone(me)
    assert is_gone(replace(me, started=me.started - 60))
    assert is_gone(replace(me, pid=2**22 + 1))
    assert not is_gone(replace(me, machine="elsewhere", started=0))
    assert this_process().run != me.run


def test_the_key_that_aws_does_not_know_yet_is_worth_waiting_for() -> None:
    class Sts:
        def get_caller_identity(self) -> None:
            refuse("GetCallerIdentity", "InvalidClientTokenId", "", 403)

    key = StoredKey(cast("Any", "AKIA"), Secret("s"), Arn("arn"), datetime.now(UTC))
    with pytest.raises(NotYetUsableError, match="`InvalidClientTokenId` to the key `AKIA`"):
        adapters.identify(cast("Any", Sts()), key)


@pytest.mark.parametrize(("named", "known"), [("arn", True), ("arn-of-another", False)])
def test_a_refusal_that_names_the_user_shows_that_the_key_works(named: str, *, known: bool) -> None:
    class Sts:
        def get_caller_identity(self) -> None:
            said = f"User: {named} is not authorized to perform: sts:GetCallerIdentity"
            refuse("GetCallerIdentity", "AccessDeniedException", said, 403)

    key = StoredKey(cast("Any", "AKIA"), Secret("s"), Arn("arn"), datetime.now(UTC))
    if known:
        adapters.identify(cast("Any", Sts()), key)
    else:
        with pytest.raises(ServiceError, match="arn-of-another"):
            adapters.identify(cast("Any", Sts()), key)


def test_the_fake_refuses_as_boto3_does() -> None:
    with pytest.raises(ClientError, match=r"\(X\) when calling the Y operation"):
        refuse("Y", "X")
