"""One-line changes to the example's rendered documents: those that open a path, those that do not.

Each is a function from the organisation's world to the changed one, by a sentence that says what it
does. `OPENING` must be refuted each, `HARMLESS` must still be proved each.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from access.world import Document, World
from tests.access.example_world import (
    NONPROD,
    PROD,
    SANDBOX,
    STATE,
    Statement,
    policy,
    role,
    with_policy,
    with_trust,
)

Mutant = Callable[[World], World]
Change = Callable[[list[Statement]], None]

ROLES = ("AuditRole", "ControlPlaneBaseRole", "IamProfilesRole", "PlatformVPCRole")
STARTING = f"arn:aws:iam::{STATE}:user/PlatformServiceUsers/nonprod"
BOUNDARIES = {name: policy(f"boundaries/boundary-{name}") for name in ("nonprod", "prod", "people")}


def allow(principal: Any, **condition: dict[str, Any]) -> Statement:
    """Return a trust statement that is added to what is there."""
    return {
        "Sid": "Added",
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": condition,
    }


def permit(*actions: str, on: str = "*", **condition: dict[str, Any]) -> Statement:
    return {
        "Sid": "Added",
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": on,
        "Condition": condition,
    }


def added(statement: Statement) -> Change:
    return lambda statements: statements.append(statement)


def removed(sid: str) -> Change:
    def change(statements: list[Statement]) -> None:
        before = len(statements)
        statements[:] = [one for one in statements if one["Sid"] != sid]
        assert len(statements) < before, f"no statement {sid}"

    return change


def having(sid: str, **fields: Any) -> Change:
    def change(statements: list[Statement]) -> None:
        (found,) = [one for one in statements if one["Sid"] == sid]
        found.update(fields)

    return change


def trust(account: str, name: str, change: Change) -> Mutant:
    return lambda one: with_trust(one, role(account, name), change)


def in_policy(arn: str, change: Change) -> Mutant:
    return lambda one: with_policy(one, arn, change)


# What a path is opened by: production or state lets in what the nonprod identity administers.
ADMITTED: dict[str, Statement] = {
    "the sandbox account": allow({"AWS": f"arn:aws:iam::{SANDBOX}:root"}),
    "the nonprod account by its bare id": allow({"AWS": NONPROD}),
    "everybody": allow({"AWS": "*"}),
    "everybody, in the short form": allow("*"),
    "a role of sandbox": allow({"AWS": role(SANDBOX, "IamProfilesRole")}),
    "a role of nonprod that is not made yet": allow(
        {"AWS": f"arn:aws:iam::{NONPROD}:role/PlatformWorkloads/later"}
    ),
    "a session of a role of sandbox": allow(
        {"AWS": f"arn:aws:sts::{SANDBOX}:assumed-role/PlatformVPCRole/pipeline"}
    ),
    "a user of sandbox that is not made yet": allow({"AWS": f"arn:aws:iam::{SANDBOX}:user/later"}),
    "who knows an external id": allow(
        {"AWS": f"arn:aws:iam::{SANDBOX}:root"}, StringEquals={"sts:ExternalId": "secret"}
    ),
    "who names the session rightly": allow(
        {"AWS": f"arn:aws:iam::{NONPROD}:root"}, StringLike={"sts:RoleSessionName": "release-*"}
    ),
    "whoever has a tag that sandbox can set": allow(
        {"AWS": f"arn:aws:iam::{SANDBOX}:root"}, StringEquals={"aws:PrincipalTag/env": "prod"}
    ),
    "who is of the nonprod account": allow(
        "*", StringEquals={"aws:PrincipalAccount": [PROD, NONPROD]}
    ),
    "roles of nonprod by a pattern": allow(
        "*", ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{NONPROD}:role/*"}
    ),
    "everybody but the nonprod path": allow("*", ArnNotLike={"aws:PrincipalArn": f"{STARTING}/*"}),
    "sandbox with any tag key": allow(
        {"AWS": f"arn:aws:iam::{SANDBOX}:root"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    ),
    "sandbox, if over TLS": allow(
        {"AWS": f"arn:aws:iam::{SANDBOX}:root"}, Bool={"aws:SecureTransport": "true"}
    ),
}


def _admitting() -> Iterator[tuple[str, Mutant]]:
    for title, statement in ADMITTED.items():
        for account, name in (
            (PROD, ROLES[0]),
            (PROD, ROLES[2]),
            (STATE, ROLES[1]),
            (STATE, ROLES[3]),
        ):
            where = "prod" if account == PROD else "state"
            yield f"{name} in {where} admits {title}", trust(account, name, added(statement))


def _widened() -> Iterator[tuple[str, Mutant]]:
    """Yield changes to a line that is there."""
    for name in ROLES[1:3]:
        for title, principal in (
            ("sandbox", {"AWS": [f"arn:aws:iam::{STATE}:root", f"arn:aws:iam::{SANDBOX}:root"]}),
            ("anybody", {"AWS": "*"}),
        ):
            yield (
                f"{name} in prod lets {title} in, its pins gone",
                trust(PROD, name, having("AllowProd", Principal=principal, Condition={})),
            )
    for title, pins in (
        ("a role of sandbox", role(SANDBOX, "IamProfilesRole")),
        ("any role at all", "arn:aws:iam::*:role/*"),
    ):
        condition = {"ArnLike": {"aws:PrincipalArn": pins}}
        yield (
            f"PlatformVPCRole in prod pins {title} instead, of anybody",
            trust(
                PROD,
                "PlatformVPCRole",
                having("AllowProd", Principal={"AWS": "*"}, Condition=condition),
            ),
        )


SECRETS = {
    "the prod identity of the platform": "iam-profiles/prod/platform-prod",
    "the prod identity of payments": "iam-profiles/prod/payments-prod",
}


def _shared(name: str, statement: Statement) -> Mutant:
    secret = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:{name}-a1b2c3"
    document = Document.of(
        {"Version": "2012-10-17", "Statement": [statement]}, name=f"policy of secret `{name}`"
    )
    return lambda one: replace(one, resources={**one.resources, secret: document})


def _reading(principal: Any, **condition: dict[str, Any]) -> Statement:
    return {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": condition,
    }


def _leaking() -> Iterator[tuple[str, Mutant]]:
    for title, name in SECRETS.items():
        for who, principal in (
            ("sandbox", {"AWS": f"arn:aws:iam::{SANDBOX}:root"}),
            ("a role of nonprod", {"AWS": role(NONPROD, "IamProfilesRole")}),
            ("everybody", "*"),
        ):
            yield f"the key of {title} is readable for {who}", _shared(name, _reading(principal))


OPENING: dict[str, Mutant] = dict((*_admitting(), *_widened(), *_leaking()))


def _one_lock_less() -> Iterator[tuple[str, Mutant]]:
    """Yield what takes one line off one lock: what is left suffices."""
    for account, where in ((PROD, "prod"), (STATE, "state")):
        for name in ROLES:
            change = removed("DenyNonprod")
            yield f"{name} in {where} loses its Deny", trust(account, name, change)
    for team in ("platform", "payments"):
        group = policy(f"service-{team}-nonprod-assume-roles")
        yield f"the {team} group loses its Deny", in_policy(group, removed("NeverReach"))
        yield (
            f"the {team} group may ask for any role",
            in_policy(group, having("AssumeRoles", Resource="*")),
        )
        yield (
            f"the {team} group may ask for a role of prod",
            in_policy(group, having("AssumeRoles", Resource=role(PROD, "IamProfilesRole"))),
        )
        user = f"{STARTING}/{team}-nonprod"
        yield f"{team}-nonprod loses its boundary", _without_boundary(user)
        yield f"{team}-nonprod is put into the prod group", _member(user, f"service-{team}-prod")
    yield (
        "the nonprod boundary loses its Deny",
        in_policy(BOUNDARIES["nonprod"], removed("NeverReach")),
    )
    yield (
        "the nonprod boundary lets everything through",
        in_policy(BOUNDARIES["nonprod"], having("AssumeRolesInReach", Action="*", Resource="*")),
    )


def _without_boundary(arn: str) -> Mutant:
    return lambda one: replace(
        one, users={**one.users, arn: replace(one.users[arn], boundary=None)}
    )


def _member(arn: str, group: str) -> Mutant:
    joined = f"arn:aws:iam::{STATE}:group/PlatformGroups/{group}"

    def change(one: World) -> World:
        user = one.users[arn]
        assert joined in one.groups
        member = replace(user, groups=(*user.groups, joined))
        return replace(one, users={**one.users, arn: member})

    return change


NOBODY: dict[str, Statement] = {
    "the state account, of the prod path": allow(
        {"AWS": f"arn:aws:iam::{STATE}:root"},
        ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{STATE}:user/PlatformServiceUsers/prod/*"},
    ),
    "sandbox, if it were of state": allow(
        {"AWS": f"arn:aws:iam::{SANDBOX}:root"}, StringEquals={"aws:PrincipalAccount": STATE}
    ),
    "everybody whose ARN is that of a person": allow(
        "*", ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{STATE}:user/PlatformPeople/*"}
    ),
    "a service": allow({"Service": "ec2.amazonaws.com"}),
    "a role of prod": allow({"AWS": role(PROD, "AuditRole")}),
    "an account that nobody administers": allow({"AWS": "arn:aws:iam::555555555555:root"}),
    "a deleted user": allow({"AWS": f"arn:aws:iam::{PROD}:user/leaver"}),
    "a tag that must be two things at once": allow(
        {"AWS": f"arn:aws:iam::{STATE}:root"},
        ArnEquals={"aws:PrincipalArn": f"arn:aws:iam::{STATE}:user/PlatformPeople/mira"},
        Bool={"aws:MultiFactorAuthPresent": "true"},
    ),
}


def _harmless() -> Iterator[tuple[str, Mutant]]:
    yield from _one_lock_less()
    for title, statement in NOBODY.items():
        yield f"AuditRole in prod admits {title}", trust(PROD, "AuditRole", added(statement))
    sandbox = {"AWS": f"arn:aws:iam::{SANDBOX}:root"}
    yield "nonprod's own role admits sandbox", trust(NONPROD, "AuditRole", added(allow(sandbox)))
    yield "sandbox's own role admits everybody", trust(SANDBOX, "AuditRole", added(allow("*")))
    yield (
        "a role of prod may do everything",
        in_policy(policy("AuditRolePolicy", PROD), added(permit("*"))),
    )
    yield (
        "a role of sandbox may do everything",
        in_policy(policy("PlatformVPCRolePolicy", SANDBOX), added(permit("*"))),
    )
    yield (
        "a role of nonprod may ask for roles of prod",
        in_policy(
            policy("PlatformVPCRolePolicy", NONPROD),
            added(permit("sts:AssumeRole", on=f"arn:aws:iam::{PROD}:role/*")),
        ),
    )
    yield (
        "a role of nonprod may read secrets of state",
        in_policy(
            policy("PlatformVPCRolePolicy", NONPROD),
            added(
                permit("secretsmanager:GetSecretValue", on=f"arn:aws:secretsmanager:*:{STATE}:*")
            ),
        ),
    )
    for title, name in SECRETS.items():
        mine = {"AWS": f"arn:aws:iam::{STATE}:user/PlatformServiceUsers/prod/platform-prod"}
        yield f"the key of {title} is readable for prod", _shared(name, _reading(mine))


HARMLESS: dict[str, Mutant] = dict(_harmless())
