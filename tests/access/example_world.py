"""The example organisation's rendered documents as a world, and what is changed in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from access.prove import Rule
from access.world import (
    Account,
    Credential,
    Document,
    Grants,
    Group,
    Role,
    User,
    World,
)
from iam_profiles import locks
from iam_profiles.documents import AccountDocuments
from iam_profiles.load import load
from iam_profiles.render import render_all

STATE, SANDBOX, NONPROD, PROD = "111111111111", "222222222222", "333333333333", "444444444444"
ACCOUNTS = {"state": STATE, "sandbox": SANDBOX, "nonprod": NONPROD, "prod": PROD}
STARTS = f"arn:aws:iam::{STATE}:user/PlatformServiceUsers/nonprod/*"
RULE = Rule.of((STARTS,), (f"arn:aws:iam::{PROD}:*", f"arn:aws:iam::{STATE}:role/*"))

Statement = dict[str, Any]


@cache
def rendered() -> Mapping[str, AccountDocuments]:
    profiles = load(Path(__file__).parents[2] / "profiles")
    return {str(name): one for name, one in render_all(profiles).documents.items()}


def world(*accounts: str) -> World:
    """Return the world of these accounts as deployed, the others being empty."""
    deployed = [rendered()[name] for name in accounts or tuple(rendered())]
    users: dict[str, User] = {}
    groups: dict[str, Group] = {}
    roles: dict[str, Role] = {}
    policies: dict[str, Document] = {}
    credentials: list[Credential] = []
    for one in deployed:
        account = str(one.account.id)
        for policy in (
            *one.boundaries,
            *(policy for holder in (*one.roles, *one.groups) for policy in holder.policies),
        ):
            policies[str(policy.arn)] = Document.of(
                policy.document, name=f"policy `{policy.name}` of `{one.account.name}`"
            )
        for role in one.roles:
            attached = (*(policy.arn for policy in role.policies), *role.managed_policy_arns)
            trust = Document.of(role.trust, name=f"trust policy of `{role.arn}`")
            roles[str(role.arn)] = Role(str(role.arn), trust, Grants((), tuple(map(str, attached))))
        arns = {
            str(group.name): f"arn:aws:iam::{account}:group{group.path}{group.name}"
            for group in one.groups
        }
        for group in one.groups:
            arn = arns[str(group.name)]
            groups[arn] = Group(
                arn, Grants((), tuple(str(policy.arn) for policy in group.policies))
            )
        for user in (*one.service_users, *one.people):
            member = tuple(arns[str(group)] for group in user.groups)
            users[str(user.arn)] = User(str(user.arn), Grants(), member, str(user.boundary_arn))
        for user in one.service_users:
            secret = f"arn:aws:secretsmanager:{one.region}:{account}:secret:{user.secret_name}-*"
            credentials.append(Credential(secret, str(user.arn)))
    every = {account: Account() for account in ACCOUNTS.values()}
    return World(every, users, groups, roles, policies, credentials=tuple(credentials))


def role(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/PlatformRoles/{name}"


def policy(name: str, account: str = STATE) -> str:
    return f"arn:aws:iam::{account}:policy/PlatformPolicies/{name}"


def edit(document: Document, change: Callable[[list[Statement]], None]) -> Document:
    """Return the document after its statements have been changed in place."""
    whole = json.loads(document.text or "")
    change(whole["Statement"])
    return Document.of(whole, name=document.name)


def with_trust(one: World, arn: str, change: Callable[[list[Statement]], None]) -> World:
    changed = replace(one.roles[arn], trust=edit(one.roles[arn].trust, change))
    return replace(one, roles={**one.roles, arn: changed})


def with_policy(one: World, arn: str, change: Callable[[list[Statement]], None]) -> World:
    return replace(one, policies={**one.policies, arn: edit(one.policies[arn], change)})


def identity_side_opened(one: World) -> World:
    """Return the world in which every identity may assume anything."""
    return locks.identity_side_opened(one)


def resource_side_opened(one: World) -> World:
    """Return the world in which every role trusts the whole state account."""
    return locks.resource_side_opened(one, f"arn:aws:iam::{STATE}:root")
