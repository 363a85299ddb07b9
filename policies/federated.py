"""Whether a trust policy lets in the tokens of declared identities, and of nobody else."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Final

from access.document import PrincipalEntry, Statement
from iam_profiles.matrix import matrix
from iam_profiles.model import Account, Federation, Profiles
from iam_profiles.paths import reader_path
from iam_profiles.render_readers import with_reader
from policies.iam import arn
from policies.registered import Resource

_WITH_TOKEN: Final = "sts:assumerolewithwebidentity"  # noqa: S105 -- an action's name
_BY_PROVIDERS: Final = (_WITH_TOKEN, "sts:assumerolewithsaml")
_MOST: Final = 10_000
"""Combinations of claims that are looked at; a statement with more is refused."""


class Declared:
    """The tokens by which a role may be assumed in an account, as the model says."""

    def __init__(self, profiles: Profiles, account: Account, role: Resource) -> None:
        organization = profiles.organization
        self._provider = arn(organization.partition, account.id, "oidc-provider/")
        kept_out = {
            rule.identity_class
            for rule in organization.isolation
            if account.tier in rule.never_reaches
        }
        access = matrix(profiles)
        name, path = role.text("name"), role.text("path")
        if account.tier == "state" and (reader := reader_at(profiles, name, path)):
            self.tokens: tuple[Federation, ...] = (reader,)
            return
        names = [one.name for one in profiles.roles if one.name == name]
        self.tokens = tuple(
            dict.fromkeys(
                identity.federation
                for name in names
                for identity in access.admitted(name, account)
                if identity.federation and identity.identity_class not in kept_out
            )
        )

    def beyond(self, entry: PrincipalEntry, statement: Statement) -> str | None:
        """Say why a Federated principal lets in more than the declared; `None` if it does not."""
        host = entry.value.removeprefix(self._provider)
        of_issuer = [one for one in self.tokens if one.host == host]
        if host == entry.value or not of_issuer:
            return "an issuer none of whose tokens is granted this role here"
        if statement.actions.negated or {*map(str.lower, statement.actions.values)} != {
            _WITH_TOKEN
        }:
            return "for more than assuming the role with a token"
        for claims in islice(_admitted(statement, host), _MOST):
            if not any(_is_of(claims, one) for one in of_issuer):
                said = ", ".join(f"`{claim}` `{value}`" for claim, value in claims.items())
                return f"with exactly {said or 'no claim'}, which is no declared identity's token"
        if next(islice(_admitted(statement, host), _MOST, None), None) is not None:
            return f"with more than {_MOST:,} combinations of claims"
        return None


def reader_at(profiles: Profiles, name: object, path: object) -> Federation | None:
    """Return whose tokens open the reader of this name under this path, if there is to be one."""
    for user, tokens in with_reader(profiles):
        if (user.name, reader_path(profiles.organization, user.identity_class)) == (name, path):
            return tokens
    return None


def whoever_is_vouched_for(statement: Statement) -> str | None:
    """Say that a statement names no provider and lets in the users of any; `None` if not."""
    principals = statement.principals
    everybody = (
        principals is None
        or principals.negated
        or any(one.kind == "*" for one in principals.entries)
    )
    if not everybody or not any(_acts(statement, action) for action in _BY_PROVIDERS):
        return None
    return "lets in whoever any identity provider of the account vouches for"


def _acts(statement: Statement, action: str) -> bool:
    named = any(fnmatchcase(action, one.lower()) for one in statement.actions.values)
    return named is not statement.actions.negated


def _admitted(statement: Statement, host: str) -> Iterator[Mapping[str, str]]:
    """Yield each combination of claims that `StringEquals` pins; other tests only narrow it."""
    pinned: dict[str, set[str]] = {}
    host = host.lower()  # an issuer's path may have capitals; condition keys have no case
    for condition in statement.conditions:
        key = condition.key.lower()
        if condition.operator.lower() == "stringequals" and key.startswith(f"{host}:"):
            values = set(condition.values)
            claim = key.removeprefix(f"{host}:")
            pinned[claim] = pinned[claim] & values if claim in pinned else values
    names = sorted(pinned)
    for values in product(*(sorted(pinned[name]) for name in names)):
        yield dict(zip(names, values, strict=True))


def _is_of(claims: Mapping[str, str], tokens: Federation) -> bool:
    """Whether whoever has these claims is the identity: each of its claims is among them."""
    wanted = (("aud", tokens.audience), *tokens.claims)
    return all(claims.get(claim) == value for claim, value in wanted)
