"""Property values between the engine's wire format and Python.

Secrets are remembered by property and wrapped again on the way out; an unknown becomes `UNKNOWN`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from google.protobuf.struct_pb2 import Struct, Value

_UNKNOWN_MARK: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_KIND: Final = "4dabf18193072939515e22adb298388d"
_HIDDEN: Final = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""A value that the engine will only know once something else has been created."""


@dataclass(frozen=True, slots=True, repr=False)
class Properties:
    """A resource's properties in Python, and which of them are secret."""

    values: dict[str, Any]
    secrets: frozenset[str] = frozenset()


def decode(struct: Struct) -> Properties:
    """Return the properties of `struct` without nulls and without secret wrappers."""
    values: dict[str, Any] = {}
    secrets: set[str] = set()
    for key, raw in struct.fields.items():
        value, secret = _from_wire(raw)
        if value is not None:
            values[key] = value
        if secret:
            secrets.add(key)
    return Properties(values, frozenset(secrets))


def encode(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> Struct:
    """Return `values` as the engine reads them, the properties named in `secrets` wrapped."""
    hidden = frozenset(secrets)
    struct = Struct()
    for key, value in values.items():
        if value is not None:
            plain = _to_wire(value)
            struct[key] = {_KIND: _HIDDEN, "value": plain} if key in hidden else plain
    return struct


def has_unknown(value: object) -> bool:
    """Whether `value` is unknown, or holds something that is."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in cast("dict[str, object]", value).values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in cast("list[object]", value))
    return value is UNKNOWN


def _to_wire(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _to_wire(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_to_wire(item) for item in cast("list[object]", value)]
    return _UNKNOWN_MARK if value is UNKNOWN else value


def _from_wire(raw: Value) -> tuple[Any, bool]:
    match raw.WhichOneof("kind"):
        case "string_value":
            return (UNKNOWN if raw.string_value == _UNKNOWN_MARK else raw.string_value), False
        case "number_value":
            number = raw.number_value
            return (int(number) if number.is_integer() else number), False
        case "bool_value":
            return raw.bool_value, False
        case "list_value":
            items = [_from_wire(item) for item in raw.list_value.values]
            return [item for item, _ in items], any(secret for _, secret in items)
        case "struct_value":
            return _from_struct(raw.struct_value)
        case _:
            return None, False


def _from_struct(struct: Struct) -> tuple[Any, bool]:
    fields = struct.fields
    signature = fields[_KIND].string_value if _KIND in fields else ""
    if signature == _HIDDEN:
        return _from_wire(fields["value"])[0], True
    if signature == _OUTPUT:
        secret = "secret" in fields and fields["secret"].bool_value
        return (_from_wire(fields["value"])[0] if "value" in fields else UNKNOWN), secret
    if signature == _RESOURCE:
        return (_from_wire(fields["id"])[0] if "id" in fields else None), False
    items = {key: _from_wire(item) for key, item in fields.items()}
    return {key: item for key, (item, _) in items.items()}, any(s for _, s in items.values())
