"""Which actions policies and their Action elements are about: each pattern is matched once."""

from functools import lru_cache

from access.document import Element
from access.pattern import Language
from access.world import Unreadable, read


@lru_cache(maxsize=1 << 16)
def _action(pattern: str, action: str) -> tuple[bool, bool]:
    """Return whether the action may, and must, be meant by a pattern."""
    if pattern == "*":
        return True, True
    lowered = pattern.lower()
    if lowered == action:
        return True, True
    if not {"*", "?"} & set(lowered):
        return False, False
    if len(lowered) - lowered.count("*") > len(action):  # a hostile one is not taken apart
        return False, False
    matched = action in Language.glob(lowered)
    # AWS takes no wildcard in the service's name but `*` alone: such a Deny denies nothing.
    return matched, matched and not {"*", "?"} & set(lowered.partition(":")[0])


@lru_cache(maxsize=1 << 16)
def matches_action(pattern: str, actions: frozenset[str], *, sure: bool) -> frozenset[str]:
    """Return which of the actions, in lower case, a pattern may mean; if `sure`, which it must."""
    if pattern == "*":
        return actions
    if not {"*", "?"} & set(pattern):
        return frozenset((pattern.lower(),)) & actions
    return frozenset(action for action in actions if _action(pattern, action)[sure])


def acts(element: Element, action: str) -> tuple[bool, bool]:
    """Return whether an element may, and must, be about an action in lower case."""
    found = [_action(value, action) for value in element.values]
    may, must = any(one for one, _ in found), any(two for _, two in found)
    return (not must, not may) if element.negated else (may, must)


def relevant(text: str | None, actions: frozenset[str]) -> frozenset[str]:
    """Return which of the actions a policy may allow, on some resource or other."""
    policy = Unreadable("") if text is None else read(text)
    if isinstance(policy, Unreadable):
        return actions
    found: frozenset[str] = frozenset()
    for statement in policy.statements:
        if statement.effect == "Allow":
            element = statement.actions
            named = frozenset[str]().union(
                *(matches_action(value, actions, sure=element.negated) for value in element.values)
            )
            found |= actions - named if element.negated else named
    return found
