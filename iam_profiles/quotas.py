"""AWS's quotas, checked on what is rendered: a message here instead of half a deployment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from iam_profiles.documents import (
    AccountDocuments,
    GroupDocuments,
    IdentityProviderDocuments,
    ManagedPolicy,
    ReaderDocuments,
    RoleDocuments,
)
from iam_profiles.errors import Problem
from iam_profiles.model import Profiles, Quotas
from iam_profiles.names import GroupName, RoleName, UserName
from iam_profiles.paths import own_group
from iam_profiles.statements import characters

_FIXED: Final = frozenset(
    {
        "audiences_per_identity_provider",
        "groups_per_user",
        "managed_policies_per_group",
        "managed_policy_characters",
        "users_per_account",
    }
)
"""What AWS does not raise on request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

_POLICY_NAME_CHARACTERS: Final = 128


@dataclass(frozen=True, slots=True)
class Place:
    """Where in `profiles/` a quota's problem is to be mended."""

    file: str
    field: str


def quota_problems(profiles: Profiles, documents: AccountDocuments) -> Iterator[Problem]:
    """Yield a problem for every quota that one account's documents exceed."""
    quotas = profiles.organization.quotas
    for role in documents.roles:
        yield from _role_problems(quotas, role, documents.account.name)
    for group in documents.groups:
        yield from _group_problems(quotas, group, place_of_group(profiles, group.name))
    for reader in documents.readers:
        yield from _reader_problems(quotas, reader, _place_of_user(profiles, reader.name, "reader"))
    for issuer in documents.identity_providers:
        yield from _issuer_problems(quotas, issuer, documents.account.name)
    for boundary in documents.boundaries:
        place = Place("organization.yaml", "accounts")
        yield from _size_problems(quotas, boundary, place, "have fewer accounts")
    for user in (*documents.service_users, *documents.people):
        yield from exceeded(
            quotas,
            "groups_per_user",
            len(user.groups),
            _place_of_user(profiles, user.name),
            (f"`{user.name}` is in {{}} groups", "grant several roles through one group"),
        )
    yield from _account_problems(quotas, documents)


def exceeded(
    quotas: Quotas, name: str, amount: int, place: Place, wording: tuple[str, str]
) -> Iterator[Problem]:
    """Yield the problem if `amount` is over a quota; `wording` is (what was found, remedy).

    `{}` in what was found stands for the amount.
    """
    limit: int = getattr(quotas, name)
    if amount <= limit:
        return
    found, remedy = wording
    raised = "" if name in _FIXED else f", or set `quotas.{name}` once AWS has raised it for you"
    yield Problem(
        file=place.file,
        line=0,
        field=place.field,
        found=f"{found.format(f'{amount:,}')}, the quota is {limit:,}",
        remedy=remedy + raised,
    )


def place_of_role(role: RoleName) -> Place:
    """Return where a role's permissions are written."""
    return Place(f"roles/{role}.yaml", "permissions")


def place_of_group(profiles: Profiles, name: GroupName) -> Place:
    """Return where a group, or the service user whose own group it is, is written."""
    for group in profiles.groups:
        if group.name == name:
            return Place(f"teams/{group.team}.yaml", f"groups.{name}")
    for user in profiles.service_users:
        if own_group(user.name) == name:
            return Place(f"teams/{user.team}.yaml", f"service_users.{user.name}")
    return Place("organization.yaml", "")


def _place_of_user(profiles: Profiles, name: UserName, part: str = "") -> Place:
    users = (*profiles.service_users, *profiles.people)
    team = next(user.team for user in users if user.name == name)
    return Place(f"teams/{team}.yaml", f"service_users.{name}.{part}" if part else "groups")


def _role_problems(quotas: Quotas, role: RoleDocuments, account: str) -> Iterator[Problem]:
    place = place_of_role(role.name)
    yield from exceeded(
        quotas,
        "trust_policy_characters",
        characters(role.trust),
        Place(place.file, ""),
        (
            f"the trust policy in account `{account}` takes {{}} characters",
            "grant the role on fewer different conditions",
        ),
    )
    yield from exceeded(
        quotas,
        "managed_policies_per_role",
        len(role.policies) + len(role.managed_policy_arns),
        place,
        ("the permissions take {} managed policies", "shorten them, or divide the role in two"),
    )
    for policy in role.policies:
        yield from _size_problems(quotas, policy, place, "shorten the statements")


def _reader_problems(quotas: Quotas, reader: ReaderDocuments, place: Place) -> Iterator[Problem]:
    yield from exceeded(
        quotas,
        "trust_policy_characters",
        characters(reader.trust),
        place,
        ("the reader's trust policy takes {} characters", "shorten its claims"),
    )
    yield from _size_problems(quotas, reader.policy, place, "shorten the secrets store's `prefix`")


def _issuer_problems(
    quotas: Quotas, issuer: IdentityProviderDocuments, account: str
) -> Iterator[Problem]:
    return exceeded(
        quotas,
        "audiences_per_identity_provider",
        len(issuer.audiences),
        Place("organization.yaml", f"accounts.{account}"),
        (
            f"the account would know {{}} audiences of `{issuer.url}`",
            "have its machines there ask for the same `audience`",
        ),
    )


def _group_problems(quotas: Quotas, group: GroupDocuments, place: Place) -> Iterator[Problem]:
    yield from exceeded(
        quotas,
        "managed_policies_per_group",
        len(group.policies),
        place,
        ("the grants take {} managed policies", "divide the group in two"),
    )
    for policy in group.policies:
        yield from _size_problems(quotas, policy, place, "divide the group in two")
        if len(policy.name) > _POLICY_NAME_CHARACTERS:
            excess = len(policy.name) - _POLICY_NAME_CHARACTERS
            yield Problem(
                file=place.file,
                line=0,
                field=place.field,
                found=f"the policy's name `{policy.name}` has {len(policy.name)} characters, "
                f"AWS allows {_POLICY_NAME_CHARACTERS}",
                remedy=f"shorten the group's name by {excess} characters",
            )


def _size_problems(
    quotas: Quotas, policy: ManagedPolicy, place: Place, remedy: str
) -> Iterator[Problem]:
    return exceeded(
        quotas,
        "managed_policy_characters",
        characters(policy.document),
        place,
        (f"policy `{policy.name}` takes {{}} characters", remedy),
    )


def _account_problems(quotas: Quotas, documents: AccountDocuments) -> Iterator[Problem]:
    policies = chain.from_iterable(
        holder.policies for holder in (*documents.roles, *documents.groups)
    )
    made = len(documents.boundaries) + len(documents.readers) + sum(1 for _ in policies)
    counted: Iterable[tuple[str, str, int]] = (
        ("roles_per_account", "roles", len(documents.roles) + len(documents.readers)),
        ("groups_per_account", "groups", len(documents.groups)),
        ("users_per_account", "users", len(documents.service_users) + len(documents.people)),
        ("customer_managed_policies_per_account", "customer-managed policies", made),
        (
            "identity_providers_per_account",
            "issuers of tokens",
            len(documents.identity_providers),
        ),
    )
    for name, what, amount in counted:
        yield from exceeded(
            quotas,
            name,
            amount,
            Place("organization.yaml", f"accounts.{documents.account.name}"),
            (f"the account would have {{}} {what}", f"have fewer {what}"),
        )
