"""The law `only_declared_federation`: an account trusts the declared identities' tokens, no others.

In every account, not only where a class must never come: a token that nobody declared is nobody's.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from access.document import PolicyDocument
from iam_profiles.documents import IdentityProviderDocuments
from iam_profiles.model import Account, Profiles
from iam_profiles.render import render
from policies.federated import Declared, whoever_is_vouched_for
from policies.finding import Finding
from policies.iam import read
from policies.known_types import IDENTITY_PROVIDER, ROLE
from policies.readers import readers
from policies.registered import UNKNOWN, Registered, Resource

DESCRIPTION: Final = "Accounts trust the tokens of declared federated identities, and no others"

_REMEDY: Final = "declare the identity's `federation` in profiles/teams/, or remove this"


def judge(stack: Registered, profiles: Profiles, account: Account) -> tuple[Finding, ...]:
    """Return every issuer and every trust in tokens that the model does not declare."""
    found = (
        *_providers(stack, profiles, account),
        *_trusts(stack, profiles, account),
        *readers(stack, profiles, account),
    )
    return tuple(dict.fromkeys(found))


def _providers(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    declared = {one.url: one for one in render(profiles, account.name).identity_providers}
    here: dict[str, list[Resource]] = defaultdict(list)
    for provider in stack.of_type(IDENTITY_PROVIDER):
        url = provider.text("url")
        if not isinstance(url, str):
            yield Finding(provider.urn, "its issuer is unknown until the update", _REMEDY)
        elif url not in declared:
            yield Finding(provider.urn, f"no identity that may come here is of `{url}`", _REMEDY)
        else:
            here[url].append(provider)
            yield from _audiences(provider, declared[url])
    for url in declared.keys() - here.keys():
        remedy = "register it as the model renders it, and preview all of the stack"
        yield Finding(None, f"the identity provider of `{url}` is not registered", remedy)
    for providers in here.values():
        for more in providers[1:]:
            yield Finding(more.urn, "the issuer is registered twice", "remove this one")


def _audiences(provider: Resource, declared: IdentityProviderDocuments) -> Iterator[Finding]:
    found = provider.texts("clientIdLists")
    if found is UNKNOWN:
        yield Finding(provider.urn, "its audiences are unknown until the update", _REMEDY)
    elif {*found} != {*declared.audiences}:
        said = ", ".join(f"`{one}`" for one in sorted(found)) or "none"
        wanted = ", ".join(f"`{one}`" for one in declared.audiences)
        yield Finding(provider.urn, f"its audiences are {said}, not {wanted}", _REMEDY)
    if provider.inputs.get("thumbprintLists"):
        found_there = "it has thumbprints, so that a certificate of no public authority would do"
        yield Finding(provider.urn, found_there, "remove `thumbprintLists`")


def _trusts(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    for role in stack.of_type(ROLE):
        trust = read(role.inputs.get("assumeRolePolicy"), "the trust policy")
        if not isinstance(trust, PolicyDocument):
            yield Finding(role.urn, trust.why, "write it from the model, as a plain string")
            continue
        declared = Declared(profiles, account, role)
        for statement in trust.statements:
            if statement.effect == "Allow":
                if why := whoever_is_vouched_for(statement):
                    yield Finding(role.urn, f"statement `{statement.name}` {why}", _REMEDY)
                for entry in statement.principals.entries if statement.principals else ():
                    if entry.kind == "Federated" and (why := declared.beyond(entry, statement)):
                        found = f"statement `{statement.name}` lets in `{entry.value}`, {why}"
                        yield Finding(role.urn, found, _REMEDY)
