"""What a principal stands for but for its name: principals that stand alike are judged once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from access.principal import Kind
from access.reach.clauses import EVERYTHING_ALLOWED, Asked, Clause, Clauses, Given
from access.reach.profile import Owner, Profile
from access.reach.texts import ALL, Name

Text = str | None
"""A policy's text; `None` if it is not known."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What a standing permits of one action.

    Attributes:
        identity: clauses of the identity-based policies; a Deny counts only if it is in force.
        boundary: of the permissions boundary, `None` if there is none.
        levels: of the SCPs, by level.
        sure: whether doubtful clauses count against it.
    """

    identity: tuple[Clause, ...]
    boundary: tuple[Clause, ...] | None
    levels: tuple[tuple[Clause, ...], ...]
    sure: bool

    def allows(self, caller: Name, resource: Name) -> bool:
        """Whether the action is allowed on a resource that has no policy of its own."""
        return (
            self.identity_allows(caller, resource)
            and self.limits_allow(caller, resource)
            and not self.denies(caller, resource)
        )

    def identity_allows(self, caller: Name, resource: Name) -> bool:
        """Whether an identity-based policy allows it."""
        return _allow(self.identity, caller, resource, sure=self.sure)

    def boundary_allows(self, caller: Name, resource: Name) -> bool:
        """Whether the boundary lets it through."""
        return self.boundary is None or _allow(self.boundary, caller, resource, sure=self.sure)

    def limits_allow(self, caller: Name, resource: Name) -> bool:
        """Whether boundary and SCPs let it through."""
        return self.boundary_allows(caller, resource) and self.scps_allow(caller, resource)

    def scps_allow(self, caller: Name, resource: Name) -> bool:
        """Whether every level of SCPs lets it through."""
        return all(_allow(level, caller, resource, sure=self.sure) for level in self.levels)

    def denies(self, caller: Name, resource: Name) -> bool:
        """Whether any policy denies it."""
        every = (self.identity, self.boundary or (), *self.levels)
        return any(
            clause.denies(caller, resource, sure=self.sure) for layer in every for clause in layer
        )

    @property
    def words(self) -> frozenset[str] | None:
        """All resources that the identity-based policies can allow, where each is named."""
        found: set[str] = set()
        for clause in self.identity:
            if clause.allow:
                if clause.negated or any(texts.words is None for texts in clause.may_on):
                    return None
                found.update(word for texts in clause.may_on for word in texts.words or ())
        return frozenset(found)

    @property
    def anybody(self) -> bool:
        """Whether no clause looks at who calls."""
        every = (self.identity, self.boundary or (), *self.levels)
        return all(clause.anybody for layer in every for clause in layer)

    def somewhere(self, caller: Name) -> bool:
        """Whether it may be allowed on some resource or other."""
        return (
            any(
                clause.allow
                and not (self.sure and clause.doubtful)
                and clause.may_be_by(caller)
                for clause in self.identity
            )
            and all(
                any(clause.allow and clause.may_be_by(caller) for clause in level)
                for level in (*(() if self.boundary is None else (self.boundary,)), *self.levels)
            )
            and not self._denied_everywhere(caller)
        )

    def _denied_everywhere(self, caller: Name) -> bool:
        every = (self.identity, self.boundary or (), *self.levels)
        return any(
            not clause.allow
            and clause.on_everything
            and clause.sure
            and clause.must_be_by(caller)
            for layer in every
            for clause in layer
        )


def _allow(clauses: Iterable[Clause], caller: Name, resource: Name, *, sure: bool) -> bool:
    return any(clause.allows(caller, resource, sure=sure) for clause in clauses)


@dataclass(frozen=True, slots=True)
class Bearing:
    """What bears on a principal, as texts.

    Attributes:
        profile: what policies see of it besides its name.
        allowing: the identity-based policies.
        denying: those of them whose Denies are in force.
        anything: whether it has a policy that allows everything.
        boundary: the boundary's text; empty if there is none.
        levels: the SCPs by level.
    """

    profile: Profile
    allowing: tuple[Text, ...] = ()
    denying: tuple[Text, ...] = ()
    anything: bool = False
    boundary: tuple[Text, ...] = ()
    levels: tuple[tuple[Text, ...], ...] = ()


@dataclass(eq=False)
class Standing:
    """What bears on principals that are alike, with what has been found out about it."""

    bearing: Bearing
    clauses: Clauses
    sure: bool
    _permits: dict[tuple[str, Owner, Given], Permit] = field(
        default_factory=dict[tuple[str, Owner, Given], Permit]
    )

    def permit(self, action: str, owner: Owner = Owner(), given: Given = ()) -> Permit:  # noqa: B008 -- frozen
        """Return what it permits of an action, in lower case."""
        key = action, owner, given
        found = self._permits.get(key)
        if found is None:
            found = self._permits[key] = self._permit(Asked(action, self.profile, owner, given))
        return found

    @property
    def profile(self) -> Profile:
        """What policies see of it besides its name."""
        return self.bearing.profile

    @cached_property
    def is_unlimited(self) -> bool:
        """Whether everything is allowed to it, whatever is asked and of whatever in its account."""
        if self.profile.kind in (Kind.SERVICE, Kind.FEDERATED):
            return False
        permit = self._permit(Asked("*", self.profile))
        layers = (permit.identity, *([] if permit.boundary is None else [permit.boundary]))
        return all(
            any(_is_open(clause) for clause in layer) for layer in (*layers, *permit.levels)
        ) and self._denies_nothing()

    def _denies_nothing(self) -> bool:
        bearing = self.bearing
        texts = [*bearing.denying, *bearing.boundary, *(text for one in bearing.levels for text in one)]
        return not any('"Deny"' in (text or "") or "\\u" in (text or "") for text in texts)

    def _permit(self, asked: Asked) -> Permit:
        bearing = self.bearing

        def layer(texts: Iterable[Text]) -> tuple[Clause, ...]:
            return tuple(clause for text in texts for clause in self.clauses.of(text, asked))

        allowing = tuple(clause for clause in layer(bearing.allowing) if clause.allow)
        denying = tuple(clause for clause in layer(bearing.denying) if not clause.allow)
        mine = EVERYTHING_ALLOWED if bearing.anything else ()
        return Permit(
            identity=mine + allowing + denying,
            boundary=layer(bearing.boundary) if bearing.boundary else None,
            levels=tuple(layer(level) for level in bearing.levels),
            sure=self.sure,
        )


def _is_open(clause: Clause) -> bool:
    """Whether it allows everything asked, to everybody, whatever the context."""
    return clause.allow and clause.sure and clause.on_everything and clause.anybody
