"""Managed policies that no condition on them tells apart: what one may be, the others may be."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from access.condition import test
from access.condition.operators import read as operator
from access.context import Context, Exactly
from access.document import Condition, PolicyDocument, Version
from access.pattern import ANYTHING, Language, Piece
from access.template import expand
from access.world import Unreadable, read

_ACCOUNT = "aws:PrincipalAccount"
"""The one variable that is known of all who ask in an account."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A condition on the key, for those who ask in an account.

    Attributes:
        known: at least all values that its texts mean, in lower case.
        unknown: the same of texts of which nobody knows what they mean: it depends on who asks.
    """

    condition: Condition
    version: Version
    account: Context
    known: tuple[Language, ...]
    unknown: tuple[Language, ...]

    @classmethod
    def of(cls, condition: Condition, version: Version, account: str) -> "_Asked":
        """Return it as those of an account are asked."""
        context = Context({_ACCOUNT: Exactly((account,))})
        reading = operator(condition.operator)
        if reading is None or reading.operator is None or reading.operator.accepts is None:
            return cls(condition, version, context, (ANYTHING,), ())
        read = [expand(text, context, version) for text in condition.values]
        known = tuple(_wide(one.may) for one in read if one.may and one.must)
        unknown = tuple(_wide(one.may) for one in read if one.may and not one.must)
        return cls(condition, version, context, known, unknown)

    def told(self, value: str) -> object:
        """Return what it comes to: equal for values that it does not tell apart."""
        lowered = value.lower() if value.isascii() else None
        if any(lowered is None or lowered in one for one in self.unknown):
            return value
        if not any(lowered is None or lowered in one for one in self.known):
            return None
        context = self.account.given({self.condition.key: Exactly((value,))})
        found = test((self.condition,), context, self.version)
        return found.truth, bool(found.unsupported)


class Alike:
    """Sorts values of a condition key by all that the policies of a world ask of it.

    INVARIANT: of values of one group, every condition on the key comes to the same for whoever
    asks in the account, and no policy has the value itself put into its text.
    """

    def __init__(self, key: str, texts: Iterable[str | None]) -> None:
        key = key.lower()
        variable = re.compile(rf"\$\{{\s*{re.escape(key)}\b", re.IGNORECASE)
        asked: dict[tuple[Condition, Version], None] = {}
        self._put_in = False
        for policy in _about(key, texts):
            self._put_in |= any(map(variable.search, _patterns(policy)))
            asked.update(
                ((condition, policy.version), None)
                for statement in policy.statements
                for condition in statement.conditions
                if condition.key.lower() == key
            )
        varying = [one for one in asked if any("${" in text for text in one[0].values)]
        self._varying = tuple(varying)
        self._anywhere = tuple(_Asked.of(*one, "") for one in asked if one not in varying)
        self._told_anywhere = cache(self._all_told)

    def groups(self, account: str, values: Iterable[str]) -> Sequence[tuple[str, ...]]:
        """Return the values in groups that nothing tells apart, each in their order."""
        varying = [_Asked.of(*one, account) for one in self._varying]
        found: dict[object, list[str]] = defaultdict(list)
        for value in values:
            here = tuple(one.told(value) for one in varying)
            found[value if self._put_in else (self._told_anywhere(value), here)].append(value)
        return list(map(tuple, found.values()))

    def _all_told(self, value: str) -> tuple[object, ...]:
        return tuple(one.told(value) for one in self._anywhere)


def _about(key: str, texts: Iterable[str | None]) -> Iterator[PolicyDocument]:
    """Yield the policies that may look at a key."""
    for text in texts:
        if text is not None and any(word in text.lower() for word in (key, "\\u")):
            policy = read(text)
            if not isinstance(policy, Unreadable):
                yield policy


def _patterns(policy: PolicyDocument) -> Iterator[str]:
    for statement in policy.statements:
        yield from statement.resources.values if statement.resources else ()
        for condition in statement.conditions:
            yield from condition.values


def _wide(parts: tuple[Piece, ...]) -> Language:
    """Return at least all that an operator takes the pieces for, in lower case."""
    if not all(part.isascii() for part in parts if isinstance(part, str)):
        return ANYTHING
    return Language.of(part.lower() if isinstance(part, str) else part for part in parts)
