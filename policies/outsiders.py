"""Whom a trust policy lets in of whom the organisation's accounts show nothing."""

from collections.abc import Iterator
from typing import Final

from access.document import PolicyDocument, PrincipalEntry, Statement
from iam_profiles.model import Account, Organization, Profiles
from policies.federated import Declared
from policies.registered import Resource

_ACCOUNT_FIELD: Final = 4


def outsiders(
    trust: PolicyDocument, role: Resource, profiles: Profiles, account: Account
) -> Iterator[str]:
    """Say each principal that a role lets in though nothing shows who is behind it.

    Everybody (`*`) is not told here: that includes principals that are looked at.
    """
    declared = Declared(profiles, account, role)
    for statement in trust.statements:
        if statement.effect == "Allow" and statement.principals is not None:
            for entry in statement.principals.entries:
                reason = (
                    declared.beyond(entry, statement)
                    if entry.kind == "Federated"
                    else _unknown(entry, statement, profiles.organization, account)
                )
                if reason:
                    yield f"statement `{statement.name}` lets in `{entry.value}`, {reason}"


def _unknown(
    entry: PrincipalEntry, statement: Statement, organization: Organization, account: Account
) -> str | None:
    if entry.kind == "*":
        return None
    if entry.kind == "Service":
        return None if _only_for(statement, account) else "for whichever account calls it"
    if entry.kind != "AWS":
        return "whoever that is"
    ids = {one.id for one in organization.accounts}
    return None if entry.value == "*" or _account(entry.value) in ids else "who is not ours"


def _only_for(statement: Statement, account: Account) -> bool:
    """Whether a service is let in for this account's own resources only.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return any(
        condition.operator.lower() == "stringequals"
        and condition.key.lower() == "aws:sourceaccount"
        and set(condition.values) == {account.id}
        for condition in statement.conditions
    )


def _account(principal: str) -> str:
    """The account of a principal, written as an ARN or as the account's bare id."""
    fields = principal.split(":")
    return fields[_ACCOUNT_FIELD] if len(fields) > _ACCOUNT_FIELD else principal
