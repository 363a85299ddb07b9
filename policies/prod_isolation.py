"""The law `prod_isolation`: identities of a class never reach the accounts their rules forbid.

Judged on this stack's side alone: in a forbidden account no trust lets the class in; in the state
account no policy lets it try. Either side suffices, whatever the other one says. Then proved over
all accounts, by whatever path, in whatever state between what is deployed and what is planned.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from access.document import PolicyDocument
from access.identity import permits
from access.trust import admits
from access.verdict import Denied
from iam_profiles.model import Account, Organization, Profiles
from iam_profiles.names import IdentityClass
from iam_profiles.paths import class_pattern, user_path
from policies.every_account import Proved, every_account
from policies.finding import Finding
from policies.iam import Carried, Holder, Iam, Undetermined, arn, read
from policies.iam_view import view
from policies.known_types import ROLE, Kind
from policies.named_accounts import acted_on, let_in
from policies.outsiders import outsiders
from policies.registered import UNKNOWN, Registered, Resource
from policies.unjudged import unjudged

DESCRIPTION: Final = "Identities of a class never reach the accounts that an isolation rule forbids"

_ASSUME: Final = "sts:AssumeRole"


def judge(
    stack: Registered, profiles: Profiles, account: Account, proved: Proved | None = None
) -> tuple[Finding, ...]:
    """Return every reason why this stack may let an identity in where it must never come.

    `proved` is what came of the proof over all accounts; without it, nothing counts as deployed.
    """
    found = by_itself(stack, profiles, account)
    proved = proved or every_account(stack, profiles, account)
    return tuple(dict.fromkeys((*found, *proved.findings)))


def by_itself(stack: Registered, profiles: Profiles, account: Account) -> tuple[Finding, ...]:
    """Return the reasons that this stack shows by itself: a part of the law, and no proof."""
    return tuple(
        dict.fromkeys(finding for part in PARTS for finding in part(stack, profiles, account))
    )


def trust_side(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    """Find the roles here whose trust may admit an identity that must never come here."""
    organization = profiles.organization
    kept_out = [one for one in IdentityClass if account in _forbidden(organization, one)]
    for role in stack.of_type(ROLE) if kept_out else ():
        for reason in _openings(role, kept_out, profiles, account):
            yield Finding(
                role.urn,
                f"the trust policy may open `{account.name}`: {reason}",
                "let it admit exact principals, and deny the class, as the model renders it",
            )
    names = {role.text("name") for role in stack.of_type(ROLE)}
    for role in profiles.roles if kept_out else ():
        if role.name not in names:
            yield Finding(
                None,
                f"role `{role.name}` is not registered, so nothing shows whom it trusts",
                "register the whole role set, and preview all of the stack",
            )


def identity_side(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    """Find the identities here whose policies may let them try what they must never do."""
    if account.tier != "state":
        return
    organization = profiles.organization
    iam = view(stack, organization.partition, account.id)
    yield from iam.gaps_of(Kind.GROUP, Kind.USER)
    for identity_class in IdentityClass:
        if forbidden := _forbidden(organization, identity_class):
            yield from _unseen(iam, profiles, identity_class)
            path = user_path(organization, identity_class)
            for user in iam.of_kind(Kind.USER):
                if user.path.startswith(path):
                    yield from _attempts(user, iam, organization, forbidden)


PARTS: Final[tuple[Callable[[Registered, Profiles, Account], Iterator[Finding]], ...]] = (
    unjudged,
    trust_side,
    identity_side,
)
"""What this stack is judged by, on its own."""


def _forbidden(organization: Organization, identity_class: IdentityClass) -> tuple[Account, ...]:
    # Read from the rules again, not from the renderer: its mistakes are what is looked for here.
    tiers = {
        tier
        for rule in organization.isolation
        if rule.identity_class == identity_class
        for tier in rule.never_reaches
    }
    return tuple(account for account in organization.accounts if account.tier in tiers)


def _callers(
    organization: Organization, identity_class: IdentityClass, named: frozenset[str] | None
) -> Iterator[tuple[str, str]]:
    """Whom the class is, or may become in the accounts that it reaches, and why.

    Of these accounts, those that are `named`: of the others, nobody can be let in.
    """
    yield class_pattern(organization, identity_class), f"of class `{identity_class}`"
    forbidden = _forbidden(organization, identity_class)
    for account in organization.accounts:
        if named is not None and account.id not in named:
            continue
        if account.tier != "state" and account not in forbidden:
            everybody = arn(organization.partition, account.id, "*")
            yield everybody, f"whom class `{identity_class}` may become"


def _openings(
    role: Resource,
    kept_out: Iterable[IdentityClass],
    profiles: Profiles,
    account: Account,
) -> Iterator[str]:
    organization = profiles.organization
    trust = read(role.inputs.get("assumeRolePolicy"), "the trust policy")
    if isinstance(trust, Undetermined):
        yield trust.why
        return
    yield from outsiders(trust, role, profiles, account)
    named = let_in(trust)
    for identity_class in kept_out:
        for callers, why in _callers(organization, identity_class, named):
            verdict = admits(trust, callers, role_account=account.id)
            if not isinstance(verdict, Denied):
                yield f"`{callers}`, {why}, is {verdict}"


def _attempts(
    user: Holder, iam: Iam, organization: Organization, forbidden: tuple[Account, ...]
) -> Iterator[Finding]:
    """Find what may let a user assume any role of a forbidden account, as far as policies say."""
    bound = user.resource.text("permissionsBoundary")
    if bound is UNKNOWN:
        yield Finding(user.urn, "its boundary is unknown until the update", "name the class's own")
    cap = iam.attached(user.urn, bound) if isinstance(bound, str) else None
    carried = iam.reaching(user)
    for one in (*carried, *((cap,) if cap else ())):
        if isinstance(one.document, Undetermined):
            yield Finding(
                one.stated_by,
                f"what user `{user.name}` may do cannot be told: {one.document.why}",
                "register the policy in this stack, as a plain string",
            )
    # INVARIANT: what is not known never makes a verdict milder; an unknown boundary is none.
    boundary = cap.document if cap and isinstance(cap.document, PolicyDocument) else None
    documents = [one.document for one in carried if isinstance(one.document, PolicyDocument)]
    named = [acted_on(one, _ASSUME) for one in documents]
    for account in forbidden:
        # What no policy allows anything in, nobody may try: only the others are asked about.
        if not any(one is None or account.id in one for one in named):
            continue
        roles = arn(organization.partition, account.id, "role/*")
        if reason := _permission(user, carried, boundary, roles):
            culprits = [one for one in carried if _permission(user, (one,), boundary, roles)]
            yield Finding(
                culprits[0].stated_by if culprits else user.urn,
                f"user `{user.name}` may assume roles in `{account.name}`: {reason}",
                "take it off, and let the class's boundary and groups deny the account",
            )


def _permission(
    user: Holder, carried: Sequence[Carried], boundary: PolicyDocument | None, roles: str
) -> str | None:
    """Why these policies may let the user assume one of the roles; `None` if they do not."""
    told = (one.document for one in carried if isinstance(one.document, PolicyDocument))
    policies = tuple(dict.fromkeys(told))
    verdict = permits(policies, _ASSUME, roles, boundary=boundary, principal=user.arn)
    return None if isinstance(verdict, Denied) else str(verdict)


def _unseen(iam: Iam, profiles: Profiles, identity_class: IdentityClass) -> Iterator[Finding]:
    """Find the class's identities that this stack would hide from the rule."""
    path = user_path(profiles.organization, identity_class)
    users = {user.name: user for user in iam.of_kind(Kind.USER)}
    people = profiles.people if identity_class is IdentityClass.PEOPLE else ()
    machines = (
        one
        for one in profiles.service_users
        if one.identity_class is identity_class and one.federation is None
    )
    for identity in (*people, *machines):
        user = users.get(identity.name)
        if user is None:
            yield Finding(
                None,
                f"user `{identity.name}` is not registered, so nothing shows what it may do",
                "register every identity, and preview all of the stack",
            )
        elif user.path != path:
            yield Finding(
                user.urn,
                f"user `{user.name}` of class `{identity_class}` is under `{user.path}`",
                f"put it under `{path}`: the class's rules find it by its path",
            )
