"""Values by what a name begins with: those that a name is near to, without asking all of them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

_Value = TypeVar("_Value", bound=Hashable)


class Beginnings(Generic[_Value]):
    """Values that are each about the names with some beginning; "" is about every name."""

    def __init__(self) -> None:
        self._values: dict[str, list[_Value]] = defaultdict(list[_Value])
        self._lengths: dict[int, None] = {}

    def add(self, prefixes: Iterable[str] | None, value: _Value) -> None:
        """Take in a value, by the beginnings of the names it is about; `None` is any."""
        for prefix in ("",) if prefixes is None else prefixes:
            self._values[prefix].append(value)
            self._lengths[len(prefix)] = None

    def of(self, name: str) -> Iterable[_Value]:
        """Return the values that are about a name, each once."""
        found: dict[_Value, None] = {}
        for length in self._lengths:
            if length <= len(name):
                found.update(dict.fromkeys(self._values.get(name[:length], ())))
        return found
