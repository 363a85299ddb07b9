"""Statements spread over as few documents as hold them: what they say together never changes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from iam_profiles.statements import PolicyStatement, characters, document

_EMPTY: Final = characters(document([]))
_COMMA: Final = 1

_DIGITS: Final = 4
"""Room in each piece for the number that its sid is given."""


class StatementTooLongError(Exception):
    """One action on one resource, with its conditions, is longer than a document may be."""

    def __init__(self, statement: PolicyStatement, size: int) -> None:
        self.statement = statement
        self.size = size
        super().__init__(statement.sid, size)


def pack(
    statements: Iterable[PolicyStatement], limit: int
) -> tuple[tuple[PolicyStatement, ...], ...]:
    """Return the statements as documents of at most `limit` characters, each where first it fits.

    Raises:
        StatementTooLongError: a statement that cannot be divided does not fit.
    """
    packed: list[list[PolicyStatement]] = []
    sizes: list[int] = []
    for piece in _fitting(statements, limit):
        size = _size(piece)
        for index, taken in enumerate(sizes):
            if taken + size + _COMMA - _EMPTY <= limit:
                packed[index].append(piece)
                sizes[index] += size + _COMMA - _EMPTY
                break
        else:
            packed.append([piece])
            sizes.append(size)
    return tuple(map(tuple, packed))


def _fitting(statements: Iterable[PolicyStatement], limit: int) -> Iterator[PolicyStatement]:
    """Yield the statements, those too long in pieces; a document holds no sid twice."""
    taken: set[str] = set()
    whole = [_with_own_sid(statement, taken) for statement in statements]
    for statement in whole:
        if _size(statement) <= limit:
            yield statement
        else:
            first, *others = _pieces(statement, limit - _DIGITS)
            yield first
            for piece in others:
                yield _with_own_sid(piece, taken)


def _pieces(statement: PolicyStatement, limit: int) -> list[PolicyStatement]:
    """Divide into the fewest even pieces that fit.

    INVARIANT: the pieces' pairs of action and resource are the statement's, no more and no fewer.
    """
    most = max(len(statement.actions), len(statement.resources))
    for count in range(1, most + 1):
        pieces = _cut(statement, count)
        if all(_size(piece) <= limit for piece in pieces):
            return pieces
    if most == 1:
        raise StatementTooLongError(statement, _size(statement))
    # One list alone is too long beside a single value of the other: both have to be cut.
    return [piece for half in _cut(statement, 2) for piece in _pieces(half, limit)]


def _cut(statement: PolicyStatement, count: int) -> list[PolicyStatement]:
    """Cut along the longer of the two lists, as far as it has several values."""
    actions, resources = statement.actions, statement.resources
    if len(resources) > 1 and (len(actions) == 1 or _length(resources) > _length(actions)):
        return [replace(statement, resources=part) for part in _evenly(resources, count)]
    return [replace(statement, actions=part) for part in _evenly(actions, count)]


def _evenly(values: tuple[str, ...], count: int) -> Iterator[tuple[str, ...]]:
    count = min(count, len(values))
    size, longer = divmod(len(values), count)
    start = 0
    for index in range(count):
        end = start + size + (index < longer)
        yield values[start:end]
        start = end


def _with_own_sid(statement: PolicyStatement, taken: set[str]) -> PolicyStatement:
    sid, number = statement.sid, 1
    while sid in taken:
        number += 1
        sid = f"{statement.sid}{number}"
    taken.add(sid)
    return replace(statement, sid=sid)


def _length(values: tuple[str, ...]) -> int:
    return sum(map(len, values))


def _size(statement: PolicyStatement) -> int:
    return characters(document([statement]))
