"""Proofs that are checked before anybody sees them: the search's word alone is never taken."""

from collections.abc import Sequence
from dataclasses import replace

from access.catalogue import Step
from access.catalogue import steps as catalogue_steps
from access.checker import check
from access.errors import PatternTooComplexError
from access.prove import Proof, Proofs, Result, Undecided, prove
from access.rule import Rule
from access.world import World


def verified(
    world: World, rules: Sequence[Rule], *, catalogue: Sequence[Step] | None = None
) -> Proofs:
    """Return the verdict on each rule; a proof that the checker does not take is undecided."""
    steps = catalogue_steps() if catalogue is None else tuple(catalogue)
    return verify(world, prove(world, rules, catalogue=steps), steps)


_OURS = "report this as a bug"


def verify(world: World, proofs: Proofs, steps: Sequence[Step], *, remedy: str = _OURS) -> Proofs:
    """Return the proofs as the checker leaves them: taken, or undecided with what is wrong.

    `remedy` is what to do about a proof that is not taken.
    """
    # INVARIANT: no `Proof` comes out of here that the checker has not taken.
    results = tuple(_verify(world, result, steps, remedy) for result in proofs.results)
    return replace(proofs, results=results, checked=True)


def _verify(world: World, result: Result, steps: Sequence[Step], remedy: str) -> Result:
    if not isinstance(result, Proof):
        return result
    if result.certificate.rule != result.rule:
        faults: tuple[str, ...] = ("the certificate is about another rule",)
    else:
        try:
            faults = check(world, result.certificate, steps)
        except PatternTooComplexError as error:
            return Undecided(result.rule, (f"the proof cannot be checked: {error}",))
    told = (f"the checker does not accept the proof: {fault}; {remedy}" for fault in faults)
    return Undecided(result.rule, tuple(told)) if faults else result
