"""What has come to be, what will and at which cost, and whom it concerns."""

from collections import defaultdict
from collections.abc import Iterable

from access.arn import account_of
from access.catalogue.step import Gain
from access.effort import spend
from access.facts import Derivation, Fact
from access.label import bare
from access.reach.units import Standings, Unit

Taken = tuple[str, str | None, Fact]
"""A step as somebody takes it: its id, the caller, and what comes of it."""


class Ledger:
    """The facts of a closure as they come to be, and who must be drawn again because of them.

    Attributes:
        facts: every fact, with its derivation.
        due: `{fact that has come to be, or will: its least cost as far as is known}`.
        pending: what will come to be, by cost.
        units: `{label: unit}` of what is controlled or has been made.
        touching: `{label: the facts that concern it}`.
        renamed: `{account: the new names that users of it may have}`.
        acting: `{label of a user: the federated users that act for it}`.
        again: who must be drawn again.
    """

    def __init__(self, standings: Standings, without: frozenset[Taken]) -> None:
        self._standings = standings
        self._without = without
        self.facts: dict[Fact, Derivation] = {}
        self.due: dict[Fact, int] = {}
        self.pending: dict[int, list[tuple[Fact, Derivation]]] = defaultdict(list)
        self.units: dict[str, Unit] = {}
        self.touching: dict[str, dict[Fact, None]] = defaultdict(dict)
        self.renamed: dict[str, list[str]] = defaultdict(list)
        self.acting: dict[str, list[str]] = defaultdict(list)
        self.again: dict[str, None] = {}

    def learn(self, gain: Gain, of: Iterable[str], derivation: Derivation) -> None:
        """Let facts come to be when their cost is due."""
        cost = derivation.cost
        for subject in of:
            fact = Fact(gain, subject)
            if self.due.get(fact, cost + 1) > cost and not self._is_left_out(fact, derivation):
                self.due[fact] = cost
                self.pending[cost].append((fact, derivation))

    def _is_left_out(self, fact: Fact, derivation: Derivation) -> bool:
        caller = derivation.caller.of if derivation.caller else None
        return bool(self._without) and (derivation.step, caller, fact) in self._without

    def touch(self, fact: Fact, labels: Iterable[str]) -> None:
        """Note whom a fact concerns, and let those of them that are controlled be drawn again."""
        loose = self._standings.loose
        if loose:
            labels = [one for label in labels for one in (label, *loose.get(bare(label), ()))]
        concerned = (*labels, *self._of_renamed(labels))
        if self.acting:  # federated users have what their maker has
            concerned += tuple(one for of in concerned for one in self.acting.get(of, ()))
        spend(len(concerned))
        for label in concerned:
            self.touching[label][fact] = None
            if Fact(Gain.CONTROL, label) in self.facts:
                self.again[label] = None

    def _of_renamed(self, labels: Iterable[str]) -> Iterable[str]:
        """Return the new names under which users may be whom a fact concerns."""
        accounts = {account_of(label) for label in labels if ":user/" in label}
        return [new for account in accounts for new in self.renamed.get(account, ())]
