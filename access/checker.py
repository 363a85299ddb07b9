"""A checker of certificates: no search, no code of the search; only what must hold of a closed set.

It puts each way out of the set that no comparison of texts shuts to the exact decision.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from access.catalogue.step import Step
from access.certificate import ASSUMPTIONS, Certificate, catalogue_version, fingerprint
from access.checking.closed import Closed
from access.checking.implied import made, rebound, renamed, stored, vouched
from access.checking.limits import given_sessions, starts, target
from access.checking.sessions import assumed, tagged
from access.checking.stated import missing, newer, unknown
from access.checking.taken import passed, taken
from access.world import World

RULES = (
    *(unknown, missing, newer),
    *(starts, given_sessions, target),
    *(made, rebound, renamed, stored, vouched),
    *(assumed, tagged, taken, passed),
)
"""What must hold of a closed set; each yields what is wrong with it."""

_SHOWN = 100  # faults: one is enough to refuse


def check(world: World, certificate: Certificate, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return what is wrong with a certificate: nothing, if the rule holds in the world."""
    if certificate.world != fingerprint(world):
        return ("the certificate is about another input",)
    if certificate.catalogue != catalogue_version(steps):
        return ("the certificate is about another catalogue of steps",)
    if certificate.assumptions != ASSUMPTIONS:
        return ("the certificate makes other assumptions than the checker",)
    if len(frozenset(certificate.facts)) < len(certificate.facts):
        return ("the certificate states a fact twice",)
    return tuple(islice(dict.fromkeys(_faults(Closed(world, certificate, steps))), _SHOWN))


def _faults(closed: Closed) -> Iterator[str]:
    for rule in RULES:
        found = list(rule(closed))
        yield from found
        if found and rule is unknown:
            return  # of what there is not, nothing can be asked
