"""The request's context: for each condition key what is known of its value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from access import keys
from access.pattern import ANYTHING, Language


@dataclass(frozen=True, slots=True)
class Absent:
    """The key is not in the request."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """The key is in the request with these values; more than one only for a multivalued key."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Among:
    """The key has one value out of these; if `optional` it may also be absent."""

    values: Language
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Anything:
    """Nothing is known: absent, or any values, one or many."""


Value = Absent | Exactly | Among | Anything


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of every condition key.

    A `complete` context has no keys but those listed; else what is not listed is unknown. A name
    that ends in `/` stands for all keys that begin with it, and are not listed themselves.
    """

    values: Mapping[str, Value] = field(default_factory=dict[str, Value])
    complete: bool = False

    def __post_init__(self) -> None:
        lowered = {key.lower(): value for key, value in self.values.items()}
        object.__setattr__(self, "values", MappingProxyType(lowered))

    @classmethod
    def of(cls, values: Mapping[str, str | tuple[str, ...]], *, complete: bool = True) -> "Context":
        """Return the context of a request with these values."""
        return cls(
            {
                key: Exactly((value,) if isinstance(value, str) else value)
                for key, value in values.items()
            },
            complete,
        )

    def value(self, key: str) -> Value:
        """Return what is known of `key`, in any case of letters."""
        lowered = key.lower()
        family = f"{lowered.partition('/')[0]}/"  # of all keys that begin so
        found = self.values.get(lowered) or self.values.get(family)
        if found is not None:
            return found
        if self.complete:
            return Absent()
        described = keys.describe(key)
        if described.multivalued:
            return Anything()
        return Among(ANYTHING, optional=not described.always_present)

    def given(self, facts: Mapping[str, Value]) -> "Context":
        """Return this context with `facts` in place of what it says of the same keys."""
        lowered = {key.lower(): value for key, value in facts.items()}
        return Context({**self.values, **lowered}, self.complete)
