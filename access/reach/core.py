"""What of a policy's text bears on any step: texts that agree in it can stand for each other."""

from dataclasses import replace
from functools import cache, lru_cache

from access.catalogue import steps
from access.document import Statement
from access.newer import newer_actions
from access.reach.actions import matches_action
from access.reach.profile import looks
from access.reach.standing import may_deny
from access.world import Unreadable, read

_SESSIONS = frozenset(
    {
        *("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"),
        *("sts:tagsession", "sts:setsourceidentity", "iam:passrole"),
    }
)


@lru_cache(maxsize=1 << 12)
def core(text: str | None) -> object:
    """Return what a text says to the steps of the catalogue: equal for texts that say the same."""
    policy = Unreadable("") if text is None else read(text)
    if text is None or isinstance(policy, Unreadable):
        return text
    said = tuple(
        replace(statement, index=0, sid=None)
        for statement in policy.statements
        if _bears(statement)
    )
    # A standing is unlimited only where no text has a Deny of anything at all.
    return policy.version, said, may_deny(text), looks(text), newer_actions((text,))


def _bears(statement: Statement) -> bool:
    element = statement.actions
    if element.negated:
        return True
    return any(matches_action(value, _actions(), sure=False) for value in element.values)


@cache
def _actions() -> frozenset[str]:
    return _SESSIONS | {need.action.lower() for step in steps() for need in step.needs}
