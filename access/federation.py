"""Whose sessions a web identity is given: where somebody starts who is no principal of IAM."""

from collections.abc import Iterator

from access.evidence import Evidence, Put
from access.facts import Derivation, Fact
from access.reach.trusts import openness
from access.rule import WebIdentity
from access.verdict import Allowed, Denied
from access.world import World

WEB_IDENTITY = "sts-assume-role-with-web-identity"
"""The catalogue's step by which a web identity is given a session."""

_ACTION = "sts:AssumeRoleWithWebIdentity"


def admission(evidence: Evidence, identity: WebIdentity, role: str, *, sure: bool) -> Put | None:
    """Return the request by which a role is assumed with the identity's token, if it may be.

    If `sure`, what cannot be decided on counts as refused.
    """
    doubtful: Put | None = None
    for put in _requests(evidence.world, identity, role):
        verdict = evidence.decide(put, frozenset[Fact]())
        if isinstance(verdict, Allowed):
            return put
        if not isinstance(verdict, Denied):
            doubtful = doubtful or put
    return None if sure else doubtful


def admitting(world: World, identity: WebIdentity, *, sure: bool) -> Iterator[str]:
    """Yield the roles that a web identity may assume: each is where it starts."""
    evidence = Evidence(world)
    for role in world.roles:
        if admission(evidence, identity, role, sure=sure) is not None:
            yield role


def first_hop(identity: WebIdentity) -> Derivation:
    """Return how control of a role is come by that is assumed with the identity's token."""
    return Derivation(WEB_IDENTITY, 1, web=identity)


def _requests(world: World, identity: WebIdentity, role: str) -> Iterator[Put]:
    """Yield the requests that the trust policy may let in, one for each provider of the issuer."""
    admits = openness(world.roles[role].trust.text)
    named = {one for one in admits.providers if identity.is_vouched_for_by(one)}
    own = {identity.provider(role)} if admits.everyone else set[str]()
    for provider in sorted(named | own):
        yield Put(provider, _ACTION, role, identity.given, trust=True, as_kind="federated")
