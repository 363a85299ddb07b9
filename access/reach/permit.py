"""What a principal's own policies permit of one action, on any names."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from access.effort import spend
from access.reach.clauses import Clause
from access.reach.texts import Name, named

Layer = tuple[Clause, ...]

Bounds = tuple[frozenset[str], frozenset[str]]
"""Texts in full, and beginnings of texts: what is not one of them, nor begins so, is outside."""


@dataclass(eq=False)
class Permit:
    """What a standing permits of one action.

    Attributes:
        identity: clauses of the identity-based policies, of Denies those that are in force.
        boundary: of the permissions boundary, `None` if there is none.
        levels: of the SCPs, by level.
        sure: whether doubtful clauses count against it.
    """

    identity: Layer
    boundary: Layer | None
    levels: tuple[Layer, ...]
    sure: bool

    def allows(self, caller: Name, resource: Name) -> bool:
        """Whether the action is allowed on a resource that has no policy of its own."""
        layers = (self.identity, *self._limits)
        return all(self._allow(layer, caller, resource) for layer in layers) and not self.denies(
            caller, resource
        )

    def identity_allows(self, caller: Name, resource: Name) -> bool:
        """Whether an identity-based policy allows it."""
        return self._allow(self.identity, caller, resource)

    def boundary_allows(self, caller: Name, resource: Name) -> bool:
        """Whether the boundary lets it through."""
        return self.boundary is None or self._allow(self.boundary, caller, resource)

    def scps_allow(self, caller: Name, resource: Name) -> bool:
        """Whether every level of SCPs lets it through."""
        return all(self._allow(level, caller, resource) for level in self.levels)

    def denies(self, caller: Name, resource: Name) -> bool:
        """Whether any policy denies it."""
        return any(clause.denies(caller, resource, sure=self.sure) for clause in self.clauses)

    def bounds(self, caller: Name) -> Bounds | None:
        """Return what holds all that the identity-based policies can allow; `None` for anything."""
        words: set[str] = set()
        beginnings: set[str] = set()
        for clause in self._live(caller):
            open_ended = clause.negated or clause.taken
            beginning = None if open_ended else clause.may_on.beginnings
            if beginning is None:
                return None
            words |= clause.may_on.words
            beginnings |= beginning
        return frozenset(words), frozenset(beginnings)

    def select(self, caller: Name, labels: Iterable[str]) -> list[str]:
        """Return on which of these, ARNs and patterns, it is allowed."""
        live = self._live(caller)
        if not live:
            return []
        asked = list(labels)
        spend(len(asked) * (1 + len(live)))
        found = [label for label in asked if any(clause.may_be_on(named(label)) for clause in live)]
        if self.only_allows:
            return found
        return [label for label in found if self.allows(caller, named(label))]

    def somewhere(self, caller: Name) -> bool:
        """Whether it may be allowed on some resource or other."""
        return all(
            any(clause.may_be_by(caller) for clause in layer) for layer in self._counting
        ) and not any(
            not clause.allow
            and clause.on_everything
            and (clause.sure or (self.sure and clause.doubtful))
            and clause.must_be_by(caller)
            for clause in self.clauses
        )

    @cached_property
    def words(self) -> frozenset[str] | None:
        """All resources that the identity-based policies can allow, where each is named."""
        found: set[str] = set()
        for clause in self.identity:
            if clause.allow:
                if clause.negated or clause.may_on.near or clause.may_on.rest or clause.taken:
                    return None
                found |= clause.may_on.words
        return frozenset(found)

    @cached_property
    def anybody(self) -> bool:
        """Whether no clause looks at who calls."""
        return all(clause.anybody for clause in self.clauses)

    @cached_property
    def only_allows(self) -> bool:
        """Whether one layer of Allow statements is all there is."""
        return not self._limits and all(clause.allow for clause in self.identity)

    @cached_property
    def opens_everything(self) -> bool:
        """Whether each layer has an Allow of everything that does not depend on anything."""
        return all(map(self._opens, (self.identity, *self._limits)))

    @cached_property
    def identity_opens_everything(self) -> bool:
        """Whether an identity-based policy allows everything, and does not depend on anything."""
        return self._opens(self.identity)

    def _opens(self, layer: Layer) -> bool:
        return any(
            one.allow
            and one.sure
            and not (self.sure and one.doubtful)
            and one.on_everything
            and one.anybody
            for one in layer
        )

    @cached_property
    def _limits(self) -> tuple[Layer, ...]:
        return self.levels if self.boundary is None else (self.boundary, *self.levels)

    @cached_property
    def clauses(self) -> Layer:
        """Every clause."""
        return tuple(clause for layer in (self.identity, *self._limits) for clause in layer)

    @cached_property
    def _counting(self) -> tuple[Layer, ...]:
        """Of each layer, the Allow statements that count."""
        return tuple(tuple(filter(self._counts, one)) for one in (self.identity, *self._limits))

    def _counts(self, clause: Clause) -> bool:
        return (
            clause.allow
            and not (self.sure and clause.doubtful)
            and (clause.negated or not (clause.may_on.is_empty and clause.own_on.is_empty))
        )

    def _live(self, caller: Name) -> Layer:
        """Return the Allow statements of the identity-based policies that may be of a caller."""
        counting = self._counting[0]
        return counting if self.anybody else tuple(c for c in counting if c.may_be_by(caller))

    def _allow(self, layer: Iterable[Clause], caller: Name, resource: Name) -> bool:
        return any(clause.allows(caller, resource, sure=self.sure) for clause in layer)
