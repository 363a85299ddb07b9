"""What an update makes of roles that are adopted, said before it does."""

from collections.abc import Iterator, Mapping
from typing import Final

from access.arn import account_of
from access.document import PrincipalEntry, Statement
from access.world import Role, Unreadable
from iam_profiles.model import Organization
from iam_profiles.names import RoleName
from iam_profiles.paths import role_path, role_policy_name, state_account
from pipeline.adopt.found import Details, Notice, Sort, name_of, untagged

_KEPT_KEYS: Final = frozenset(
    {"aws:multifactorauthpresent", "aws:principalarn", "aws:currenttime", "aws:sourceaccount"}
)
"""Condition keys of a trust that grants and trusted services say in their own way."""


def changes(organization: Organization, role: Role) -> Iterator[Notice]:
    """Yield what an update will make of a role that is adopted."""
    name = RoleName(name_of(role.arn))
    canonical = role_policy_name(name, 1)
    for policy in role.grants.inline:
        yield Notice(
            Sort.OTHERWISE,
            role.arn,
            f"has {policy.name.partition(' of ')[0]} inline",
            f"the update writes it into policy `{canonical}` and takes the inline one off",
        )
    for arn in role.grants.managed:
        if not of_aws(arn) and not name_of(arn).startswith(canonical):
            yield Notice(
                Sort.OTHERWISE,
                role.arn,
                f"has policy `{arn}`",
                f"the update writes it into policy `{canonical}` and takes this one off; delete it "
                "when nobody else has it",
            )
    yield from untagged(role.arn, role.tags)
    yield from _trust_changes(organization, role)


def trusted(role: Role) -> Iterator[Statement]:
    """Yield the statements of a role's trust policy; none of one that cannot be read."""
    read = role.trust.read()
    if not isinstance(read, Unreadable):
        yield from read.statements


def of_aws(arn: str) -> bool:
    """Whether a managed policy is AWS's own."""
    return account_of(arn) == "aws"


def longest(details: Details, copies: Mapping[str, Role]) -> int | None:
    """Return the longest session of a role's copies, in seconds, if anybody said it."""
    said = (details.sessions.get(role.arn) for role in copies.values())
    return max((seconds for seconds in said if seconds), default=None)


def unknown_action(arn: str, action: str) -> Notice:
    """Return that an action that there is not is left out."""
    return Notice(
        Sort.OTHERWISE,
        arn,
        f"names the action `{action}`, which AWS does not have",
        "it is left out: it permits nothing",
    )


def lacking(organization: Organization, name: str, copies: Mapping[str, Role]) -> Iterator[Notice]:
    """Yield in which accounts the update makes the role."""
    for account in organization.accounts:
        if str(account.id) in copies:
            continue
        yield Notice(
            Sort.OTHERWISE,
            f"arn:{organization.partition}:iam::{account.id}:role{role_path(organization)}{name}",
            f"is not in account `{account.name}`",
            "the update makes it there: a role is in every account",
        )


def shorter(details: Details, copies: Mapping[str, Role]) -> Iterator[Notice]:
    """Yield whose sessions become longer."""
    most = longest(details, copies)
    for role in copies.values():
        seconds = details.sessions.get(role.arn)
        if seconds and most and seconds < most:
            yield Notice(
                Sort.OTHERWISE,
                role.arn,
                f"has sessions of {seconds} seconds, in another account {most}",
                "the longest is proposed for all: shorten `session` if that is not meant",
            )


def _trust_changes(organization: Organization, role: Role) -> Iterator[Notice]:
    for statement in trusted(role):
        if statement.effect != "Allow":
            yield Notice(
                Sort.OTHERWISE,
                role.arn,
                f"denies in statement `{statement.name}` of its trust",
                "the update leaves it out, and denies the classes that are kept out instead",
            )
            continue
        entries = statement.principals.entries if statement.principals else ()
        for entry in entries:
            if not _known(organization, entry):
                yield Notice(
                    Sort.OTHERWISE,
                    role.arn,
                    f"trusts `{entry.value}`, of whom the model does not know",
                    "the update lets it in no more; if it must come, give it an identity of "
                    "`state`, or a role outside of the role set",
                )
        for condition in statement.conditions:
            if condition.key.lower() not in _KEPT_KEYS:
                yield Notice(
                    Sort.OTHERWISE,
                    role.arn,
                    f"trusts on the condition `{condition.operator}` of `{condition.key}`",
                    "the update leaves it out; what is granted is on the model's own conditions",
                )


def _known(organization: Organization, entry: PrincipalEntry) -> bool:
    """Whether the model lets in whoever is meant: by a grant, or as a trusted service."""
    state = state_account(organization).id
    own = f"arn:{organization.partition}:iam::{state}:"
    return entry.kind == "Service" or (
        entry.kind == "AWS"
        and (entry.value in (state, f"{own}root") or entry.value.startswith(f"{own}user/"))
    )
