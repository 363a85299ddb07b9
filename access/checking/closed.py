"""A certificate's set of facts, beside the world that it is about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from access.catalogue.step import Gain, Kind, Need, Step
from access.certificate import Certificate
from access.checking.means import MeansOf
from access.checking.places import Places
from access.checking.reading import Means, account_of, admitted, allowed_by
from access.evidence import Evidence, Put
from access.facts import Fact
from access.verdict import Denied
from access.world import World


@dataclass(frozen=True, slots=True)
class Lacking:
    """Targets of a step that it would give something new of.

    Attributes:
        odd: those that are patterns, or have a policy of their own.
    """

    every: Mapping[str, None]
    odd: tuple[str, ...]


class Closed:
    """The set that is said to be closed, and what those in it may do.

    Attributes:
        actors: who is in the set and can act; an account's administrator stands for all of it.
        outside: the roles that are not in the set.
    """

    def __init__(self, world: World, certificate: Certificate, steps: Sequence[Step]) -> None:
        self.world = world
        self.rule = certificate.rule
        self.facts = frozenset(certificate.facts)
        self.steps = steps
        self._of: dict[Gain, list[str]] = defaultdict(list)
        for fact in self.facts:
            self._of[fact.gain].append(fact.of)
        self._administered = frozenset(self.all(Gain.ADMINISTER))
        self.places = Places(world, (*self.all(Gain.MINT), *self.all(Gain.RENAME)))
        self.evidence = Evidence(world)
        self.means = MeansOf(world, self.evidence, self.facts)
        # Anybody may have what the policy of a secret or a key allows.
        texts = {one.text for one in world.resources.values()}
        self.opening = Means(tuple(one for text in texts for one in allowed_by(text)))
        self.actors = [
            *(label for label in self.all(Gain.CONTROL) if label not in self.places.stores),
            *(self.administrator(account) for account in self.all(Gain.ADMINISTER)),
        ]
        self._acting: dict[str, list[str]] = defaultdict(list)
        for actor in self.actors:
            self._acting[account_of(actor)].append(actor)
        self.outside = self.lacking(Gain.CONTROL, world.roles)
        self._lacking: dict[tuple[object, ...], Lacking] = {}
        self.may = cache(self._may)
        self.anyone_may = cache(self._anyone_may)

    def all(self, gain: Gain) -> Sequence[str]:
        """Return of what there is this gain."""
        return self._of.get(gain, ())

    def holds(self, gain: Gain, of: str) -> bool:
        """Whether a fact is in the set: by itself, or as its account is administered."""
        if Fact(gain, of) in self.facts:
            return True
        return gain is not Gain.UNLOCK and account_of(of) in self._administered

    def lacking(self, gain: Gain, labels: Iterable[str]) -> list[str]:
        """Return of which of these the gain is not in the set."""
        return [label for label in labels if not self.holds(gain, label)]

    def lacking_in(self, account: str, step: Step) -> "Lacking":
        """Return what is not in the set of what a caller of an account can do a step to."""
        passing = step.kind is Kind.PASS
        key = account, step.gain, step.target, step.among, step.cross_account, passing
        found = self._lacking.get(key)
        if found is None:
            every = dict.fromkeys(self.lacking(step.gain, self.places.of(account, step)))
            odd = [one for one in every if one in self.world.resources or {"*", "?"} & set(one)]
            found = self._lacking[key] = Lacking(every, tuple(odd))
        return found

    def administrator(self, account: str) -> str:
        """Return who stands for everybody in an account."""
        return f"arn:{self.places.partition(account)}:iam::{account}:*"

    def may_let_in(self, label: str, actor: str) -> bool:
        """Whether a policy of what is stored may let somebody in."""
        if Fact(Gain.REWRITE, label) in self.facts:
            return True
        if label in self.world.resources:
            return admitted(self.world.resources[label].text).may_be(actor)
        # An object has its bucket's policy, and a pattern those of all that it names.
        return ":s3:" in label or bool({"*", "?"} & set(label))

    def acting_in(self, account: str) -> Sequence[str]:
        """Return the actors of an account."""
        return self._acting.get(account, ())

    def may_act(self, actor: str, action: str) -> bool:
        """Whether any policy may allow somebody an action, on something or other."""
        return bool(self.means.of(actor).of(action) or self.opening.of(action))

    def _may(self, put: Put) -> bool:
        return not isinstance(self.evidence.decide(put, self.facts), Denied)

    def _anyone_may(self, account: str, need: Need, resource: str) -> bool:
        return any(
            self.may_act(one, need.action)
            and self.may(Put(one, need.action, resource, need.context))
            for one in self.acting_in(account)
        )
