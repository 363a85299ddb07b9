"""Rendered documents as the world that a proof is about, and the isolation rules as its rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from access.arn import account_of
from access.rule import Rule, WebIdentity
from access.world import Account, Credential, Document, Grants, Group, Role, User, World
from iam_profiles.documents import AccountDocuments, ManagedPolicy
from iam_profiles.isolation import forbidden_accounts
from iam_profiles.model import Profiles
from iam_profiles.names import Arn, GroupName, IdentityClass
from iam_profiles.paths import class_pattern, every_principal_in, reader_arn
from iam_profiles.store_config import stored_at

_Thing = TypeVar("_Thing")
_NONE: Mapping[Arn, str] = MappingProxyType({})


def world(
    documents: Iterable[AccountDocuments], *, aws_policies: Mapping[Arn, str] = _NONE
) -> World:
    """Return the world that these accounts would be, if nothing else were in them.

    Args:
        documents: what each account's stack declares.
        aws_policies: `{ARN: document}` of AWS-managed policies; what depends on one that is not
            given is undecided.
    """
    accounts = tuple(documents)
    return World(
        accounts={str(account.account.id): Account() for account in accounts},
        users={user.arn: user for account in accounts for user in _users(account)},
        groups={group.arn: group for account in accounts for group in _groups(account)},
        roles={role.arn: role for account in accounts for role in _roles(account)},
        policies={
            **{arn: Document(f"policy `{arn}`", text) for arn, text in aws_policies.items()},
            **{
                policy.arn: Document(f"policy `{policy.arn}`", policy.document)
                for account in accounts
                for policy in _policies(account)
            },
        },
        resources=dict(own for account in accounts for own in _resources(account)),
        credentials=tuple(key for account in accounts for key in _credentials(account)),
    )


def joined(parts: Iterable[World]) -> World:
    """Return the world of accounts of which each is known by itself."""
    known = tuple(parts)
    return World(
        accounts={id_: one for part in known for id_, one in part.accounts.items()},
        users={arn: one for part in known for arn, one in part.users.items()},
        groups={arn: one for part in known for arn, one in part.groups.items()},
        roles={arn: one for part in known for arn, one in part.roles.items()},
        policies={arn: one for part in known for arn, one in part.policies.items()},
        resources={arn: one for part in known for arn, one in part.resources.items()},
        credentials=tuple(one for part in known for one in part.credentials),
        missing=tuple(one for part in known for one in part.missing),
        passing=frozenset(arn for part in known for arn in part.passing),
    )


def parted(whole: World, ids: Sequence[str]) -> Mapping[str, World]:
    """Return `{account id: its part of a world}`; what is of no account given is in the first."""

    def part(id_: str) -> World:
        def here(arn: str) -> bool:
            account = account_of(arn)
            return (account if account in ids else ids[0]) == id_

        def of(things: Mapping[str, _Thing]) -> dict[str, _Thing]:
            return {arn: one for arn, one in things.items() if here(arn)}

        return World(
            accounts={
                one: known
                for one, known in whole.accounts.items()
                if (one if one in ids else ids[0]) == id_
            },
            users=of(whole.users),
            groups=of(whole.groups),
            roles=of(whole.roles),
            policies=of(whole.policies),
            resources=of(whole.resources),
            credentials=tuple(one for one in whole.credentials if here(one.principal)),
            missing=tuple(one for one in whole.missing if here(one.arn)),
            passing=frozenset(filter(here, whole.passing)),
        )

    return {id_: part(id_) for id_ in ids}


def rules(profiles: Profiles) -> tuple[Rule, ...]:
    """Return each isolation rule of the organisation, by class, as what is to be proved."""
    organization = profiles.organization
    classes = dict.fromkeys(rule.identity_class for rule in organization.isolation)
    return tuple(
        Rule.of(
            (
                class_pattern(organization, identity_class),
                *web_identities(profiles, identity_class),
            ),
            tuple(
                every_principal_in(organization, account.id)
                for account in forbidden_accounts(organization, identity_class)
            ),
            # The identities live in the state account, which is often among those. So do their
            # readers, by whom nobody comes to be more than the identity itself.
            apart_from=(
                class_pattern(organization, identity_class),
                *(
                    reader_arn(organization, identity_class, user.name)
                    for user in profiles.service_users
                    if user.reader is not None and user.identity_class is identity_class
                ),
            ),
        )
        for identity_class in classes
        if forbidden_accounts(organization, identity_class)
    )


def web_identities(profiles: Profiles, identity_class: IdentityClass) -> Iterator[WebIdentity]:
    """Yield whoever has a token of the class: federated identities', and their readers'."""
    for user in profiles.service_users:
        if user.identity_class is identity_class and (tokens := user.federation or user.reader):
            yield WebIdentity(tokens.host, (("aud", tokens.audience), *tokens.claims))


def _policies(account: AccountDocuments) -> Iterator[ManagedPolicy]:
    yield from account.boundaries
    yield from (reader.policy for reader in account.readers)
    for holder in (*account.roles, *account.groups):
        yield from holder.policies


def _roles(account: AccountDocuments) -> Iterator[Role]:
    for role in account.roles:
        managed = (*(policy.arn for policy in role.policies), *role.managed_policy_arns)
        trust = Document(f"the trust policy of role `{role.arn}`", role.trust)
        yield Role(role.arn, trust, Grants(managed=tuple(sorted(managed))))
    for reader in account.readers:
        trust = Document(f"the trust policy of role `{reader.arn}`", reader.trust)
        yield Role(reader.arn, trust, Grants(managed=(reader.policy.arn,)), reader.boundary_arn)


def _groups(account: AccountDocuments) -> Iterator[Group]:
    for group in account.groups:
        managed = tuple(sorted(policy.arn for policy in group.policies))
        yield Group(_group_arns(account)[group.name], Grants(managed=managed))


def _users(account: AccountDocuments) -> Iterator[User]:
    arns = _group_arns(account)
    for user in (*account.service_users, *account.people):
        # A machine has no second factor: only a step that enrols a device gives it one.
        mfa = user not in account.service_users
        groups = tuple(sorted(arns[group] for group in user.groups))
        yield User(user.arn, groups=groups, boundary=user.boundary_arn, mfa=mfa)


def _group_arns(account: AccountDocuments) -> Mapping[GroupName, str]:
    prefix = f"arn:{account.partition}:iam::{account.account.id}:group"
    return {group.name: f"{prefix}{group.path}{group.name}" for group in account.groups}


def _credentials(account: AccountDocuments) -> Iterator[Credential]:
    place = (account.partition, account.region, account.account.id)
    for user in account.service_users:
        for pattern in stored_at(user.store, *place):
            yield Credential(pattern, user.arn)


def _resources(account: AccountDocuments) -> Iterator[tuple[str, Document]]:
    place = (account.partition, account.region, account.account.id)
    for user in account.service_users:
        if user.secret_policy is not None:
            for pattern in stored_at(user.store, *place):
                yield pattern, Document(f"the policy of secret `{pattern}`", user.secret_policy)
