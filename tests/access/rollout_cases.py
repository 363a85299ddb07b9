"""What a roll-out changes, one thing a case, between a world before and a world after."""

from dataclasses import replace
from typing import Any

from access.world import Account, Credential, Document, Grants, Group, Role, World
from tests.access.small_world import (
    ASSUME,
    PROD,
    STATE,
    N,
    R,
    Statements,
    allow,
    deny,
    doc,
    refuses,
    role,
    trusts,
    user,
    world,
)

Cases = dict[str, tuple[World, World]]

OTHER = f"arn:aws:iam::{STATE}:user/other"
GROUP = f"arn:aws:iam::{STATE}:group/g"
MANAGED = f"arn:aws:iam::{STATE}:policy/p"
ROOT = f"arn:aws:iam::{STATE}:root"
OPEN = trusts(ROOT)
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def having(*statements: dict[str, Any], **rest: Any) -> World:
    """The user, in a group and with a managed policy, before a role that trusts its account."""
    return world(user(N, list(statements) or None), role(R, OPEN), **rest)


def managing(one: World, *statements: dict[str, Any], attached: bool = True) -> World:
    """The world in which the user has a managed policy, or in which that is attached to nobody."""
    holder = one.users[N]
    grants = replace(holder.grants, managed=(MANAGED,) if attached else ())
    policies = {MANAGED: doc(list(statements), f"policy `{MANAGED}`")}
    return replace(one, users={N: replace(holder, grants=grants)}, policies=policies)


def grouped(one: World, *statements: dict[str, Any], member: bool = True) -> World:
    """The world in which the user is in a group with a policy, or in which nobody is."""
    group = Group(GROUP, Grants((doc(list(statements), "policy of the group"),)))
    users = {N: replace(one.users[N], groups=(GROUP,) if member else ())}
    return replace(one, users=users, groups={GROUP: group})


def bounded(one: World, *statements: dict[str, Any], by: str | None = MANAGED) -> World:
    policies = {MANAGED: doc(list(statements), f"policy `{MANAGED}`"), OTHER: doc(deny("*"))}
    return replace(one, users={N: replace(one.users[N], boundary=by)}, policies=policies)


def limited(*statements: dict[str, Any], management: bool = False) -> World:
    scps = ((doc(list(statements), "the SCP"),),) if statements else ()
    return having(ASSUME, accounts={STATE: Account("o-1", scps=scps, management=management)})


def trusting(*statements: dict[str, Any]) -> World:
    return world(user(N, ASSUME), role(R, list(statements)))


NEVER = {**deny("sts:AssumeRole", [R, "arn:aws:iam::999999999999:role/x"]), "Sid": "Never"}
NEVER_OTHERS = {**deny("sts:AssumeRole", "arn:aws:iam::999999999999:role/x"), "Sid": "Never"}


def all_but(resource: str) -> dict[str, Any]:
    return {"Sid": "Never", "Effect": "Deny", "Action": "*", "NotResource": [resource]}


def of_user(operator: str, *principals: str) -> dict[str, Any]:
    return {"Condition": {operator: {"aws:PrincipalArn": list(principals)}}}


NOT_N = {**refuses("*"), "Sid": "NotN"}
S3 = allow("s3:*")

SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:s-abcdef"
KEY = f"arn:aws:kms:eu-west-1:{STATE}:key/k"
GET, DECRYPT = allow("secretsmanager:GetSecretValue"), allow("kms:Decrypt")
GIVES = {**trusts(N, "secretsmanager:GetSecretValue"), "Resource": "*"}
FOR_ANOTHER = {**trusts(OTHER, "kms:*"), "Resource": "*"}
FORBIDS = {**GIVES, "Effect": "Deny", "Principal": "*", "Action": "*"}


def stored(
    policy: dict[str, Any] | None = None,
    *,
    reader: Statements | None = None,
    key: str | None = None,
    key_policy: dict[str, Any] | None = None,
    kept: bool = True,
) -> World:
    """A secret with the key of another user, who may assume the role."""
    given = {SECRET: policy, KEY: key_policy}
    return world(
        user(N, reader),
        user(OTHER, ASSUME),
        role(R, trusts(OTHER)),
        resources={arn: doc(one, f"the policy of `{arn}`") for arn, one in given.items() if one},
        credentials=(Credential(SECRET, OTHER, key),) if kept else (),
    )


