"""A checker of certificates: no search, no code of the search; only what must hold of a closed set.

It asks `decide` about each way out of the set that plain comparison of texts does not shut.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from access.catalogue.step import Step
from access.certificate import Certificate, catalogue_version, fingerprint
from access.checking.closed import Closed
from access.checking.implied import implied
from access.checking.limits import starts, target
from access.checking.sessions import sessions
from access.checking.taken import taken
from access.world import World

RULES = (starts, target, implied, sessions, taken)
"""What must hold of a closed set; each yields what is wrong with it."""

_SHOWN = 100  # faults: one is enough to refuse


def check(world: World, certificate: Certificate, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return what is wrong with a certificate: nothing, if the rule holds in the world."""
    if certificate.world != fingerprint(world):
        return ("the certificate is about another input",)
    if certificate.catalogue != catalogue_version(steps):
        return ("the certificate is about another catalogue of steps",)
    return tuple(islice(dict.fromkeys(_faults(Closed(world, certificate, steps))), _SHOWN))


def _faults(closed: Closed) -> Iterator[str]:
    for rule in RULES:
        yield from rule(closed)
