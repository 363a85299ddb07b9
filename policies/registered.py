"""Resources as registered with the engine: plain frozen mappings, the unknown marked as such."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError


class Unknown(Enum):
    """A value that the engine will know only once the resource exists."""

    UNKNOWN = "unknown until the update"


UNKNOWN: Final = Unknown.UNKNOWN
_Unknown: TypeAlias = Literal[Unknown.UNKNOWN]

Value: TypeAlias = "str | float | bool | _Unknown | tuple[Value, ...] | Mapping[str, Value] | None"
Properties: TypeAlias = Mapping[str, Value]
NOTHING: Final[Properties] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider that manages a resource, configured by `inputs`."""

    urn: str
    type: str
    inputs: Properties


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the stack.

    `inputs` is what was declared, as checked by its provider: what rules judge. `outputs` is what
    the state will hold; there a provider leaves unknown, at preview, whatever AWS computes.
    """

    urn: str
    type: str
    inputs: Properties
    outputs: Properties
    provider: Provider | None
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """`{input: URNs}` of the resources that an input comes from, as the engine tracks them."""

    def text(self, key: str) -> str | _Unknown | None:
        """Return an input that is one text; `None` if left out, unknown if it is no text."""
        value = self.inputs.get(key)
        return value if value is None or isinstance(value, str) else UNKNOWN

    def texts(self, key: str) -> tuple[str, ...] | _Unknown:
        """Return an input that is a list of texts, or one; unknown if any element is."""
        value = self.inputs.get(key)
        items = value if isinstance(value, tuple) else () if value is None else (value,)
        texts = tuple(item for item in items if isinstance(item, str))
        return texts if len(texts) == len(items) else UNKNOWN


@dataclass(frozen=True, slots=True)
class Registered:
    """One stack, sorted by URN: the engine hands its resources over in no order."""

    resources: tuple[Resource, ...]

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Iterate over the resources of these types."""
        return (resource for resource in self.resources if resource.type in types)


def registered(
    resources: Iterable[PolicyResource], declared: Mapping[str, Properties]
) -> Registered:
    """Return the stack; `declared` is `{urn: inputs}` as seen while it was registered.

    A resource of which no inputs were seen is judged by its outputs, unknown ones included.
    """
    seen: list[Resource] = []
    for resource in resources:
        outputs = properties(resource.props)
        provider = resource.provider
        seen.append(
            Resource(
                urn=resource.urn,
                type=resource.resource_type,
                inputs=declared.get(resource.urn, outputs),
                outputs=outputs,
                provider=provider
                and Provider(provider.urn, provider.resource_type, properties(provider.props)),
                sources={
                    key: tuple(one.urn for one in of)
                    for key, of in resource.property_dependencies.items()
                },
            )
        )
    return Registered(tuple(sorted(seen, key=lambda resource: resource.urn)))


def properties(props: Mapping[str, object]) -> Properties:
    """Return the SDK's properties as plain values, each unknown one marked instead of raising."""
    return MappingProxyType({key: _item(props, key) for key in props})


def _item(container: Mapping[str, object] | Sequence[object], key: str | int) -> Value:
    try:
        # The SDK's containers raise when an unknown is read, and would have the engine turn the
        # violation into a mere advice.
        value = cast("Mapping[str | int, object]", container)[key]
    except UnknownValueError:
        return UNKNOWN
    return _plain(value)


def _plain(value: object) -> Value:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return properties(cast("Mapping[str, object]", value))
    if isinstance(value, Sequence):
        items = cast("Sequence[object]", value)
        return tuple(_item(items, index) for index in range(len(items)))
    # An asset: its text is in the state like any other; a file's or an address's is not here.
    text = getattr(value, "text", None)
    return text if isinstance(text, str) else UNKNOWN
