"""Proofs kept: the proof about a changed world, reusing what the change leaves as it was."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace

from access.catalogue import steps as catalogue_steps
from access.catalogue.step import Step
from access.certificate import Digest, catalogue_version
from access.errors import PatternTooComplexError
from access.federation import admitting
from access.prove import Proof, Proofs, Prover, prove_each
from access.reach.delta import Delta, compare
from access.reach.ledger import Taken
from access.reach.settled import Settled
from access.rule import Rule, Start, WebIdentity
from access.world import World


class Reproof:
    """The proofs of rules about a world, from which those about a changed world follow sooner.

    A change keeps a proof if its closed set is closed in the changed world too: only what the
    change touches is tried anew. The set may then hold more than still comes to be. In full is
    proved again

    - if the catalogue is another than this package's;
    - if a rule was, or is, not proved: the path must be the shortest;
    - if an entry of the world comes or goes, or an account, a policy of a resource, a credential
      or a unique id is another;
    - if something new comes to be, a user may be renamed, or a changed text is the first that
      looks at tags;
    - if a changed trust policy admits everybody or a unique id, or has to do with identity
      providers or other services than before;
    - where policies look at IAM's own condition keys, if a boundary, an attached policy, or what
      those policies state of the keys, is another;
    - if over 1,000 controlled principals have a changed policy.

    Attributes:
        world: what was proved about.
        proofs: the verdicts of `prove` for it.
    """

    def __init__(
        self, world: World, rules: Sequence[Rule], *, catalogue: Sequence[Step] | None = None
    ) -> None:
        steps = catalogue_steps() if catalogue is None else tuple(catalogue)
        self.world = world
        self._rules = tuple(rules)
        self._prover = Prover(world, steps)
        self._digest: Digest | None = Digest(world)
        version = catalogue_version(steps)
        self.proofs: Proofs = prove_each(self._prover, self._rules, self._digest.whole, version)

    def after(self, world: World) -> "Reproof":
        """Return the proofs of the same rules about another world, with the verdicts of `prove`.

        What was kept goes over to what is returned: from this one, another world is proved anew.
        """
        known = self._prover.steps == catalogue_steps()
        delta = compare(self.world, world) if known and self._digest else None
        if delta is not None and all(isinstance(one, Proof) for one in self.proofs.results):
            found = self._kept(world, delta)
            if found is not None:
                return found
        return Reproof(world, self._rules, catalogue=self._prover.steps)

    def _kept(self, world: World, delta: Delta) -> "Reproof | None":
        digest, self._digest = self._digest, None
        ways = {rule: self._prover.breach(rule)[0] for rule in self._rules}
        starts = dict.fromkeys(rule.from_ for rule in self._rules)
        try:
            closures = {
                (rule.from_, how, frozenset[Taken]()): self._prover.closure(rule.from_, how)
                for rule, how in ways.items()
            }
            settled = (Settled(one, world, delta) for one in closures.values())
            if digest is None or not all(one.holds() for one in settled):
                return None
            if _given_sessions(self.world, starts) != _given_sessions(world, starts):
                return None
            prover = replace(self._prover, world=world, _closures=closures)
            if any(prover.newer(rule, how) for rule, how in ways.items()):
                return None
        except PatternTooComplexError:
            return None
        digest.change(delta.entries)
        found = copy(self)
        found.world, found._prover, found._digest = world, prover, digest  # noqa: SLF001 -- its own
        found.proofs = _about(self.proofs, digest.whole)
        return found


def _given_sessions(world: World, starts: Iterable[tuple[Start, ...]]) -> list[tuple[str, ...]]:
    """Return the roles that each web identity may assume: no standing tells of them."""
    identities = (one for from_ in starts for one in from_ if isinstance(one, WebIdentity))
    return [tuple(admitting(world, one, sure=False)) for one in identities]


def _about(proofs: Proofs, world: str) -> Proofs:
    """Return the same proofs, of a world of another digest."""
    results = tuple(
        replace(one, certificate=replace(one.certificate, world=world))
        for one in proofs.results
        if isinstance(one, Proof)
    )
    return replace(proofs, results=results, world=world)
