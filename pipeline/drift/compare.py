"""The drift of one account: what changed, what nobody declared, what is missing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.drift.documents import same, told
from pipeline.drift.inventory import (
    CREDENTIALS,
    DOCUMENTS,
    UNMODELLED,
    WHOLE,
    Inventory,
    Item,
    Kind,
)


class Change(StrEnum):
    """How something is other than the stack's state says."""

    CHANGED = "changed"
    UNMANAGED = "unmanaged"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It cannot be told: one of the two does not say what it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One drift.

    Attributes:
        account: its name.
        recorded: what the state says; `None` if nothing.
        found: what is there; `None` if nothing.
        details: how a document differs, or what comes with what is new.
        modelled: whether what is there is what `profiles/` says; `None` where it says nothing.
    """

    account: str
    change: Change
    item: Item
    recorded: str | None = None
    found: str | None = None
    details: tuple[str, ...] = ()
    modelled: bool | None = None

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "account": self.account,
            "change": self.change.value,
            "kind": self.item.kind.value,
            "arn": self.item.of,
            "name": self.item.name or None,
            "recorded": self.recorded,
            "found": self.found,
            "details": list(self.details),
            "as_modelled": self.modelled,
        }

    def __str__(self) -> str:
        return "; ".join((_sentence(self), *self.details, *_advice(self)))


@dataclass(frozen=True, slots=True)
class Three:
    """An account as it is, as the stack's state has it, and as the model renders it."""

    account: str
    live: Inventory
    recorded: Inventory
    modelled: Inventory


def drift(three: Three) -> tuple[Difference, ...]:
    """Return each difference between what is there and the state, sorted.

    Parts of a thing that is missing or unmanaged as a whole are told with it, its keys and its
    password excepted: whoever has one keeps it.
    """
    found = {one.item: one for one in _each(three)}
    return tuple(
        _with_parts(found[item], found.values())
        for item in sorted(found, key=_place)
        if _tell(found[item], found)
    )


def waiting(three: Three) -> tuple[Item, ...]:
    """Return what `profiles/` says otherwise than the state: no drift, an update to come."""
    items = {*three.recorded, *three.modelled}
    return tuple(
        sorted(
            item
            for item in items
            if item.kind not in UNMODELLED and not _agree(item, three.recorded, three.modelled)
        )
    )


def _each(three: Three) -> Iterator[Difference]:
    for item in {*three.live, *three.recorded}:
        if _agree(item, three.recorded, three.live):
            continue
        recorded, found = three.recorded.get(item), three.live.get(item)
        if item not in three.recorded:
            change = Change.UNMANAGED
        elif item not in three.live:
            change = Change.MISSING
        else:
            change = Change.UNKNOWN if None in (recorded, found) else Change.CHANGED
        details: tuple[str, ...] = ()
        if change is Change.CHANGED and item.kind in DOCUMENTS:
            details = told(str(recorded), str(found))
        modelled = None if item.kind in UNMODELLED else _agree(item, three.modelled, three.live)
        yield Difference(three.account, change, item, recorded, found, details, modelled)


def _agree(item: Item, one: Inventory, other: Inventory) -> bool:
    if item not in one or item not in other:
        return (item in one) == (item in other)
    first, second = one[item], other[item]
    if first is None or second is None:
        return False
    return same(first, second) if item.kind in DOCUMENTS else first == second


def _place(item: Item) -> tuple[str, bool, Item]:
    """Return what to sort by: a thing before its parts."""
    return item.of, item.kind not in WHOLE, item


def _whole(item: Item) -> Iterator[Item]:
    """Yield what an item may be a part of."""
    if item.kind not in WHOLE:
        yield from (Item(item.of, kind) for kind in (Kind.USER, Kind.GROUP, Kind.ROLE))
    elif item.kind is Kind.SECRET_POLICY:
        yield Item(item.of, Kind.SECRET)


def _tell(one: Difference, found: dict[Item, Difference]) -> bool:
    alone = one.item.kind in CREDENTIALS and one.change is Change.UNMANAGED
    wholes = [found[whole] for whole in _whole(one.item) if whole in found]
    return alone or not wholes


def _with_parts(one: Difference, found: Iterable[Difference]) -> Difference:
    if one.item.kind not in WHOLE or one.change is not Change.UNMANAGED:
        return one
    kinds = (Kind.ATTACHMENT, Kind.INLINE, Kind.MEMBERSHIP, Kind.DEVICE)
    parts = sorted(
        f"with {part.item.kind} `{part.item.name}`"
        for part in found
        if part.item.of == one.item.of and part.item.kind in kinds
    )
    return Difference(
        one.account, one.change, one.item, one.recorded, one.found, tuple(parts), one.modelled
    )


def _sentence(one: Difference) -> str:
    item = one.item
    what = f"{item.kind} `{item.of}`"
    if item.kind not in WHOLE:
        what = f"{item.kind}{f' `{item.name}`' if item.name else ''} of `{item.of}`"
    match one.change:
        case Change.UNMANAGED:
            return f"{what} is declared by nobody"
        case Change.MISSING:
            return f"{what} is missing"
        case Change.UNKNOWN:
            return f"{what} cannot be compared: its text is not known"
        case Change.CHANGED:
            values = "" if item.kind in DOCUMENTS else f": `{one.found}`, not `{one.recorded}`"
            return f"{what} was changed{values}"


def _advice(one: Difference) -> Iterator[str]:
    if one.modelled:
        yield "it is as `profiles/` says; `pulumi refresh` records it"
    elif one.change is Change.UNMANAGED:
        yield "remove it, or declare it in `profiles/`"
    else:
        yield "after `pulumi refresh`, `iam-profiles preview` shows what restores it"
