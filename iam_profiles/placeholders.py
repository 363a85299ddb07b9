"""Placeholders of a role's permissions, filled in for one account."""

import re
from typing import Final

from iam_profiles.model import Organization, Role, Statement
from iam_profiles.names import AccountId
from iam_profiles.paths import state_account
from iam_profiles.statements import PolicyStatement

# AWS's own policy variables, `${aws:username}`, are not ours: a brace after `$` is left alone.
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{(account|partition|region|state_account|prefix)\}")


def fill(text: str, organization: Organization, account: AccountId) -> str:
    """Return the text with our placeholders filled in and everything else as it is."""
    values = {
        "account": account,
        "partition": organization.partition,
        "region": organization.region,
        "state_account": state_account(organization).id,
        "prefix": organization.prefix,
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def permissions(
    organization: Organization, role: Role, account: AccountId
) -> tuple[PolicyStatement, ...]:
    """Return the role's statements as they read in an account.

    Lists are sorted as they are written, before an id is filled in: the order is every account's.
    """

    def filled(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(fill(text, organization, account) for text in sorted(texts))

    def statement(written: Statement) -> PolicyStatement:
        return PolicyStatement(
            sid=written.sid,
            effect=written.effect,
            actions=tuple(sorted(written.actions)),
            resources=filled(written.resources),
            conditions=tuple(
                (operator, tuple((key, filled(values)) for key, values in tests))
                for operator, tests in written.conditions
            ),
        )

    return tuple(map(statement, role.permissions))
