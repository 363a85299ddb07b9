"""Statements made ready for many questions: one action, one profile, any names.

Each clause says of a statement what `access.match` says of it, without asking for names first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from access.condition import Tested, test
from access.context import Context
from access.document import Statement
from access.given import Given
from access.pattern import ANYTHING, Language
from access.principal import Grant
from access.reach.actions import acts
from access.reach.callers import Callers
from access.reach.profile import Owner, Profile, looks
from access.reach.texts import EVERY, NOWHERE, Name, Union, covers, meets, of_pieces
from access.span import EVERYTHING, Span
from access.template import expand_resource, names_itself
from access.world import Unreadable, read


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement (and one way of granting) for one action and profile.

    Attributes:
        may_call, must_call: the callers it may, and must, be about, before `conditioned`.
        may_on, must_on: the resources likewise; if `negated`, all but those.
        sure: whether, of those, it is about every request.
        doubtful: whether it has something unsupported.
        own_on: what it may be on besides, if that is the caller's own: none of `taken` is.
        anybody: whether it does not matter who calls.
    """

    allow: bool
    grant: Grant
    may_call: Language
    must_call: Language
    conditioned: Span
    may_on: Union
    must_on: Union
    negated: bool
    sure: bool
    doubtful: bool
    own_on: Union = NOWHERE
    taken: frozenset[str] = frozenset()
    anybody: bool = field(init=False)

    def __post_init__(self) -> None:
        anybody = (
            self.may_call is ANYTHING
            and self.must_call is ANYTHING
            and self.conditioned is EVERYTHING
        )
        object.__setattr__(self, "anybody", anybody)

    def may_be_by(self, caller: Name) -> bool:
        """Whether it may be about the caller."""
        if self.anybody:
            return True
        if isinstance(caller, str):
            return caller in self.may_call and caller in self.conditioned.may
        return meets(self.may_call & self.conditioned.may, caller)

    def must_be_by(self, caller: Name) -> bool:
        """Whether it is about the caller, whichever it may be."""
        if self.anybody:
            return True
        if not covers(self.must_call, caller):
            return False
        return self.conditioned is EVERYTHING or covers(self.conditioned.must, caller)

    def may_be_on(self, resource: Name) -> bool:
        """Whether it may be about the resource."""
        if self.negated:
            return not self.must_on.covers(resource)
        if self.may_on.meets(resource):
            return True
        return self.own_on.meets(resource) and resource not in self.taken

    def must_be_on(self, resource: Name) -> bool:
        """Whether it is about the resource, whichever it may be."""
        if self.negated:
            return not self.may_on.meets(resource)
        return self.must_on.covers(resource)

    @property
    def on_everything(self) -> bool:
        """Whether it is about every resource."""
        return not self.negated and self.must_on.is_everything

    def denies(self, caller: Name, resource: Name, *, sure: bool) -> bool:
        """Whether it is a Deny that counts; if `sure`, a doubtful one counts wherever it may."""
        if self.allow:
            return False
        if sure and self.doubtful:
            return self.may_be_by(caller) and self.may_be_on(resource)
        return self.sure and self.must_be_by(caller) and self.must_be_on(resource)

    def allows(self, caller: Name, resource: Name, *, sure: bool) -> bool:
        """Whether it is an Allow that counts; if `sure`, no doubtful one does."""
        return (
            self.allow
            and not (sure and self.doubtful)
            and self.may_be_by(caller)
            and self.may_be_on(resource)
        )


def _anything(*, doubtful: bool) -> Clause:
    return Clause(
        allow=True,
        grant=Grant.DIRECT,
        may_call=ANYTHING,
        must_call=ANYTHING,
        conditioned=EVERYTHING,
        may_on=EVERY,
        must_on=EVERY,
        negated=False,
        sure=True,
        doubtful=doubtful,
    )


EVERYTHING_ALLOWED = (_anything(doubtful=False),)
"""The policy that whoever may write one would write."""

