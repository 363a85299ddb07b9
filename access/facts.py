"""Facts of the closure and how each was come by: they only grow."""

from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

from access.catalogue.step import Gain
from access.label import bare, taken_apart
from access.rule import WebIdentity

GIVEN = "given"
"""The step of what one starts with."""

ADMINISTERED = "administered"
"""The step by which whoever administers an account controls all of it."""

UNLIMITED = "unlimited"
"""The step by which a principal that is allowed everything administers its account."""

RETRUSTED = "retrusted"
"""The step by which a role is assumed whose trust policy the caller writes."""

PASSED = "iam-pass-role-to-unknown-service"
"""The step by which a role is passed to a service of which nobody knows what it runs."""

RENAMED = "renamed"
"""The step by which a user that is controlled is so under another name."""

REBOUND = "rebound"
"""The step by which a principal that is controlled is so under another boundary."""

STORED = "stored-credential"
"""The step by which whoever has read a stored credential controls whose it is."""

TAGGED = "session-tags"
"""The step by which a session takes the tags that its caller chooses."""


class Fact(NamedTuple):
    """Something that has come to be: a gain, and what it is a gain of."""

    gain: Gain
    of: str


def changed(fact: Fact) -> str:
    """Return the label of what a step is done to that gives a fact."""
    if fact.gain is Gain.ATTACH:
        return taken_apart(fact.of)[0]
    return bare(fact.of) if fact.gain in (Gain.BIND, Gain.MINT) else fact.of


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a fact was come by, at the least cost.

    Attributes:
        step: a step's id in the catalogue, or one of the constants above.
        cost: the steps it takes, those to its premises included.
        caller: the fact that a caller is controlled; `None` for what one starts with.
        premises: what else must have come to be.
        web: the web identity whose token it takes, where no principal of IAM is the caller.
    """

    step: str
    cost: int
    caller: Fact | None = None
    premises: tuple[Fact, ...] = ()
    web: WebIdentity | None = None


Facts = Container[Fact]
"""The facts that have come to be."""
