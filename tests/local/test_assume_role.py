"""AssumeRole in the local cloud is decided by the policies that are deployed, as AWS decides it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engine import ACCOUNTS, client
from tests.local.world import (
    ASSUME,
    STATE,
    Statement,
    World,
    allow,
    deny,
    document,
    only,
    root,
    trust,
)

_USER = "arn:aws:iam::111111111111:user/t/{name}"
"""The ARN of the user of a case, before its name is known."""


@dataclass(frozen=True)
class Case:
    """A user, a role in nonprod, a call, and whether it is let through."""

    sentence: str
    trusted: list[Statement]
    allowed: bool
    identity: list[Statement] = field(default_factory=lambda: [allow(ASSUME)])
    boundary: Statement | None = None
    call: dict[str, Any] = field(default_factory=dict[str, Any])


_BY_ARN = trust(root("state"), **only("aws:PrincipalArn", _USER, "ArnEquals"))
_TRUSTED = trust(root("state"))

CASES = [
    Case("both sides allow", [_TRUSTED], allowed=True),
    Case("trust names the user's very ARN as principal", [trust(_USER)], allowed=True),
    Case("trust admits the user's ARN by condition", [_BY_ARN], allowed=True),
    Case("trust admits another account only", [trust(root("prod"))], allowed=False),
    Case(
        "trust admits another user's ARN only",
        [trust(root("state"), **only("aws:PrincipalArn", f"{_USER}x", "ArnEquals"))],
        allowed=False,
    ),
    Case(
        "trust admits another path only",
        [trust(root("state"), **only("aws:PrincipalArn", _USER.replace("/t/", "/p/"), "ArnLike"))],
        allowed=False,
    ),
    Case("trust allows tagging only", [trust(root("state"), "sts:TagSession")], allowed=False),
    Case("identity has no policy", [_TRUSTED], identity=[], allowed=False),
    Case(
        "identity is allowed another role only",
        [_TRUSTED],
        identity=[allow(ASSUME, "arn:aws:iam::333333333333:role/t/other")],
        allowed=False,
    ),
    Case(
        "identity is denied what it is allowed",
        [_TRUSTED],
        identity=[allow(ASSUME), deny(ASSUME, "arn:aws:iam::333333333333:*")],
        allowed=False,
    ),
    Case(
        "trust denies the user's path",
        [
            _TRUSTED,
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:*",
                **only("aws:PrincipalArn", "arn:aws:iam::111111111111:user/t/*", "ArnLike"),
            },
        ],
        allowed=False,
    ),
    Case("boundary allows it", [_TRUSTED], boundary=allow(ASSUME), allowed=True),
    Case("boundary allows nothing of it", [_TRUSTED], boundary=allow("s3:*"), allowed=False),
    Case("boundary denies it", [_TRUSTED], boundary=deny(ASSUME), allowed=False),
    Case(
        "external id is the one asked for",
        [trust(root("state"), **only("sts:ExternalId", "secret-handshake"))],
        call={"ExternalId": "secret-handshake"},
        allowed=True,
    ),
    Case(
        "external id is another",
        [trust(root("state"), **only("sts:ExternalId", "secret-handshake"))],
        call={"ExternalId": "hello"},
        allowed=False,
    ),
    Case(
        "external id is not given",
        [trust(root("state"), **only("sts:ExternalId", "secret-handshake"))],
        allowed=False,
    ),
    Case(
        "session's name is the user's",
        [trust(root("state"), **only("sts:RoleSessionName", "${aws:username}"))],
        call={"RoleSessionName": "somebody-else"},
        allowed=False,
    ),
    Case(
        "grant has expired",
        [
            trust(
                root("state"),
                **only("aws:CurrentTime", "2020-01-01T00:00:00Z", "DateLessThan"),
            )
        ],
        allowed=False,
    ),
    Case(
        "grant has not expired yet",
        [
            trust(
                root("state"),
                **only("aws:CurrentTime", "2999-01-01T00:00:00Z", "DateLessThan"),
            )
        ],
        allowed=True,
    ),
    Case(
        "session is tagged, and tagging is not allowed by the trust",
        [_TRUSTED],
        identity=[allow("sts:*")],
        call={"Tags": [{"Key": "team", "Value": "x"}]},
        allowed=False,
    ),
    Case(
        "session is tagged, and both sides allow tagging",
        [trust(root("state"), [ASSUME, "sts:TagSession"])],
        identity=[allow("sts:*")],
        call={"Tags": [{"Key": "team", "Value": "x"}]},
        allowed=True,
    ),
    Case(
        "session is tagged otherwise than the trust says",
        [
            trust(
                root("state"),
                [ASSUME, "sts:TagSession"],
                **only("aws:RequestTag/team", "y"),
            )
        ],
        identity=[allow("sts:*")],
        call={"Tags": [{"Key": "team", "Value": "x"}]},
        allowed=False,
    ),
    Case(
        "source identity is set, and that is not allowed",
        [_TRUSTED],
        identity=[allow("sts:*")],
        call={"SourceIdentity": "somebody"},
        allowed=False,
    ),
    Case(
        "source identity is set, and both sides allow it",
        [trust(root("state"), [ASSUME, "sts:SetSourceIdentity"])],
        identity=[allow("sts:*")],
        call={"SourceIdentity": "somebody"},
        allowed=True,
    ),
    Case(
        "MFA is asked for and was not used",
        [trust(root("state"), **only("aws:MultiFactorAuthPresent", "true", "Bool"))],
        allowed=False,
    ),
]


def _with_name(statement: Statement, name: str) -> Statement:
    return json.loads(json.dumps(statement).replace("{name}", name))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_a_role_is_assumed_only_where_every_policy_agrees(
    world: World, name: str, case: Case
) -> None:
    world.user(name, *case.identity, boundary=case.boundary)
    role = world.role("nonprod", name, *(_with_name(one, name) for one in case.trusted))
    key = world.key(name)
    assert world.refusal(key, role, **case.call) == (None if case.allowed else "AccessDenied")


def test_a_group_s_policy_counts_for_its_membersonly(world: World, name: str) -> None:
    iam = client(world.home, "iam", "state")
    world.user(name)
    role = world.role("nonprod", name, _TRUSTED)
    key = world.key(name)
    policy = iam.create_policy(PolicyName=name, PolicyDocument=document(allow(ASSUME)))
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=policy["Policy"]["Arn"])
    assert world.refusal(key, role) == "AccessDenied"
    iam.add_user_to_group(GroupName=name, UserName=name)
    assert world.refusal(key, role) is None
    iam.remove_user_from_group(GroupName=name, UserName=name)
    assert world.refusal(key, role) == "AccessDenied"


def test_a_policy_s_default_version_is_the_one_that_counts(world: World, name: str) -> None:
    iam = client(world.home, "iam", "state")
    world.user(name)
    role = world.role("nonprod", name, _TRUSTED)
    key = world.key(name)
    policy = iam.create_policy(PolicyName=name, PolicyDocument=document(allow(ASSUME)))
    arn = policy["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    assert world.refusal(key, role) is None
    iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(deny(ASSUME)), SetAsDefault=True
    )
    assert world.refusal(key, role) == "AccessDenied"


def test_a_boundary_that_is_put_later_and_taken_away_counts(world: World, name: str) -> None:
    iam = client(world.home, "iam", "state")
    world.user(name, allow(ASSUME))
    role = world.role("nonprod", name, _TRUSTED)
    key = world.key(name)
    narrow = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("s3:*")))
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=narrow["Policy"]["Arn"])
    assert world.refusal(key, role) == "AccessDenied"
    iam.delete_user_permissions_boundary(UserName=name)
    assert world.refusal(key, role) is None
    assert "PermissionsBoundary" not in iam.get_user(UserName=name)["User"]


def test_an_unknown_role_is_refused_in_the_words_for_a_known_one(world: World, name: str) -> None:
    user = world.user(name, allow(ASSUME))
    role = f"arn:aws:iam::{ACCOUNTS['nonprod']}:role/t/nobody-made-this"
    with pytest.raises(ClientError) as refused:
        world.assume(world.key(name), role)
    assert refused.value.response.get("Error") == {
        "Type": "Sender",
        "Code": "AccessDenied",
        "Message": f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}",
    }


def test_a_role_is_found_by_its_whole_arn(world: World, name: str) -> None:
    world.user(name, allow(ASSUME))
    world.role("nonprod", name, _TRUSTED)
    without_path = f"arn:aws:iam::{ACCOUNTS['nonprod']}:role/{name}"
    assert world.refusal(world.key(name), without_path) == "AccessDenied"


def test_a_role_of_an_account_that_is_not_there_is_refused(world: World, name: str) -> None:
    world.user(name, allow(ASSUME))
    elsewhere = "arn:aws:iam::555555555555:role/OrganizationAccountAccessRole"
    assert world.refusal(world.key(name), elsewhere) == "AccessDenied"


def test_the_administrator_of_one_account_cannot_become_that_of_another(world: World) -> None:
    sts = client(world.home, "sts", "state")
    role = f"arn:aws:iam::{ACCOUNTS['prod']}:role/OrganizationAccountAccessRole"
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="test")


def test_a_session_lasts_no_longer_than_the_role_allows(world: World, name: str) -> None:
    world.user(name, allow(ASSUME))
    role = world.role("nonprod", name, _TRUSTED, MaxSessionDuration=7200)
    key = world.key(name)
    assert world.refusal(key, role, DurationSeconds=7201) == "ValidationError"
    assert world.refusal(key, role, DurationSeconds=7200) is None


def test_in_its_own_account_a_user_named_by_the_trust_needs_no_policy(
    world: World, name: str
) -> None:
    user = world.user(name)
    named = world.role("state", name, trust(user))
    through_account = world.role("state", f"{name}-b", _TRUSTED)
    key = world.key(name)
    assert world.refusal(key, named) is None
    assert world.refusal(key, through_account) == "AccessDenied"


@pytest.mark.parametrize(
    "call", ["get_session_token", "get_federation_token", "assume_role_with_web_identity"]
)
def test_other_ways_to_a_session_are_not_offered(world: World, name: str, call: str) -> None:
    world.user(name, allow("sts:*"))
    sts = client(world.home, "sts", key=world.key(name))
    arguments = {
        "get_session_token": {},
        "get_federation_token": {"Name": "somebody"},
        "assume_role_with_web_identity": {
            "RoleArn": f"arn:aws:iam::{STATE}:role/OrganizationAccountAccessRole",
            "RoleSessionName": "test",
            "WebIdentityToken": "token",
        },
    }
    with pytest.raises(ClientError):
        getattr(sts, call)(**arguments[call])