NOT_KNOWN = (_anything(doubtful=True),)
"""What a policy counts as that cannot be read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a policy, but for names.

    Attributes:
        action: in lower case.
        trust: whether the policy is resource-based, so that its principals count.
    """

    action: str
    profile: Profile
    owner: Owner = Owner()  # noqa: RUF009 -- frozen
    given: Given = ()
    trust: bool = False

    def seen_in(self, text: str) -> "Asked":
        """Return the question with all left out that the policy cannot see."""
        sight = looks(text)
        return Asked(
            self.action,
            sight.at(self.profile, kind=self.trust),
            self.owner if sight.owner else Owner(),
            self.given,
            self.trust,
        )


class Clauses:
    """The clauses of every text, made once for each action and all that the text can see.

    Args:
        callers: reads the principals of statements.
    """

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._made: dict[tuple[object, ...], tuple[Clause, ...]] = {}

    def of(self, text: str | None, asked: Asked) -> tuple[Clause, ...]:
        """Return the clauses of a policy; of one that is not known, those of `NOT_KNOWN`."""
        if text is None:
            return NOT_KNOWN
        seen = looks(text).seen(asked.profile, asked.owner, kind=asked.trust)
        key = text, asked.action, asked.given, asked.trust, seen
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = tuple(self._make(text, asked.seen_in(text)))
        return made

    def _make(self, text: str, asked: Asked) -> Iterator[Clause]:
        policy = read(text)
        if isinstance(policy, Unreadable):
            yield from NOT_KNOWN
            return
        context: Context | None = None
        for statement in policy.statements:
            may, must = acts(statement.actions, asked.action)
            if not may:
                continue
            context = context or asked.profile.context(asked.owner, asked.given, text)
            tested = test(statement.conditions, context, statement.version)
            if tested.truth.may:
                for clause in self._clauses(statement, tested, context, asked):
                    yield clause if must else replace(clause, sure=False)

    def _clauses(
        self, statement: Statement, tested: Tested, context: Context, asked: Asked
    ) -> Iterator[Clause]:
        taken = asked.profile.taken
        may_on, must_on, negated = _resources(statement, context, made=bool(taken))
        own_on = _own(statement, context) if taken and not negated else NOWHERE
        for grant, may, must, doubtful in self._callers.of(
            statement, asked.profile, trust=asked.trust
        ):
            doubt = doubtful or bool(tested.unsupported)
            yield Clause(
                allow=statement.effect == "Allow",
                grant=grant,
                may_call=may,
                must_call=must,
                conditioned=tested.callers,
                may_on=may_on,
                must_on=must_on,
                negated=negated,
                sure=tested.truth.must and not doubt,
                doubtful=doubt,
                own_on=own_on,
                taken=taken,
            )


def _own(statement: Statement, context: Context) -> Union:
    """Return what is a user's own, of those yet to be made: nobody is named as another."""
    element = statement.resources
    values = filter(names_itself, element.values if element else ())
    expanded = (expand_resource(value, context, statement.version).may for value in values)
    return Union.of(of_pieces(one) for one in expanded if one is not None)


def _resources(statement: Statement, context: Context, *, made: bool) -> tuple[Union, Union, bool]:
    element = statement.resources
    if element is None:  # a trust policy: it is about its own role
        return EVERY, EVERY, False
    may: list[Language] = []
    must: list[Language] = []
    void = False
    for value in element.values:
        if made and not element.negated and names_itself(value):
            continue
        if value == "*":
            may.append(ANYTHING)
            must.append(ANYTHING)
            continue
        expanded = expand_resource(value, context, statement.version)
        if expanded.may is None:
            void = True
            continue
        may.append(of_pieces(expanded.may))
        if expanded.must is not None:
            must.append(of_pieces(expanded.must, by_component=True))
    if void:  # a variable without value may void the statement: no Deny is certain then
        may, must = ([*may, ANYTHING], must) if element.negated else (may, [])
    return Union.of(may), Union.of(must), element.negated
