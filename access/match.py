"""One statement against what is asked: which pairs of caller and resource it is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from access.condition import Tested, test
from access.document import Element, PolicyDocument, Principals, Statement, Version
from access.pattern import NOTHING, Language
from access.principal import Caller, Grant, named, of_its_account
from access.region import Box, Region
from access.request import Ask
from access.span import EMPTY, EVERYTHING, Span, union
from access.template import expand_resource, names_itself


class Attached(Enum):
    """To what a policy is attached: that decides which elements its statements must have."""

    IDENTITY = "identity"
    """Identity-based policies, boundaries, session policies, SCPs: about a resource."""
    RESOURCE = "resource"
    """Resource-based policies, trust policies, RCPs: about a principal."""


@dataclass(frozen=True, slots=True)
class Match:
    """What one statement is about, within what is asked: at most `may`, at least `must`."""

    policy: str
    statement: Statement
    grant: Grant
    may: Region
    must: Region
    unsupported: tuple[str, ...]

    @property
    def title(self) -> str:
        """The statement as reasons name it."""
        return f"statement `{self.statement.name}` of {self.policy}"


def matches(document: PolicyDocument, attached: Attached, ask: Ask) -> tuple[Match, ...]:
    """Return what each statement is about, as far as it may be about something asked.

    A statement whose principals are granted in different ways gives one match for each way.
    """
    return tuple(
        match
        for statement in document.statements
        for match in _matches(document.name, statement, attached, ask)
    )


def _matches(policy: str, statement: Statement, attached: Attached, ask: Ask) -> Iterator[Match]:
    acted = _actions(statement.actions, ask).truth(ask.actions)
    tested = test(statement.conditions, ask.context, statement.version) if acted.may else Tested()
    if not (acted.may and tested.truth.may):
        return
    resources = _resources(statement, ask)
    for grant, callers, why in _callers(statement, attached, ask.caller):
        span = (callers & tested.callers).within(ask.caller.names)
        may = Region.of([Box(span.may, resources.may)])
        unsupported = (*tested.unsupported, *why)
        sure = acted.must and tested.truth.must and not unsupported
        must = Region.of([Box(span.must, resources.must)]) if sure else Region()
        if not may.is_empty():
            yield Match(policy, statement, grant, may, must, unsupported)


def _actions(element: Element, ask: Ask) -> Span:
    """Return the actions the element is about, in lower case.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    spans: list[Span] = []
    for value in element.values:
        language = Language.glob(value.lower())
        service = value.partition(":")[0]
        # AWS takes no wildcard in the service's name but `*` alone: such a Deny denies nothing.
        known = value == "*" or not {"*", "?"} & set(service)
        spans.append(Span(language, language if known else NOTHING))
    found = union(spans, ask.actions)
    return ~found if element.negated else found


def _resources(statement: Statement, ask: Ask) -> Span:
    """Return the resources asked about that the statement is about.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    element = statement.resources
    if element is None:  # a trust policy: it is about its own role
        return EVERYTHING.within(ask.resources)
    spans = [_resource(value, ask, statement.version) for value in element.values]
    found = union((span for span in spans if span is not None), ask.resources)
    found = (~found).within(ask.resources) if element.negated else found
    # AWS says both that a variable without value matches nothing and that it voids the statement.
    return Span(found.may, NOTHING) if None in spans else found


def _resource(value: str, ask: Ask, version: Version) -> Span | None:
    """Return the resources that a pattern matches; `None` where a variable in it has no value."""
    if value == "*":
        return EVERYTHING
    asked = ask.resources.finite
    if asked is not None and names_itself(value) and asked <= ask.caller.taken:
        return EMPTY  # no user is named as another
    read = expand_resource(value, ask.context, version)
    if read.may is None:
        return None
    # AWS does not say whether a wildcard crosses the colons of an ARN: it may, it need not.
    must = NOTHING if read.must is None else Language.segmented(read.must)
    return Span(Language.of(read.may), must)


def _callers(
    statement: Statement, attached: Attached, caller: Caller
) -> Iterator[tuple[Grant, Span, tuple[str, ...]]]:
    """Yield whom the statement names: those of each grant together, each doubtful entry alone."""
    principals = statement.principals
    if attached is Attached.IDENTITY:
        misplaced = () if principals is None else ("a principal in an identity-based policy",)
        yield Grant.DIRECT, EVERYTHING, misplaced
        return
    if principals is None:
        yield Grant.DIRECT, EVERYTHING, ("no principal in a resource-based policy",)
        return
    if principals.negated:
        yield from _all_but(statement, principals, caller)
        return
    found = [named(entry, caller) for entry in principals.entries]
    for one in found:
        if one.unsupported is not None:
            yield one.grant, Span(one.callers.may, NOTHING), (one.unsupported,)
    for grant in Grant:
        spans = (one.callers for one in found if one.grant is grant and one.unsupported is None)
        yield grant, union(spans, caller.names), ()


def _all_but(
    statement: Statement, principals: Principals, caller: Caller
) -> Iterator[tuple[Grant, Span, tuple[str, ...]]]:
    """Yield whom `NotPrincipal` leaves over: surely those of accounts that no entry is of.

    Within an account that is named, AWS may check the account, the role or the session; with
    Allow, and in a trust policy, it takes no `NotPrincipal`.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    doubt = ("`NotPrincipal`",)
    if statement.effect == "Allow" or statement.resources is None or not caller.in_iam:
        yield Grant.DIRECT, EVERYTHING, doubt
        return
    spared = union((of_its_account(entry) for entry in principals.entries), caller.names).may
    yield Grant.DIRECT, Span.exact(~spared), ()
    yield Grant.DIRECT, Span(spared, NOTHING), doubt
