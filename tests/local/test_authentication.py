"""Every request to the local cloud is authenticated, and what is not AssumeRole authorized too."""

import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from local.answers import AwsError
from local.callers import Callers
from local.cloud import running
from local.emulator import Emulator
from local.home import LocalHome
from local.sessions import Session, SessionKey
from tests.engine import ACCOUNTS, client
from tests.local.test_signature import signed
from tests.local.world import World, allow, root, trust


def test_a_key_is_its_user_s(world: World, name: str) -> None:
    arn = world.user(name)
    identity = client(world.home, "sts", key=world.key(name)).get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (arn, ACCOUNTS["state"])


def test_a_session_s_key_is_the_session_s(world: World, name: str) -> None:
    world.user(name, allow("sts:AssumeRole"))
    role = world.role("prod", name, trust(root("state")))
    session = world.assume(world.key(name), role, RoleSessionName="build-7")
    identity = client(world.home, "sts", key=session).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNTS['prod']}:assumed-role/{name}/build-7"
    assert identity["UserId"].startswith("AROA")
    assert identity["UserId"].endswith(":build-7")


def test_a_wrong_secret_is_refused_by_every_service(world: World, name: str) -> None:
    world.user(name, allow("*"))
    key = {**world.key(name), "SecretAccessKey": "not-the-secret"}
    assert world.error(key, "sts", "get_caller_identity") == "SignatureDoesNotMatch"
    assert world.error(key, "iam", "list_users") == "SignatureDoesNotMatch"
    assert world.error(key, "secretsmanager", "list_secrets") == "InvalidSignatureException"


def test_a_key_that_nobody_has_is_refused(world: World) -> None:
    key = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x" * 40}
    assert world.error(key, "sts", "get_caller_identity") == "InvalidClientTokenId"
    assert world.error(key, "secretsmanager", "list_secrets") == ("UnrecognizedClientException")


def test_a_deleted_key_is_refused(world: World, name: str) -> None:
    world.user(name, allow("sts:AssumeRole"))
    role = world.role("nonprod", name, trust(root("state")))
    key = world.key(name)
    assert world.refusal(key, role) is None
    client(world.home, "iam", "state").delete_access_key(
        UserName=name, AccessKeyId=key["AccessKeyId"]
    )
    assert world.refusal(key, role) == "InvalidClientTokenId"


def test_an_inactive_key_is_refused_until_it_is_active_again(world: World, name: str) -> None:
    world.user(name)
    key = world.key(name)
    iam = client(world.home, "iam", "state")
    for status, code in (("Inactive", "InvalidClientTokenId"), ("Active", None)):
        iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status=status)
        assert world.error(key, "sts", "get_caller_identity") == code


def test_a_session_s_key_is_worth_nothing_without_its_token(world: World, name: str) -> None:
    world.user(name, allow("sts:AssumeRole"))
    role = world.role("nonprod", name, trust(root("state")))
    session = world.assume(world.key(name), role)
    bare = {key: value for key, value in session.items() if key != "SessionToken"}
    wrong = {**session, "SessionToken": "another"}
    for key in (bare, wrong):
        assert world.error(key, "sts", "get_caller_identity") == "SignatureDoesNotMatch"


def test_an_unsigned_request_is_refused_even_by_moto_s_own_interface(cloud: LocalHome) -> None:
    for path in ("/", "/moto-api/reset", "/moto-api/data.json"):
        request = urllib.request.Request(  # noqa: S310 - loopback
            running(cloud).endpoint + path, method="POST", data=b"Action=ListUsers"
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)  # noqa: S310 - loopback
        assert refused.value.code == 403
        assert b"MissingAuthenticationToken" in refused.value.read()
        refused.value.close()


def test_another_service_than_the_three_is_refused(cloud: LocalHome) -> None:
    with pytest.raises(ClientError, match="does not offer sqs"):
        client(cloud, "sqs", "state").list_queues()


def test_an_identity_may_not_choose_its_account_by_a_header(world: World, name: str) -> None:
    world.user(name, allow("iam:ListUsers"))
    iam = client(world.home, "iam", key=world.key(name))

    def choose(request: AWSRequest, **_: object) -> None:
        request.headers["x-moto-account-id"] = ACCOUNTS["prod"]

    iam.meta.events.register("before-sign.iam.ListUsers", choose)
    assert name in {user["UserName"] for user in iam.list_users()["Users"]}


def test_it_listens_on_loopback_only(cloud: LocalHome) -> None:
    found = [
        connection.laddr
        for connection in psutil.Process(running(cloud).pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert found == [("127.0.0.1", running(cloud).port)]
    outside = socket.gethostbyname(socket.gethostname())
    if not outside.startswith("127."):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((outside, running(cloud).port), timeout=5)


def test_a_session_that_has_expired_is_refused() -> None:
    """In this process: a session of the cloud lasts a quarter of an hour at least."""
    now = datetime.now(UTC)
    account = ACCOUNTS["state"]
    key = SessionKey.new()
    callers = Callers(Emulator([account]), (account,))
    for lasts, refused in ((timedelta(seconds=-1), True), (timedelta(seconds=60), False)):
        arn = f"arn:aws:iam::{account}:role/x"
        callers.remember(Session(account, arn, "AROAX", "test", now, now + lasts, key))
        request = signed(now, (key.id, key.secret), key.token)
        if refused:
            with pytest.raises(AwsError, match="ExpiredToken"):
                callers.authenticate(request)
        else:
            assert callers.authenticate(request).arn.endswith(":assumed-role/x/test")
