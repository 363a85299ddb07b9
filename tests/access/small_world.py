"""Small worlds in a few lines: users, roles and policies of a state and a production account."""

from collections.abc import Iterable
from typing import Any

from access.prove import Answer, Rule, prove
from access.world import Account, Document, Grants, Group, Role, User, World

STATE, PROD = "111111111111", "444444444444"
N = f"arn:aws:iam::{STATE}:user/n"
R = f"arn:aws:iam::{PROD}:role/R"
Statements = dict[str, Any] | list[dict[str, Any]]


def doc(statements: Statements, name: str = "policy") -> Document:
    return Document.of({"Version": "2012-10-17", "Statement": statements}, name=name)


def allow(action: str | list[str], resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def deny(action: str | list[str], resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def trusts(principal: Any, *actions: str, **condition: Any) -> dict[str, Any]:
    named = {"AWS": principal} if isinstance(principal, (str, list)) else principal
    asked = list(actions) or ["sts:AssumeRole"]
    return {"Effect": "Allow", "Principal": named, "Action": asked, "Condition": condition}


def refuses(principal: Any, **condition: Any) -> dict[str, Any]:
    return {**trusts(principal, **condition), "Effect": "Deny"}


ROOT = trusts(f"arn:aws:iam::{STATE}:root")
ASSUME = allow("sts:AssumeRole")


def grants(arn: str, statements: Statements | None) -> Grants:
    return Grants(() if statements is None else (doc(statements, f"policy of `{arn}`"),))


def user(arn: str, statements: Statements | None = None, **rest: Any) -> User:
    return User(arn, grants(arn, statements), **rest)


def role(arn: str, trust: Statements, statements: Statements | None = None, **rest: Any) -> Role:
    return Role(arn, doc(trust, f"trust policy of `{arn}`"), grants(arn, statements), **rest)


def world(*principals: User | Role | Group, **rest: Any) -> World:
    ids = {one.arn.split(":")[4] for one in principals}
    accounts = {**{id_: Account() for id_ in {STATE, PROD, *ids}}, **rest.pop("accounts", {})}
    return World(
        accounts=accounts,
        users={one.arn: one for one in principals if isinstance(one, User)},
        roles={one.arn: one for one in principals if isinstance(one, Role)},
        groups={one.arn: one for one in principals if isinstance(one, Group)},
        **rest,
    )


def verdict(one: World, start: str | Iterable[str] = N, never: str = R) -> Answer:
    starts = (start,) if isinstance(start, str) else tuple(start)
    return prove(one, [Rule.of(starts, (never,))]).answer
