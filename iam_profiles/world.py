"""Rendered documents as the world that a proof is about, and the isolation rules as its rules."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from access.rule import Rule
from access.world import Account, Credential, Document, Grants, Group, Role, User, World
from iam_profiles.documents import AccountDocuments, ManagedPolicy
from iam_profiles.isolation import forbidden_accounts
from iam_profiles.model import Organization
from iam_profiles.names import Arn, GroupName
from iam_profiles.paths import class_pattern, every_principal_in, secret_pattern

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
        credentials=tuple(key for account in accounts for key in _credentials(account)),
    )


def rules(organization: Organization) -> tuple[Rule, ...]:
    """Return each isolation rule of the organisation, by class, as what is to be proved."""
    classes = dict.fromkeys(rule.identity_class for rule in organization.isolation)
    return tuple(
        Rule.of(
            (class_pattern(organization, identity_class),),
            tuple(
                every_principal_in(organization, account.id)
                for account in forbidden_accounts(organization, identity_class)
            ),
            # The identities live in the state account, which is often among those.
            apart_from=(class_pattern(organization, identity_class),),
        )
        for identity_class in classes
        if forbidden_accounts(organization, identity_class)
    )


def _policies(account: AccountDocuments) -> Iterator[ManagedPolicy]:
    yield from account.boundaries
    for holder in (*account.roles, *account.groups):
        yield from holder.policies


def _roles(account: AccountDocuments) -> Iterator[Role]:
    for role in account.roles:
        managed = (*(policy.arn for policy in role.policies), *role.managed_policy_arns)
        trust = Document(f"the trust policy of role `{role.arn}`", role.trust)
        yield Role(role.arn, trust, Grants(managed=tuple(sorted(managed))))


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
        yield Credential(secret_pattern(*place, user.secret_name), user.arn)
