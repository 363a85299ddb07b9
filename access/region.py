"""Regions: sets of (caller, resource) pairs, as unions of boxes, with exact difference."""

from collections.abc import Iterable
from dataclasses import dataclass

from access.effort import spend
from access.pattern import Language

_BOX = 50  # steps that a box costs beside the searches in it


@dataclass(frozen=True, slots=True)
class Box:
    """All pairs of a caller out of one language and a resource out of another."""

    callers: Language
    resources: Language

    def __and__(self, other: "Box") -> "Box":
        return Box(self.callers & other.callers, self.resources & other.resources)

    def is_empty(self) -> bool:
        """Whether it holds no pair."""
        return self.callers.is_empty() or self.resources.is_empty()


@dataclass(frozen=True, slots=True)
class Region:
    """A union of boxes, none of them empty."""

    boxes: tuple[Box, ...] = ()

    @classmethod
    def of(cls, boxes: Iterable[Box]) -> "Region":
        """Return the union of the boxes."""
        kept: list[Box] = []
        for box in boxes:
            spend(_BOX)
            if not box.is_empty():
                kept.append(box)
        return cls(tuple(kept))

    def __and__(self, other: "Region") -> "Region":
        return Region.of(one & two for one in self.boxes for two in other.boxes)

    def __or__(self, other: "Region") -> "Region":
        return Region(self.boxes + other.boxes)

    def __sub__(self, other: "Region") -> "Region":
        left = self
        for cut in other.boxes:
            left = Region.of(part for box in left.boxes for part in _outside(box, cut))
        return left

    def is_empty(self) -> bool:
        """Whether it holds no pair."""
        return not self.boxes

    def example(self) -> str | None:
        """Return one pair of it in words, or `None` if it is empty."""
        for box in self.boxes:
            return f"`{box.callers.example()}` on `{box.resources.example()}`"
        return None


def _outside(box: Box, cut: Box) -> tuple[Box, Box]:
    """Return what of `box` is outside `cut`: other callers, and the same on other resources."""
    return (
        Box(box.callers - cut.callers, box.resources),
        Box(box.callers & cut.callers, box.resources - cut.resources),
    )
