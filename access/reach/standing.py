"""What a principal stands for but for its name: principals that stand alike are judged once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from access.principal import Kind
from access.reach.clauses import EVERYTHING_ALLOWED, Asked, Clause, Clauses, Given
from access.reach.permit import Layer, Permit
from access.reach.profile import Looks, Owner, Profile, looks

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

    @property
    def limits(self) -> Iterable[Text]:
        """The texts that limit it, whatever it is allowed."""
        yield from self.boundary
        for level in self.levels:
            yield from level


@dataclass(eq=False)
class Permits:
    """What has been found out about those on whom the same bears, wherever they are.

    Attributes:
        judged: what bears on them, as far as it makes a difference to what is permitted.
    """

    judged: Bearing
    found: dict[tuple[str, Owner, Given], Permit] = field(
        default_factory=dict[tuple[str, Owner, Given], Permit]
    )
    _told_by: dict[tuple[object, ...], Clause] = field(
        default_factory=dict[tuple[object, ...], Clause]
    )
    _seen: int = 0

    def told_by(self) -> Iterable[Clause]:
        """Return clauses that tell callers apart as all of them do together."""
        for permit in islice(self.found.values(), self._seen, None):
            for one in () if permit.anybody else permit.clauses:
                if not one.anybody:
                    # Each account's clauses are its own; whom they tell apart is mostly the same.
                    sets = one.may_call, one.must_call, one.conditioned.may, one.conditioned.must
                    self._told_by.setdefault(tuple(each.shape for each in sets), one)
        self._seen = len(self.found)
        return self._told_by.values()


Shared = dict[Bearing, Permits]
"""The permits of bearings that make no difference."""


def _difference(bearing: Bearing) -> Bearing:
    """Return a bearing without what makes no difference to what it permits."""
    allowing = () if bearing.anything else bearing.allowing
    denying = tuple(dict.fromkeys(filter(may_deny, bearing.denying)))
    seen = [looks(text) for text in (*allowing, *denying, *bearing.limits) if text is not None]
    profile = Looks.together(seen).at(bearing.profile, kind=False)
    return replace(bearing, profile=profile, allowing=allowing, denying=denying)


def may_deny(text: Text) -> bool:
    """Whether a policy may have a Deny of anything at all."""
    return text is not None and ('"Deny"' in text or "\\u" in text)


@dataclass(eq=False)
class Standing:
    """What bears on principals that are alike, with what has been found out about it."""

    bearing: Bearing
    clauses: Clauses
    sure: bool
    shared: Shared

    def permit(self, action: str, owner: Owner = Owner(), given: Given = ()) -> Permit:  # noqa: B008 -- frozen
        """Return what it permits of an action, in lower case."""
        key = action, owner if self.sees_owner else Owner(), given
        found = self.permits.found.get(key)
        if found is None:
            found = self._permit(Asked(action, self.profile, key[1], given))
            self.permits.found[key] = found
        return found

    @cached_property
    def permits(self) -> Permits:
        """What is permitted, shared by all for whom it is the same."""
        judged = _difference(self.bearing)
        permits = self.shared.get(judged)
        if permits is None:
            permits = self.shared[judged] = Permits(judged)
        return permits

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
        judged = self.permits.judged
        yield from (*judged.allowing, *judged.denying, *judged.limits)

    @property
    def opens_everything(self) -> bool:
        """Whether a policy of its own allows everything, whatever limits there are besides."""
        if self.profile.kind in (Kind.SERVICE, Kind.FEDERATED):
            return False
        return self.bearing.anything or self.permit("*").identity_opens_everything

    @cached_property
    def is_unlimited(self) -> bool:
        """Whether everything is allowed to it, whatever is asked and of whatever in its account."""
        if self.profile.kind in (Kind.SERVICE, Kind.FEDERATED):
            return False
        judged = self.permits.judged
        if any(map(may_deny, (*judged.denying, *judged.limits))):
            return False
        return self.permit("*").opens_everything

    def _permit(self, asked: Asked) -> Permit:
        bearing = self.permits.judged

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
