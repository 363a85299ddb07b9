"""A role's trust policy in one account: the resource side of the lock, which must suffice alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from iam_profiles.isolation import forbidden_accounts
from iam_profiles.matrix import Granted, Identity
from iam_profiles.model import Account, Organization, Role, TrustedService
from iam_profiles.names import Arn, IdentityClass
from iam_profiles.paths import (
    account_root,
    class_pattern,
    state_account,
    user_arn,
)
from iam_profiles.render_federation import federated_statements
from iam_profiles.statements import (
    ASSUME,
    ASSUME_ANYHOW,
    PolicyStatement,
    characters,
    document,
)
from iam_profiles.terms import Terms


@dataclass(frozen=True, slots=True)
class Admission:
    """Identities of one class who are let in on the same terms, by name or as a whole class."""

    identity_class: IdentityClass
    terms: Terms
    users: tuple[Arn, ...]
    by_class: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust policy, and whom it had to admit by class because naming them would not fit."""

    document: str
    by_class: tuple[Admission, ...]


def trust(
    organization: Organization,
    role: Role,
    account: Account,
    admitted: Mapping[Identity, tuple[Granted, ...]],
) -> Trust:
    """Return the trust policy that admits exactly who is granted the role in the account.

    Its principal is the state account, its condition `aws:PrincipalArn` with whole user ARNs: a
    role session's value for that key is its role's ARN, so that no chain of roles matches, and a
    user who does not exist yet needs no principal id. Where the names do not fit the quota, the
    longest list gives way to the class's path, one after the other; never to another class. The
    claims of federated identities stay exact, whatever the length.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    admissions = _admissions(organization, admitted)
    tokens = tuple(federated_statements(organization, account, admitted))
    while True:
        text = document(_statements(organization, role, account, admissions, tokens))
        named = [admission for admission in admissions if not admission.by_class]
        if characters(text) <= organization.quotas.trust_policy_characters or not named:
            return Trust(text, tuple(entry for entry in admissions if entry.by_class))
        longest = max(named, key=lambda admission: sum(map(len, admission.users)))
        admissions = [
            replace(entry, by_class=True) if entry is longest else entry for entry in admissions
        ]


def _admissions(
    organization: Organization, admitted: Mapping[Identity, tuple[Granted, ...]]
) -> list[Admission]:
    users: dict[tuple[IdentityClass, Terms], set[Arn]] = defaultdict(set)
    for identity, ways in admitted.items():
        for way in ways if identity.federation is None else ():
            arn = user_arn(organization, identity.identity_class, identity.name)
            users[identity.identity_class, Terms(way.mfa, way.expires)].add(arn)
    by_class_and_terms = sorted(users.items(), key=lambda item: (item[0][0], item[0][1].order))
    return [
        Admission(identity_class, terms, tuple(sorted(arns)))
        for (identity_class, terms), arns in by_class_and_terms
    ]


def _statements(
    organization: Organization,
    role: Role,
    account: Account,
    admissions: Iterable[Admission],
    tokens: Iterable[PolicyStatement],
) -> list[PolicyStatement]:
    allows = [*(_allow(organization, admission) for admission in admissions), *tokens]
    services = [
        _allow_service(number, service, account)
        for number, service in enumerate(role.trusted_services, start=1)
    ]
    denies = [
        _deny(f"Deny{identity_class.capitalize()}", class_pattern(organization, identity_class))
        for identity_class in IdentityClass
        if account in forbidden_accounts(organization, identity_class)
    ]
    if not allows and not services:
        # A trust policy cannot be empty; this one says that nobody is let in, and means it.
        denies.append(_deny("DenyEverybody"))
    return [*allows, *services, *denies]


def _allow(organization: Organization, admission: Admission) -> PolicyStatement:
    identity_class, terms = admission.identity_class, admission.terms
    who = (
        ("ArnLike", (("aws:PrincipalArn", (class_pattern(organization, identity_class),)),))
        if admission.by_class
        else ("ArnEquals", (("aws:PrincipalArn", admission.users),))
    )
    return PolicyStatement(
        sid=f"Allow{identity_class.capitalize()}{terms.suffix}",
        effect="Allow",
        actions=ASSUME,
        principal=("AWS", account_root(organization, state_account(organization).id)),
        conditions=(who, *terms.conditions),
    )


def _allow_service(number: int, trusted: TrustedService, account: Account) -> PolicyStatement:
    """Let a service in for resources of the same account only: no confused deputy.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return PolicyStatement(
        sid=f"AllowService{number}",
        effect="Allow",
        actions=tuple(sorted(trusted.actions)),
        principal=("Service", trusted.service),
        conditions=(("StringEquals", (("aws:SourceAccount", (account.id,)),)),),
    )


def _deny(sid: str, users: Arn | None = None) -> PolicyStatement:
    """Deny every way in, to users of a class or to all: it holds however the Allows are edited."""
    return PolicyStatement(
        sid=sid,
        effect="Deny",
        actions=ASSUME_ANYHOW,
        principal="*",
        conditions=() if users is None else (("ArnLike", (("aws:PrincipalArn", (users,)),)),),
    )
