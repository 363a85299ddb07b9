"""A certificate's set of facts, beside the world that it is about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from access.catalogue.step import Gain, Kind, Need, Step, Target
from access.certificate import Certificate
from access.checking.admitted import ANYBODY, Admitted, admitted, together
from access.checking.doors import Actor, Doors
from access.checking.means import MeansOf
from access.checking.places import Places
from access.checking.reading import Means, account_of, acts_among, allowed_by, denies_outright
from access.decide import layers
from access.effort import limited
from access.errors import PatternTooComplexError
from access.evidence import Evidence, Put
from access.facts import Fact
from access.label import acting, bare
from access.world import Document, World

STORED = (Target.STORE, Target.KEY)
SESSIONS = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "iam:PassRole")


@dataclass(frozen=True, slots=True)
class Lacking:
    """Targets of a step that it would give something new of.

    Attributes:
        odd: those that are patterns, or are under another boundary.
    """

    every: Mapping[str, None]
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Those of an account whose own policies allow the same."""

    account: str
    means: Means
    actors: list[Actor] = field(default_factory=list[Actor])


class Closed:
    """The set that is said to be closed, and what those in it may do.

    Attributes:
        actors: who is in the set and can act; an account's administrator stands for all of it.
        alike: the same, together with those that are alike.
        actions: all actions, in lower case, by which more may come to be.
        opening: those of them that the policies of secrets and keys may allow to anybody.
        outside: the roles that are not in the set.
        doors: whom the roles outside let in.
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
        made = (Gain.MINT, Gain.RENAME, Gain.BIND)
        self.places = Places(world, dict.fromkeys(one for gain in made for one in self.all(gain)))
        self.evidence = Evidence(world)
        self.means = MeansOf(world, self.evidence, self.facts)
        self.actors = list(self._actors())
        self.alike = self._grouped()
        self._acting: dict[str, list[Alike]] = defaultdict(list)
        for alike in self.alike:
            self._acting[alike.account].append(alike)
        asked = (*SESSIONS, *(need.action for step in steps for need in step.needs))
        self.actions = frozenset(map(str.lower, asked))
        self.opening = self._opening()
        self.outside = self.lacking(Gain.CONTROL, world.roles)
        self.doors = self.doors_of(self.outside)
        self._lacking: dict[tuple[object, ...], Lacking] = {}
        self.may = cache(self._may)
        self.anyone_may = cache(self._anyone_may)

    def _actors(self) -> Iterable[Actor]:
        world, renamed = self.world, frozenset(self.all(Gain.RENAME))
        for label in self.all(Gain.CONTROL):
            if label not in self.places.stores or label in world.users or label in world.roles:
                yield Actor.of(label, renamed=label in renamed)
        for account in self.all(Gain.ADMINISTER):
            administrator = self.administrator(account)
            yield Actor.of(administrator, renamed=False)
            federated = f"arn:{self.places.partition(account)}:sts::{account}:federated-user/*"
            yield Actor.of(acting(federated, administrator), renamed=False)

    def _grouped(self) -> list[Alike]:
        found: dict[tuple[object, ...], Alike] = {}
        for actor in self.actors:
            means = self.means.of(actor.label)
            key = (actor.account, id(means), actor.name if means.tells_names else "")
            found.setdefault(key, Alike(actor.account, means)).actors.append(actor)
        return list(found.values())

    def _opening(self) -> frozenset[str]:
        rewritten = self.all(Gain.REWRITE)
        texts = {one.text for one in self.world.resources.values()}
        every = (statement for text in texts for statement in allowed_by(text))
        opened = frozenset[str]().union(*(acts_among(one, self.actions) for one in every))
        if any(label in self.places.stores for label in rewritten):
            # Who writes such a policy lets in whom they like.
            stored = (step for step in self.steps if step.target in STORED)
            opened |= {need.action.lower() for step in stored for need in step.needs}
        return opened

    def all(self, gain: Gain) -> Sequence[str]:
        """Return of what there is this gain."""
        return self._of.get(gain, ())

    def holds(self, gain: Gain, of: str) -> bool:
        """Whether a fact is in the set: by itself, or as its account is administered."""
        if gain is not Gain.UNLOCK and account_of(of) in self._administered:
            return True
        return Fact(gain, of) in self.facts

    def lacking(self, gain: Gain, labels: Iterable[str]) -> list[str]:
        """Return of which of these the gain is not in the set."""
        return [label for label in labels if not self.holds(gain, label)]

    def lacking_in(self, account: str, step: Step) -> Lacking:
        """Return what is not in the set of what a caller of an account can do a step to."""
        anywhere = step.cross_account and step.target is not Target.MEMBER
        key = (
            "" if anywhere else account,
            step.gain,
            step.target,
            step.among,
            step.kind is Kind.PASS,
        )
        found = self._lacking.get(key)
        if found is None:
            administered = account in self._administered
            places = self.places.of(account, step, administered=administered)
            every = dict.fromkeys(self.lacking(step.gain, places))
            odd = (one for one in every if {"*", "?"} & set(one) or one != bare(one))
            found = self._lacking[key] = Lacking(every, tuple(odd))
        return found

    def administrator(self, account: str) -> str:
        """Return who stands for everybody in an account."""
        return f"arn:{self.places.partition(account)}:iam::{account}:*"

    def doors_of(self, roles: Iterable[str]) -> Doors:
        """Return whom roles let in."""
        trusts = {role: admitted(self.world.roles[role].trust.text) for role in roles}
        return Doors(trusts, self.places.owners)

    def guards_of(self, stores: Iterable[str]) -> Doors:
        """Return whom the policies of secrets and keys let in."""
        return Doors({label: self._guard(label) for label in stores}, self.places.owners)

    def _guard(self, label: str) -> Admitted:
        if Fact(Gain.REWRITE, label) in self.facts:
            return ANYBODY
        documents: Iterable[Document] = self.evidence.of_resource(label)
        return together(admitted(document.text) for document in documents)

    def acting_in(self, account: str) -> Sequence[Alike]:
        """Return the actors of an account."""
        return self._acting.get(account, ())

    def _may(self, put: Put) -> bool:
        """Whether it is not denied: what cannot be decided on counts as allowed."""
        if not put.as_kind and self._is_shut(put):
            return False
        try:
            with limited():
                found = layers(*self.evidence.question(put, self.facts))
                return not found.allowed(sure=False).is_empty()
        except PatternTooComplexError:
            return True

    def _is_shut(self, put: Put) -> bool:
        """Whether an SCP denies it whoever asks, of whatever; they do not limit linked roles."""
        if ":role/aws-service-role/" in put.by:
            return False
        levels = self.evidence.scps(account_of(put.by), self.facts)
        action = put.action.lower()
        return any(denies_outright(one.text, action) for level in levels for one in level)

    def _anyone_may(self, account: str, need: Need, resource: str) -> bool:
        return any(
            self.may(Put(actor.label, need.action, resource, need.context))
            for alike in self.acting_in(account)
            if alike.means.of(need.action) or need.action.lower() in self.opening
            for actor in alike.actors
        )