def known_as(user_id: str, role_id: str) -> World:
    """The user known by its unique id, whom the role trusts by the id that it had."""
    trusted = role(R, trusts("AIDAIOSFODNN7EXAMPLE"), unique_id=role_id)
    return world(user(N, ASSUME, unique_id=user_id), trusted)


MAKER = f"arn:aws:iam::{PROD}:role/A"


def made(on: str, *others: Role) -> World:
    """A role that makes roles, before or after there is one whom nobody but AWS may use."""
    return world(user(N, ASSUME), role(MAKER, OPEN, allow("iam:CreateRole", on)), *others)


COMES = role(R, trusts({"Service": "lambda.amazonaws.com"}))


REACHED: Cases = {
    "an Allow before only": (having(ASSUME), having(NEVER)),
    "an Allow after only": (having(NEVER), having(ASSUME)),
    "an Allow after, a Deny that goes": (having(S3, NEVER), having(ASSUME)),
    "an Allow that goes, a Deny that comes": (having(ASSUME), having(ASSUME, NEVER)),
    "a Deny that is narrowed": (having(ASSUME, NEVER), having(ASSUME, NEVER_OTHERS)),
    "a Deny that moves to another policy": (
        managing(having(ASSUME, NEVER), S3),
        managing(having(ASSUME), S3, NEVER),
    ),
    "a policy with a Deny that comes": (
        managing(having(ASSUME), NEVER, attached=False),
        managing(having(ASSUME), NEVER),
    ),
    "a policy with an Allow that goes": (
        managing(having(), ASSUME),
        managing(having(), ASSUME, attached=False),
    ),
    "a policy of two versions": (managing(having(), ASSUME), managing(having(), S3)),
    "a group with a Deny that is left": (
        grouped(having(ASSUME), NEVER),
        grouped(having(ASSUME), NEVER, member=False),
    ),
    "a group with an Allow that is left": (
        grouped(having(), ASSUME),
        grouped(having(), ASSUME, member=False),
    ),
    "a Deny of all but this, and of all but something else": (
        having(ASSUME, all_but(R)),
        having(ASSUME, all_but("arn:aws:s3:::b")),
    ),
    "a role that others can make until it comes": (made(R), made(R, COMES)),
    "a role that others can make like any until it comes": (made("*"), made("*", COMES)),
    "a role that goes": (having(ASSUME), world(user(N, ASSUME))),
    "a Deny on other conditions": (
        having(ASSUME, {**NEVER, **of_user("ArnEquals", N)}),
        having(ASSUME, {**NEVER, **of_user("ArnEquals", OTHER)}),
    ),
    "a Deny but for some, and but for others": (
        having(ASSUME, {**NEVER, **of_user("ArnNotEquals", N, ROOT)}),
        having(ASSUME, {**NEVER, **of_user("ArnNotEquals", OTHER, ROOT)}),
    ),
    "a boundary that goes": (bounded(having(ASSUME), S3), bounded(having(ASSUME), by=None)),
    "a boundary that changes": (bounded(having(ASSUME), ASSUME), bounded(having(ASSUME), by=OTHER)),
    "a boundary of two versions": (bounded(having(ASSUME), ASSUME), bounded(having(ASSUME), S3)),
    "a trust that changes": (trusting(OPEN), trusting(NOT_N)),
    "a trust with a Deny that comes": (trusting(OPEN), trusting(OPEN, NOT_N)),
    "an SCP that comes": (limited(), limited(allow("*"), NEVER)),
    "an SCP of two versions": (limited(allow("*")), limited(S3)),
    "an account that becomes the management account": (
        limited(S3),
        limited(S3, management=True),
    ),
    "a secret that holds a key before only": (stored(reader=GET), stored(reader=GET, kept=False)),
    "a secret's policy that comes, with a Deny": (stored(reader=GET), stored(FORBIDS, reader=GET)),
    "a secret's policy that changes": (stored(FORBIDS, reader=GET), stored(GIVES, reader=GET)),
    "a secret's policy that goes": (stored(GIVES), stored()),
    "a key's policy that comes": (
        stored(reader=[GET, DECRYPT], kept=False),
        stored(reader=[GET, DECRYPT], key=KEY, key_policy=FOR_ANOTHER),
    ),
    "a user who is made anew": (
        known_as("AIDAIOSFODNN7EXAMPLE", "AROAIOSFODNN7EXAMPLE"),
        known_as("AIDAIOSFODNN8EXAMPLE", "AROAIOSFODNN7EXAMPLE"),
    ),
    "a user who gets a device": (
        world(user(N, ASSUME, mfa=False), role(R, trusts(ROOT, **MFA))),
        world(user(N, ASSUME, mfa=True), role(R, trusts(ROOT, **MFA))),
    ),
}


