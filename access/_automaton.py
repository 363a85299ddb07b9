"""The engine below `pattern`: boolean combinations of lines, and the search in them.

A combination is explored by derivatives (Brzozowski, 1964): what is left to be read after each
character. Nothing backtracks; every search counts its steps and gives up by error.
"""

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from access._line import Line, Positions
from access.effort import SEARCH_LIMIT, spend
from access.errors import PatternTooComplexError

# The order in which a representative of "any other character" is sought.
_ORDER = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./:"


@dataclass(frozen=True, slots=True)
class At:
    """What a line accepts from these positions on."""

    line: Line
    positions: Positions


@dataclass(frozen=True, slots=True)
class All:
    """What every part accepts."""

    parts: frozenset["Node"]


@dataclass(frozen=True, slots=True)
class Some:
    """What at least one part accepts."""

    parts: frozenset["Node"]


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not accept."""

    part: "Node"


Node = At | All | Some | Not

ANYTHING = All(frozenset())
NOTHING = Some(frozenset())


def at(line: Line, positions: Positions | None = None) -> Node:
    """Return what `line` accepts from these positions on, or from its start."""
    where = line.start if positions is None else positions
    if not where:
        return NOTHING
    return ANYTHING if line.accepts_all(where) else At(line, where)


def both(*nodes: Node) -> Node:
    """Return the intersection, in normal form as far as that costs nothing."""
    parts: set[Node] = set()
    for node in nodes:
        parts |= node.parts if isinstance(node, All) else {node}
    if NOTHING in parts or any(complement(part) in parts for part in parts):
        return NOTHING
    return next(iter(parts)) if len(parts) == 1 else All(frozenset(parts))


def either(*nodes: Node) -> Node:
    """Return the union, in normal form as far as that costs nothing."""
    parts: set[Node] = set()
    for node in nodes:
        parts |= node.parts if isinstance(node, Some) else {node}
    if ANYTHING in parts or any(complement(part) in parts for part in parts):
        return ANYTHING
    return next(iter(parts)) if len(parts) == 1 else Some(frozenset(parts))


def complement(node: Node) -> Node:
    """Return what `node` does not accept."""
    if isinstance(node, Not):
        return node.part
    if node == ANYTHING:
        return NOTHING
    return ANYTHING if node == NOTHING else Not(node)


def derive(node: Node, char: str) -> Node:
    """Return what may follow `char` in what `node` accepts."""
    match node:
        case At(line, positions):
            return at(line, line.step(positions, char))
        case All(parts):
            return both(*(derive(part, char) for part in parts))
        case Some(parts):
            return either(*(derive(part, char) for part in parts))
        case Not(part):
            return complement(derive(part, char))


def nullable(node: Node) -> bool:
    """Whether `node` accepts the empty text."""
    match node:
        case At(line, positions):
            return line.accepts(positions)
        case All(parts):
            return all(map(nullable, parts))
        case Some(parts):
            return any(map(nullable, parts))
        case Not(part):
            return not nullable(part)


def accepts(node: Node, text: str) -> bool:
    """Whether `node` accepts `text`."""
    match node:
        case At(line, positions):
            return _reads(line, positions, text)
        case All(parts):
            return all(accepts(part, text) for part in parts)
        case Some(parts):
            return any(accepts(part, text) for part in parts)
        case Not(part):
            return not accepts(part, text)


def _reads(line: Line, positions: Positions, text: str) -> bool:
    steps = 0
    for char in text:
        steps += len(positions)
        if steps > SEARCH_LIMIT:
            raise PatternTooComplexError(SEARCH_LIMIT)
        positions = line.step(positions, char)
        if not positions:
            break
    spend(steps)
    return line.accepts(positions)


def shortest(node: Node) -> str | None:
    """Return the shortest text that `node` accepts, the first in order of those; `None` if none.

    It depends on the language alone, not on how the node is built.

    Raises:
        PatternTooComplexError: the search takes more than `SEARCH_LIMIT` steps.
    """
    found, steps = _search(node)
    spend(steps)
    return found


@lru_cache(maxsize=512)
def _search(node: Node) -> tuple[str | None, int]:
    came: dict[Node, tuple[Node, str] | None] = {node: None}
    queue = deque([node])
    steps = 0
    while queue:
        left = queue.popleft()
        if nullable(left):
            return _spell(left, came), steps
        mentioned: set[str] = set()
        size = _mentioned(left, mentioned)
        letters = sorted({*mentioned, _other(mentioned)}, key=_rank)
        steps += size * len(letters)
        if steps > SEARCH_LIMIT:
            raise PatternTooComplexError(SEARCH_LIMIT)
        for char in letters:
            after = derive(left, char)
            if after != NOTHING and after not in came:
                came[after] = (left, char)
                queue.append(after)
    return None, steps


def _spell(node: Node, came: dict[Node, tuple[Node, str] | None]) -> str:
    letters: list[str] = []
    while (step := came[node]) is not None:
        node, char = step
        letters.append(char)
    return "".join(reversed(letters))


def _mentioned(node: Node, found: set[str]) -> int:
    """Collect the characters that make a difference here; return how much was looked at."""
    match node:
        case At(line, positions):
            for position in positions:
                if position < len(line.items):
                    found |= line.items[position].chars.members
            return len(positions)
        case All(parts) | Some(parts):
            return 1 + sum(_mentioned(part, found) for part in parts)
        case Not(part):
            return _mentioned(part, found)


def rank(text: str) -> tuple[int, list[tuple[int, str]]]:
    """Return the place of `text` in the order that `shortest` goes by."""
    return len(text), [_rank(char) for char in text]


def _rank(char: str) -> tuple[int, str]:
    place = _ORDER.find(char)
    return (place if place >= 0 else len(_ORDER), char)


def _other(mentioned: set[str]) -> str:
    """Return the first character in order that nothing here mentions: it stands for all such."""
    for char in _ORDER:
        if char not in mentioned:
            return char
    return next(char for code in range(0x110000) if (char := chr(code)) not in mentioned)
