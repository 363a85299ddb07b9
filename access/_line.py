"""Linear automata: a glob is a line of items, each a set of characters, read once or in a loop."""

from typing import NamedTuple

_REMEMBERED = 4_096  # steps of one line that are kept, so that memory stays bounded


class Chars(NamedTuple):
    """A finite set of characters, or (`negated`) all but a finite set."""

    members: frozenset[str]
    negated: bool

    def has(self, char: str) -> bool:
        """Whether `char` is in the set."""
        return (char in self.members) != self.negated

    def covers(self, other: "Chars") -> bool:
        """Whether every character of `other` is in the set."""
        if other.negated:
            return self.negated and self.members <= other.members
        return all(map(self.has, other.members))

    def meets(self, other: "Chars") -> bool:
        """Whether the two sets share a character."""
        if self.negated and other.negated:
            return True
        finite, rest = (other, self) if self.negated else (self, other)
        return any(map(rest.has, finite.members))


ANY = Chars(frozenset(), negated=True)


class Item(NamedTuple):
    """One place of a line: read once, or any number of times."""

    chars: Chars
    loop: bool


Positions = tuple[int, ...]
"""Where a line can be after some text; none of them is covered by another."""


class Line:
    """A linear automaton; position `len(items)` accepts."""

    __slots__ = ("_covered", "_hash", "_steps", "items", "start")

    def __init__(self, items: tuple[Item, ...]) -> None:
        self.items = items
        self._hash = hash(items)
        self._steps: dict[tuple[Positions, str], Positions] = {}
        # _covered[k]: the first position from which all that is read on the way to loop k, k
        # reads itself. INVARIANT: what is accepted from those positions is accepted from k too.
        covered: list[int] = []
        for index, item in enumerate(items):
            first = index
            while item.loop and first > 0 and item.chars.covers(items[first - 1].chars):
                first = min(first - 1, covered[first - 1])
            covered.append(first)
        self._covered = tuple(covered)
        self.start = self._closed({0})

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Line) and self.items == other.items)

    def step(self, positions: Positions, char: str) -> Positions:
        """Return where it can be after `char`; nowhere if it does not read it."""
        known = self._steps.get((positions, char))
        if known is not None:
            return known
        items, end = self.items, len(self.items)
        after = self._closed(
            {
                position if items[position].loop else position + 1
                for position in positions
                if position < end and items[position].chars.has(char)
            }
        )
        if len(self._steps) < _REMEMBERED:
            self._steps[positions, char] = after
        return after

    def accepts(self, positions: Positions) -> bool:
        """Whether it accepts there and then."""
        return bool(positions) and positions[0] == len(self.items)

    def accepts_all(self, positions: Positions) -> bool:
        """Whether it accepts there, whatever follows."""
        last = len(self.items) - 1
        return last in positions and self.items[last] == Item(ANY, loop=True)

    def _closed(self, positions: set[int]) -> Positions:
        """Return the positions, last first, with those past loops and without those covered."""
        items, end = self.items, len(self.items)
        for position in tuple(positions):
            after = position
            while after < end and items[after].loop:
                after += 1
                positions.add(after)
        kept: list[int] = []
        floor = end + 1
        for position in sorted(positions, reverse=True):
            if position < floor:
                kept.append(position)
                if position < end and items[position].loop:
                    floor = self._covered[position]
        return tuple(kept)
