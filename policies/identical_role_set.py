"""The law `identical_role_set`: every account has the model's roles, alike but for their trust."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Final

from iam_profiles.documents import RoleDocuments
from iam_profiles.model import Account, Profiles
from iam_profiles.names import AccountId, AccountName, Arn
from iam_profiles.paths import role_path
from iam_profiles.render import render
from policies.finding import Finding
from policies.iam import Holder, Iam, same_document, unsealed
from policies.iam_view import view
from policies.known_types import Kind
from policies.registered import UNKNOWN, Registered, Value

DESCRIPTION: Final = "Every account has the model's role set, alike but for whom the roles trust"

_AWS_DEFAULT_SESSION_SECONDS: Final = 3600
_REMEDY: Final = "register it as the model renders it; a change belongs into profiles/roles/"


def judge(stack: Registered, profiles: Profiles, account: Account) -> tuple[Finding, ...]:
    """Return where the roles registered here differ from those that every account has."""
    return tuple(dict.fromkeys(_differences(stack, profiles, account)))


def _differences(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    organization = profiles.organization
    iam = view(stack, organization.partition, account.id)
    yield from iam.gaps_of(Kind.ROLE)
    path = role_path(organization)
    here: dict[str, list[Holder]] = {}
    for role in iam.of_kind(Kind.ROLE):
        here.setdefault(role.name, []).append(role)
    expected = {role.name: role for role in _role_set(profiles, account)}
    for name, documents in expected.items():
        if name not in here:
            yield Finding(None, f"role `{name}` of the role set is not registered", _REMEDY)
        for role in here.get(name, ()):
            yield from _unlike(role, documents, iam)
        for role in here.get(name, ())[1:]:
            yield Finding(role.urn, f"role `{name}` is registered twice", "remove this one")
    for name, roles in here.items():
        if name not in expected:
            for role in roles:
                if role.path.startswith(path):
                    yield Finding(
                        role.urn,
                        f"role `{name}` is under `{path}` and in no other account",
                        "add it to profiles/roles/, for every account, or give it another path",
                    )


def _role_set(profiles: Profiles, account: Account) -> Iterator[RoleDocuments]:
    """The role set as this account must have it: that of an account which does not exist.

    Not rendered for this account, so that a rendering that treats one account differently from the
    others is seen; only the account's own id is then filled in.
    """
    organization = profiles.organization
    taken = {one.id for one in organization.accounts}
    own = next(AccountId(f"{number:012}") for number in count() if f"{number:012}" not in taken)
    tier = next(tier for tier in organization.tiers if tier != "state")
    reference = Account(name=AccountName("role-set-reference"), id=own, tier=tier)
    accounts = (*organization.accounts, reference)
    everywhere = profiles.model_copy(
        update={"organization": organization.model_copy(update={"accounts": accounts})}
    )
    for role in render(everywhere, reference.name).roles:
        yield _moved(role, own, account.id)


def _moved(role: RoleDocuments, here: AccountId, there: AccountId) -> RoleDocuments:
    policies = tuple(
        replace(
            policy,
            arn=Arn(policy.arn.replace(here, there)),
            document=policy.document.replace(here, there),
        )
        for policy in role.policies
    )
    return replace(role, policies=policies)


def _unlike(role: Holder, expected: RoleDocuments, iam: Iam) -> Iterator[Finding]:
    """Find how one role differs from what it is in every account."""
    for urn, difference in (*_own(role, expected), *_carried(role, expected, iam)):
        found = f"role `{role.name}` is not as in the other accounts: {difference}"
        yield Finding(urn, found, _REMEDY)
    yield from unsealed(role)


def _own(role: Holder, expected: RoleDocuments) -> Iterator[tuple[str, str]]:
    inputs = role.resource.inputs
    session = inputs.get("maxSessionDuration") or _AWS_DEFAULT_SESSION_SECONDS
    for what, found, wanted in (
        ("path", role.path, expected.path),
        ("longest session in seconds", session, expected.max_session_seconds),
        ("boundary", inputs.get("permissionsBoundary") or None, None),
    ):
        if found != wanted:
            yield role.urn, f"its {what} is `{_shown(found)}`, not `{_shown(wanted)}`"


def _carried(role: Holder, expected: RoleDocuments, iam: Iam) -> Iterator[tuple[str, str]]:
    documents = {str(policy.arn): policy.document for policy in expected.policies}
    wanted = {*documents, *expected.managed_policy_arns}
    for carried in role.carried:
        if carried.inline or carried.name not in wanted:
            yield carried.given_by, f"it carries `{carried.name}`"
    for arn in sorted(wanted - role.attached):
        yield role.urn, f"it does not carry `{arn}`"
    for arn, document in documents.items():
        if not (declared := iam.policies.get(arn, ())):
            yield role.urn, f"its policy `{arn}` is not registered in this stack"
        for policy in declared:
            if not same_document(policy.inputs.get("policy"), document):
                yield policy.urn, f"its policy `{arn}` says something else, or is unknown"


def _shown(value: Value) -> str:
    if value is UNKNOWN:
        return "unknown"
    return f"{value:.0f}" if isinstance(value, float) else str(value)
