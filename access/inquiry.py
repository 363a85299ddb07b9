"""Single questions about a world: who can do something, whether somebody can, and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from access.decide import Policies, decide, layers
from access.document import Element, PolicyDocument, PrincipalEntry, Principals, Statement
from access.effort import limited
from access.errors import AccessError
from access.evidence import Evidence, Put
from access.facts import Fact
from access.layers import Layers
from access.match import Attached, Match, matches
from access.request import Ask, Request
from access.verdict import Allowed, Denied, Undecided, Verdict
from access.world import World

_ANYTHING = Element(("*",))
_ANYBODY = Principals((PrincipalEntry("*", "*"),))
_ACTION = re.compile(r"\*|[a-z0-9*?-]+:[a-z0-9*?]+", re.IGNORECASE | re.ASCII)
_TRUSTING = ("sts:assume", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


class PrincipalUnknownError(AccessError):
    """A principal was asked about that is not in the input."""

    def __init__(self, arn: str) -> None:
        super().__init__(
            f"`{arn[:200]}` is not in the input; give the ARN of one of its users or roles"
        )


class ActionInvalidError(AccessError):
    """What was asked about is no action, so that nobody could ever be allowed it."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text[:200]}` is not an action; write `service:Action`, such as `sts:AssumeRole`"
        )


class Bearing(Enum):
    """What a statement does to a request."""

    ALLOWS = "allows"
    DENIES = "denies"
    DOUBTFUL = "cannot be decided on"
    SILENT = "does not apply"


@dataclass(frozen=True, slots=True)
class Line:
    """What one statement does to a request, and why.

    Attributes:
        layer: which policies it is among: `the identity-based policies`, `the SCPs of level 1`, ….
        why: for one that does not apply, the elements by which it does not.
    """

    layer: str
    policy: str
    statement: str
    effect: str
    bearing: Bearing
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Answers about a world as it is, before anybody changes it."""

    world: World

    def can(self, principal: str, action: str, resource: str) -> Verdict:
        """Return whether any such request of the principal's is allowed, and by which statements.

        Raises:
            PrincipalUnknownError: there is no such user or role.
            ActionInvalidError: the action is none.
            ArnParseError: the resource is not an ARN, nor a pattern of one.
        """
        return decide(*self._question(principal, action, resource))

    def who_can(self, action: str, resource: str) -> Iterator[tuple[str, Allowed | Undecided]]:
        """Yield every user and role that may be allowed it, sorted, with the verdict.

        Raises:
            ActionInvalidError: the action is none.
            ArnParseError: the resource is not an ARN, nor a pattern of one.
        """
        for arn in sorted((*self.world.users, *self.world.roles)):
            verdict = self.can(arn, action, resource)
            if not isinstance(verdict, Denied):
                yield arn, verdict

    def explain(self, principal: str, action: str, resource: str) -> tuple[Line, ...]:
        """Return what every statement that could bear on the request does to it.

        Raises:
            PrincipalUnknownError: there is no such user or role.
            ActionInvalidError: the action is none.
            ArnParseError: the resource is not an ARN, nor a pattern of one.
            PatternTooComplexError: it takes too much work to tell.
        """
        request, policies = self._question(principal, action, resource)
        with limited():
            passed = layers(request, policies)
            return tuple(_lines(passed, policies))

    def _question(self, principal: str, action: str, resource: str) -> tuple[Request, Policies]:
        if principal not in self.world.users and principal not in self.world.roles:
            raise PrincipalUnknownError(principal)
        if not _ACTION.fullmatch(action):
            raise ActionInvalidError(action)
        trust = action.lower().startswith(_TRUSTING)
        return Evidence(self.world).question(
            Put(principal, action, resource, trust=trust), frozenset[Fact]()
        )


def _lines(passed: Layers, policies: Policies) -> Iterator[Line]:
    identity, resource = Attached.IDENTITY, Attached.RESOURCE
    parts = (
        (passed.identity.title, policies.identity, identity),
        (passed.boundary.title, _some(policies.boundary), identity),
        (passed.resource.title, _some(policies.resource), resource),
        *(
            (layer.title, level, attached)
            for found, hierarchy, attached in (
                (passed.scps, policies.scps, identity),
                (passed.rcps, policies.rcps, resource),
            )
            for layer, level in zip(found, hierarchy, strict=True)
        ),
    )
    for title, documents, attached in parts:
        for document in documents:
            for statement in document.statements:
                yield _line(title, document, statement, attached, passed.ask)


def _some(document: PolicyDocument | None) -> tuple[PolicyDocument, ...]:
    return () if document is None else (document,)


def _line(
    layer: str, document: PolicyDocument, statement: Statement, attached: Attached, ask: Ask
) -> Line:
    found = _matches(document, statement, attached, ask)
    bearing, why = _bearing(statement, found)
    if bearing is Bearing.SILENT:
        why = tuple(_missed(document, statement, attached, ask))
    return Line(layer, document.name, statement.name, statement.effect, bearing, why)


def _bearing(statement: Statement, found: tuple[Match, ...]) -> tuple[Bearing, tuple[str, ...]]:
    doubts = tuple(dict.fromkeys(why for match in found for why in match.unsupported))
    if not found:
        return Bearing.SILENT, ()
    if doubts and all(match.unsupported for match in found):
        return Bearing.DOUBTFUL, doubts
    if statement.effect == "Allow":
        return Bearing.ALLOWS, ()
    # A Deny counts where it is certain to apply: to some of what is asked about, at least.
    if any(not match.must.is_empty() for match in found):
        return Bearing.DENIES, ()
    return Bearing.SILENT, ()


def _missed(
    document: PolicyDocument, statement: Statement, attached: Attached, ask: Ask
) -> Iterator[str]:
    """Yield the elements by which it does not apply: each alone, all others wide open."""
    anybody = None if statement.principals is None else _ANYBODY
    anything = None if statement.resources is None else _ANYTHING
    wide = replace(
        statement, actions=_ANYTHING, resources=anything, principals=anybody, conditions=()
    )
    alone = {
        "another action": replace(wide, actions=statement.actions),
        "another resource": replace(wide, resources=statement.resources),
        "another principal": replace(wide, principals=statement.principals),
        "its conditions": replace(wide, conditions=statement.conditions),
    }
    found = [why for why, one in alone.items() if not _applies(document, one, attached, ask)]
    yield from found or ["its elements together"]


def _applies(document: PolicyDocument, statement: Statement, attached: Attached, ask: Ask) -> bool:
    found = _matches(document, statement, attached, ask)
    if statement.effect == "Allow":
        return bool(found)
    return any(not match.must.is_empty() for match in found)


def _matches(
    document: PolicyDocument, statement: Statement, attached: Attached, ask: Ask
) -> tuple[Match, ...]:
    return matches(replace(document, statements=(statement,)), attached, ask)
