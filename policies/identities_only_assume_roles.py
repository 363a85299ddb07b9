"""The law `identities_only_assume_roles`: what a group grants is assuming exact roles of ours.

The one reviewed exception is the policy by which people manage their own MFA device: without it
they could never use what needs MFA. It is known by its exact text, and to one group only.
"""

from collections.abc import Iterator
from typing import Final

from access.document import Statement
from iam_profiles.documents import AccountDocuments
from iam_profiles.model import Account, Organization, Profiles
from iam_profiles.names import IdentityClass
from iam_profiles.paths import OWN_MFA_POLICY, PEOPLE_GROUP, boundary_arn, role_path, user_path
from iam_profiles.render import render
from iam_profiles.statements import ASSUME
from policies.finding import Finding
from policies.iam import Carried, Holder, Iam, Undetermined, same_document, unsealed
from policies.iam_view import view
from policies.known_types import Kind
from policies.registered import Registered

DESCRIPTION: Final = "Identities can only assume roles: every other permission is a role's"

_ASSUME: Final = frozenset(action.lower() for action in ASSUME)
_PATTERN_CHARACTERS: Final = frozenset("*?$")


def judge(stack: Registered, profiles: Profiles, account: Account) -> tuple[Finding, ...]:
    """Return every permission of an identity that is not assuming a role of the role set."""
    iam = view(stack, profiles.organization.partition, account.id)
    model = render(profiles, account.name)
    found = (
        *iam.gaps_of(Kind.GROUP, Kind.USER),
        *_out_of_place(iam, account),
        *_of_groups(iam, profiles.organization, model),
        *_of_users(iam, profiles),
        *_of_boundaries(iam, model),
    )
    return tuple(dict.fromkeys(found))


def _out_of_place(iam: Iam, account: Account) -> Iterator[Finding]:
    """Find identities in an account where there must be none."""
    if account.tier != "state":
        for holder in (*iam.of_kind(Kind.USER), *iam.of_kind(Kind.GROUP)):
            yield Finding(
                holder.urn,
                f"{holder.kind} `{holder.name}` is in account `{account.name}`",
                "identities live in the state account only; here, let a role trust them",
            )


def _of_groups(iam: Iam, organization: Organization, model: AccountDocuments) -> Iterator[Finding]:
    own_mfa = {
        (str(group.name), str(policy.arn)): policy.document
        for group in model.groups
        for policy in group.policies
        if group.name == PEOPLE_GROUP and policy.name == OWN_MFA_POLICY
    }
    roles = _role_prefixes(organization)
    for group in iam.of_kind(Kind.GROUP):
        yield from unsealed(group)
        for carried in group.carried:
            exception = own_mfa.get((group.name, carried.name))
            if exception is None or carried.inline:
                yield from _beyond_assuming(group, carried, roles)
            elif not _says(iam, carried.name, exception):
                yield Finding(
                    carried.stated_by,
                    f"`{carried.name}` is not the reviewed text by which people manage their MFA",
                    "register it as the model renders it",
                )


def _role_prefixes(organization: Organization) -> tuple[str, ...]:
    """What the ARN of every role of the role set begins with, in all accounts."""
    path = role_path(organization)
    return tuple(
        f"arn:{organization.partition}:iam::{account.id}:role{path}"
        for account in organization.accounts
    )


def _beyond_assuming(group: Holder, carried: Carried, roles: tuple[str, ...]) -> Iterator[Finding]:
    """Find the statements of a group's policy that allow more than assuming exact roles."""
    if isinstance(carried.document, Undetermined):
        yield Finding(
            carried.stated_by,
            f"what group `{group.name}` grants cannot be told: {carried.document.why}",
            "register the policy in this stack, as the model renders it",
        )
        return
    for statement in carried.document.statements:
        if statement.effect == "Allow" and (more := _more_than_assuming(statement, roles)):
            yield Finding(
                carried.stated_by,
                f"group `{group.name}` grants more than assuming roles: statement "
                f"`{statement.name}` of `{carried.name}` allows {more}",
                "put the permission into a role in profiles/roles/, and grant the role",
            )


def _more_than_assuming(statement: Statement, roles: tuple[str, ...]) -> str | None:
    if statement.actions.negated:
        return "every action but some"
    if others := [one for one in statement.actions.values if one.lower() not in _ASSUME]:
        return _listed(others)
    if statement.resources is None or statement.resources.negated:
        return "every resource but some"
    inexact = [
        one
        for one in statement.resources.values
        if not one.startswith(roles) or _PATTERN_CHARACTERS & set(one)
    ]
    return f"it on {_listed(inexact)}" if inexact else None


def _of_users(iam: Iam, profiles: Profiles) -> Iterator[Finding]:
    """Find the users that are not what their class is: where it is, and as bounded as it is."""
    organization = profiles.organization
    classes: dict[str, IdentityClass] = {
        **{person.name: IdentityClass.PEOPLE for person in profiles.people},
        **{
            machine.name: machine.identity_class
            for machine in profiles.service_users
            if machine.federation is None
        },
    }
    for user in iam.of_kind(Kind.USER):
        identity_class = classes.get(user.name)
        if identity_class is None:
            yield Finding(
                user.urn,
                f"user `{user.name}` is nobody in the model",
                "declare it in profiles/teams/, or remove it",
            )
            continue
        if user.path != (path := user_path(organization, identity_class)):
            yield Finding(
                user.urn,
                f"user `{user.name}` is under `{user.path}`, not under its class's path",
                f"put it under `{path}`",
            )
        boundary = boundary_arn(organization, identity_class)
        if user.resource.text("permissionsBoundary") != boundary:
            yield Finding(
                user.urn,
                f"user `{user.name}` does not have the boundary of its class",
                f"give it `{boundary}`",
            )


def _of_boundaries(iam: Iam, model: AccountDocuments) -> Iterator[Finding]:
    """Find the boundaries that say something else than was reviewed."""
    for boundary in model.boundaries:
        if not _says(iam, boundary.arn, boundary.document):
            declared = iam.policies.get(boundary.arn, ())
            yield Finding(
                declared[0].urn if declared else None,
                f"boundary `{boundary.arn}` is missing, or says something else than the model",
                "register it once, as the model renders it",
            )


def _says(iam: Iam, arn: str, text: str) -> bool:
    """Whether the stack registers this policy once, with exactly this text."""
    declared = iam.policies.get(arn, ())
    return len(declared) == 1 and same_document(declared[0].inputs.get("policy"), text)


def _listed(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
