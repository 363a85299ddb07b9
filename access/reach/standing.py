"""What a principal stands for but for its name: principals that stand alike are judged once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from access.principal import Kind
from access.reach.clauses import EVERYTHING_ALLOWED, Asked, Clauses, Given
from access.reach.permit import Layer, Permit
from access.reach.profile import Owner, Profile, looks

Text = str | None
"""A policy's text; `None` if it is not known."""


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
        key = action, owner if self.sees_owner else Owner(), given
        found = self._permits.get(key)
        if found is None:
            found = self._permits[key] = self._permit(Asked(action, self.profile, key[1], given))
        return found

    @property
    def profile(self) -> Profile:
        """What policies see of it besides its name."""
        return self.bearing.profile

    @cached_property
    def sees_owner(self) -> bool:
        """Whether a policy looks at whose the resource is."""
        return any(text is not None and looks(text).owner for text in self._texts)

    @property
    def _texts(self) -> Iterable[Text]:
        bearing = self.bearing
        yield from (*bearing.allowing, *bearing.denying, *bearing.boundary)
        for level in bearing.levels:
            yield from level

    @cached_property
    def is_unlimited(self) -> bool:
        """Whether everything is allowed to it, whatever is asked and of whatever in its account."""
        if self.profile.kind in (Kind.SERVICE, Kind.FEDERATED):
            return False
        permit = self._permit(Asked("*", self.profile))
        return permit.opens_everything and self._denies_nothing()

    def _denies_nothing(self) -> bool:
        bearing = self.bearing
        texts = [
            *bearing.denying,
            *bearing.boundary,
            *(text for one in bearing.levels for text in one),
        ]
        return not any('"Deny"' in (text or "") or "\\u" in (text or "") for text in texts)

    def _permit(self, asked: Asked) -> Permit:
        bearing = self.bearing

        def layer(texts: Iterable[Text]) -> Layer:
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