SHUT: Cases = {
    "the same Deny, beside what changes": (having(NEVER, ASSUME), having(NEVER, ASSUME, S3)),
    "the same Deny, of another name": (
        having(ASSUME, NEVER),
        having(ASSUME, {**NEVER, "Sid": "Other"}, S3),
    ),
    "a Deny of one account more": (
        having(ASSUME, {**NEVER, "Resource": [R]}),
        having(ASSUME, NEVER),
    ),
    "a Deny of all but something else": (
        having(ASSUME, all_but("arn:aws:s3:::a")),
        having(ASSUME, all_but("arn:aws:s3:::b")),
    ),
    "a Deny by another operator": (
        having(ASSUME, {**NEVER, **of_user("ArnLike", N)}),
        having(ASSUME, {**NEVER, **of_user("StringLike", N)}),
    ),
    "a Deny of one more": (
        having(ASSUME, {**NEVER, **of_user("ArnLike", N)}),
        having(ASSUME, {**NEVER, "Condition": {"ArnLike": {"AWS:principalarn": [OTHER, N]}}}),
    ),
    "a role whom nobody makes while it stays": (made("*", COMES), made(R, COMES)),
    "a boundary that allows it in neither version": (
        bounded(having(ASSUME), S3),
        bounded(having(ASSUME), allow("ec2:*")),
    ),
    "a trust that refuses it in both versions": (
        trusting(OPEN, NOT_N),
        trusting(trusts(ROOT, "sts:*"), NOT_N),
    ),
    "an SCP that denies it in both versions": (
        limited(allow("*"), NEVER),
        limited(allow("*"), NEVER, deny("ec2:*")),
    ),
}


UNKNOWN = Document.missing(f"policy `{MANAGED}`", "it is unknown until the update")


def unknown(one: World) -> World:
    return replace(one, policies={MANAGED: UNKNOWN})


def tagged(value: str, *statements: dict[str, Any]) -> World:
    one = having(*statements)
    return replace(one, users={N: replace(one.users[N], tags=(("env", value),))})


LOOKS_AT_TAGS = allow("s3:*", "*", StringEquals={"aws:PrincipalTag/env": "prod"})


def versioned(version: str, name: str = "") -> World:
    named = {"Sid": name, **allow("s3:*", "arn:aws:s3:::${aws:username}")}
    one = managing(having(), S3)
    whole = Document.of({"Version": version, "Statement": [named]}, name=f"policy `{MANAGED}`")
    return replace(one, policies={MANAGED: whole})


UNDECIDED: Cases = {
    "a policy that is not known after": (managing(having(), S3), unknown(managing(having()))),
    "a policy that is lacking before": (
        replace(managing(having()), policies={}),
        managing(having(), NEVER),
    ),
    "tags that policies look at": (tagged("dev", LOOKS_AT_TAGS), tagged("prod", LOOKS_AT_TAGS)),
    "another organisation": (
        having(accounts={STATE: Account("o-1")}),
        having(accounts={STATE: Account("o-2")}),
    ),
    "a group that is lacking before": (
        replace(grouped(having(), S3), groups={}),
        grouped(having(), S3),
    ),
    "variables, in two versions": (versioned("2008-10-17"), versioned("2012-10-17", "x")),
}
