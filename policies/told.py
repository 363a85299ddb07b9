"""A broken rule in words, for whoever reports it: which state is meant, and what to change."""

from collections.abc import Iterable
from typing import Final

from access.prove import Refuted
from iam_profiles.locks import OPENED
from policies.rollout import Broken

SHOWN: Final = 12
"""Steps of a path, and reasons, that a finding spells out."""


def is_refuted(broken: Broken) -> bool:
    """Whether a path was found; in the middle of a roll-out it is only not known to be shut."""
    return isinstance(broken.result, Refuted) and broken.turned is not None


def found_in(broken: Broken) -> tuple[str, str]:
    """Say what is broken, in which state; and the steps of it, or the reasons why."""
    result = broken.result
    who = listed(map(str, result.rule.from_))
    given = f"{state_of(broken)}{broken.opened}"
    if not isinstance(result, Refuted):
        why = "; ".join(result.why[:SHOWN])
        return f"{given}whether {who} can reach another account is undecided: {why}", why
    shown = (f"{number}. {hop}" for number, hop in enumerate(result.path[:SHOWN], 1))
    steps = " ".join((*shown, "…") if len(result.path) > SHOWN else shown)
    sure = "" if is_refuted(broken) else "it is undecided whether "
    return f"{given}{sure}{who} can reach `{result.reached}`: {steps}", steps


def remedy_of(result: Refuted) -> str:
    """Name the statement to change: one that is there, not one that opens a lock."""
    if result.remedy and result.remedy.statement not in OPENED:
        return str(result.remedy)
    for hop in reversed(result.path):
        for reason in reversed(hop.allowed_by):
            if reason.policy and reason.statement and reason.statement not in OPENED:
                return f"narrow or remove statement `{reason.statement}` of {reason.policy}"
    return "shut one step of the path"


def state_of(broken: Broken) -> str:
    """Say which state is meant, where it is not the one that is planned."""
    if broken.turned is None:
        return "while old and new documents are mixed, "
    if not broken.waiting:
        return ""
    if not broken.turned:
        return "as deployed, "
    turned, waiting = listed(sorted(broken.turned)), listed(sorted(broken.waiting))
    return f"with {turned} as planned and {waiting} as deployed, "


def listed(names: Iterable[str]) -> str:
    """Return the names, one after the other."""
    return ", ".join(f"`{name}`" for name in names)
