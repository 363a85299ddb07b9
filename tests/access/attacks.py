"""Worlds of attackers, as AWS exports them: `n` of one account after a role `R` of another."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from access.export import Source, world
from access.prove import Answer
from access.rule import Rule
from access.verified import verified
from access.world import World
from tests.access import exports
from tests.access.small_world import ASSUME, PROD, STATE, N, R, allow

ROOT, OWNER = (f"arn:aws:iam::{account}:root" for account in (STATE, PROD))
U = f"arn:aws:iam::{STATE}:user/u"
R0, R1, SERVED = (f"arn:aws:iam::{STATE}:role/{name}" for name in ("r0", "path/r1", "served"))
BOUND = f"arn:aws:iam::{STATE}:policy/Bound"
WEB, SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
Json = dict[str, Any]


def admit(
    who: str | list[str] | Json, action: str | list[str] = "sts:AssumeRole", **conditions: Any
) -> Json:
    named = {"AWS": who} if isinstance(who, str | list) and who != "*" else who
    return {"Effect": "Allow", "Principal": named, "Action": action, "Condition": conditions}


def refuse(who: str | list[str] | Json = "*", **conditions: Any) -> Json:
    return {**admit(who, **conditions), "Effect": "Deny"}


def about(who: Any, action: str = "*", effect: str = "Allow", **conditions: Any) -> Json:
    return {**admit(who, action, **conditions), "Effect": effect, "Resource": "*"}


def policy(statements: Any, version: str = "2012-10-17") -> Json:
    return {"Version": version, "Statement": statements}


def _bounded(boundary: str | None) -> Json:
    return {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}


def user(
    *statements: Json,
    arn: str = N,
    boundary: str | None = None,
    tags: Json | None = None,
    version: str = "2012-10-17",
    groups: tuple[str, ...] = (),
) -> Json:
    name = arn.partition(":user/")[2]
    listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    made = exports.user(name, account=arn.split(":")[4], Tags=listed, **_bounded(boundary))
    own = exports.inline(policy(list(statements), version)) if statements else []
    return {**made, "Arn": arn, "UserPolicyList": own, "GroupList": list(groups)}


def role(
    arn: str,
    trust: Any,
    *statements: Json,
    boundary: str | None = None,
    tags: Json | None = None,
) -> Json:
    listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    own = exports.inline(policy(list(statements))) if statements else []
    return {
        **exports.role(arn.rpartition("/")[2], account=arn.split(":")[4], **_bounded(boundary)),
        "Arn": arn,
        "AssumeRolePolicyDocument": policy(trust),
        "RolePolicyList": own,
        "Tags": listed,
    }


def group(name: str, *statements: Json) -> Json:
    return exports.group(name, GroupPolicyList=exports.inline(policy(list(statements))))


def managed(*statements: Json, arn: str = BOUND) -> Json:
    return exports.managed(arn, policy(list(statements)))


def limits(kind: str, *denies: Json, account: str, **more: Any) -> Json:
    """Return SCPs or RCPs: full access, and on one account these Denies."""
    full = allow("*") if kind == "scps" else about("*")
    return {
        kind: {
            "organization": "o-example",
            "policies": {"Full": policy(full), "Denies": policy(list(denies))},
            "accounts": {
                one: [["Full"], ["Full", *(["Denies"] if one == account else [])]]
                for one in (STATE, PROD)
            },
            **more,
        }
    }


def stored(secret: str, **policies: Json) -> Json:
    """Return that something stored holds the credential of `R`, and policies of resources."""
    return {
        "credentials": {"credentials": [{"secret": secret, "principal": R}]},
        **({"resource_policies": policies} if policies else {}),
    }


@dataclass(frozen=True, slots=True)
class Attack:
    """One way in, and the nearest world in which it is none.

    Attributes:
        page: where AWS, or who published it, says so.
        opened, shut: the principals and policies of either world.
        given: what else is known of the opened world, as options of `prove`.
        shut_given: of the other, if it is not the same.
        shut_as: what is said of the shut world: that it is proved, if nothing is in doubt.
    """

    id: str
    page: str
    opened: list[Json]
    shut: list[Json]
    given: Json = field(default_factory=dict[str, Any])
    shut_given: Json | None = None
    goal: str = R
    shut_as: Answer = Answer.PROVED


def pair(id_: str, page: str, worlds: Iterable[list[Json]], goal: str = R) -> Attack:
    """Return a case of two worlds: the opened one, and the shut one."""
    opened, shut = worlds
    return Attack(id_, page, opened, shut, goal=goal)


def trust(id_: str, page: str, opened: list[Json] | Json, shut: list[Json] | Json) -> Attack:
    """Return a case of two trust policies of `R`, where `n` may assume whatever role."""
    return Attack(id_, page, [user(ASSUME), role(R, opened)], [user(ASSUME), role(R, shut)])


def on(operator: str, key: str, *values: str) -> Json:
    return {operator: {key: list(values)}}


def _list_of(one: Json) -> str:
    sorts = {
        "UserId": "UserDetailList",
        "RoleId": "RoleDetailList",
        "GroupId": "GroupDetailList",
    }
    return next((name for key, name in sorts.items() if key in one), "Policies")


def read(items: list[Json], given: Json) -> World:
    """Return the world of exports with these principals and policies."""
    accounts: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
    for one in items:
        accounts[one["Arn"].split(":")[4]][_list_of(one)].append(one)
    details = [Source(f"{id_}.json", json.dumps(lists)) for id_, lists in accounts.items()]
    return world(
        details,
        **{name: [Source(f"{name}.json", json.dumps(value))] for name, value in given.items()},
    )


def answer(items: list[Json], given: Json, goal: str = R, start: str = N) -> Answer:
    """Return what is proved, checked besides, of whether `start` never reaches the goal."""
    return verified(read(items, given), [Rule.of((start,), (goal,))]).answer
