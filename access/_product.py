"""Whether two linear automata share a text: exact, in `len(one) * len(two) / 64` machine steps.

Rows are the positions of one automaton, bits those of the other; a bit is set where the two can
be after some common text. That stays fast where subsets of positions would be too many.
"""

from functools import lru_cache

from access._automaton import At
from access._line import Chars, Line
from access.effort import spend

_WORD = 64


def meet(one: At, two: At) -> bool:
    """Whether some text is accepted from both."""
    if len(one.line.items) > len(two.line.items):
        one, two = two, one
    spend(len(one.line.items) * (1 + len(two.line.items) // _WORD))
    return _meet(one, two)


@lru_cache(maxsize=512)
def _meet(one: At, two: At) -> bool:
    columns = _Columns(two.line)
    start = sum(1 << position for position in two.positions)
    starts = frozenset(one.positions)
    reached = 0
    for row, item in enumerate(one.line.items):
        reached = columns.skipped(reached | start if row in starts else reached)
        once, loops = columns.reading(item.chars)
        if item.loop:  # it reads on while the other advances, and may stop at any time
            reached = _flood(reached, once | columns.loops)
        else:
            reached = ((reached & once) << 1) | (reached & loops)
    if len(one.line.items) in starts:
        reached |= start
    return bool(columns.skipped(reached) >> len(two.line.items) & 1)


class _Columns:
    """The positions of one automaton as bits, by what they read."""

    def __init__(self, line: Line) -> None:
        rows: dict[tuple[Chars, bool], bytearray] = {}
        for position, item in enumerate(line.items):
            bits = rows.setdefault((item.chars, item.loop), bytearray(len(line.items) // 8 + 1))
            bits[position // 8] |= 1 << position % 8
        self._bits = {key: int.from_bytes(bits, "little") for key, bits in rows.items()}
        self._reading: dict[Chars, tuple[int, int]] = {}
        self.loops = sum(bits for (_, loop), bits in self._bits.items() if loop)

    def reading(self, chars: Chars) -> tuple[int, int]:
        """Return the positions that share a character with `chars`: those read once, the loops."""
        if chars not in self._reading:
            once = loops = 0  # no position is in two of the sets, so that a sum is a union
            for (read, loop), bits in self._bits.items():
                if read.meets(chars):
                    once, loops = (once, loops + bits) if loop else (once + bits, loops)
            self._reading[chars] = once, loops
        return self._reading[chars]

    def skipped(self, reached: int) -> int:
        """Return the positions reached if loops are read no time."""
        return _flood(reached, self.loops)


def _flood(reached: int, passable: int) -> int:
    """Return the positions reached by going up, step by step, from those that are passable.

    A carry runs through a block of ones from where it starts to the first bit after the block.
    """
    return (((reached & passable) + passable) ^ passable) | reached
