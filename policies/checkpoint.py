"""What a stack has deployed, from its checkpoint: resources, as `registered` shows a preview's."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, cast

from policies.registered import NOTHING, UNKNOWN, Properties, Provider, Registered, Resource, Value

_MAGIC: Final = "4dabf18193072939515e22adb298388d"
"""The key of what is no plain value: a secret, an asset, a reference."""
_VERSIONS: Final = (3, 4)

State = Mapping[str, Any]
"""A resource, or a whole checkpoint, as JSON's values."""


class CheckpointError(Exception):
    """A checkpoint that is none, or that nobody here can read."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One stack as deployed; `under_way` also has what an update was about when last heard of."""

    settled: Registered
    under_way: Registered | None = None


def deployed(text: str) -> Deployed | None:
    """Return what the checkpoint or `stack export` says is there; `None` if it never was.

    Secrets stay as they are, and count as unknown: no document of ours is one.

    Raises:
        CheckpointError: it is not as the engine writes it.
    """
    deployment = _deployment(text)
    resources = _listed(deployment, "resources")
    pending = _listed(deployment, "pending_operations")
    about = [_object(one.get("resource")) for one in pending]
    if not any(one.get("custom") and not _is_provider(one) for one in (*resources, *about)):
        return None
    settled = _registered(resources)
    if not about:
        return Deployed(settled)
    changed = {str(one.get("urn")): one for one in about}
    kept = [one for one in resources if str(one.get("urn")) not in changed]
    return Deployed(settled, _registered([*kept, *changed.values()]))


def _deployment(text: str) -> State:
    try:
        whole = _object(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"it is not JSON: {error}") from error
    if "checkpoint" in whole:
        found: Any = _object(whole["checkpoint"]).get("latest")
    elif "deployment" in whole:
        found = whole["deployment"]
    else:
        raise CheckpointError("it is neither a checkpoint nor what `pulumi stack export` prints")
    if whole.get("version") not in _VERSIONS:
        raise CheckpointError(f"it is of version `{whole.get('version')}`, not of 3 or 4")
    return {} if found is None else _object(found)


def _object(found: Any) -> State:  # noqa: ANN401 -- JSON
    if not isinstance(found, dict):
        raise CheckpointError("an object is missing where the engine writes one")
    return cast("State", found)


def _listed(deployment: State, key: str) -> list[State]:
    found: Any = deployment.get(key) or []
    if not isinstance(found, list):
        raise CheckpointError(f"its `{key}` are no list")
    return [_object(one) for one in cast("list[Any]", found)]


def _registered(states: list[State]) -> Registered:
    providers = {
        f"{one.get('urn')}::{one.get('id')}": Provider(
            str(one.get("urn")), str(one.get("type")), _properties(one.get("inputs"))
        )
        for one in states
        if _is_provider(one)
    }
    found = (_resource(one, providers) for one in states)
    return Registered(tuple(sorted(found, key=lambda resource: resource.urn)))


def _resource(state: State, providers: Mapping[str, Provider]) -> Resource:
    urn, type_, reference = state.get("urn"), state.get("type"), state.get("provider")
    if not isinstance(urn, str) or not isinstance(type_, str):
        raise CheckpointError("a resource has no URN or no type")
    provider = None
    if reference:
        # One that is not there is judged as a provider that may write to any account.
        written = str(reference).rpartition("::")[0]
        kind = written.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]
        provider = providers.get(str(reference)) or Provider(written, kind, NOTHING)
    inputs, outputs = _properties(state.get("inputs")), _properties(state.get("outputs"))
    return Resource(urn, type_, inputs, outputs, provider)


def _is_provider(state: State) -> bool:
    return str(state.get("type")).startswith("pulumi:providers:")


def _properties(found: Any) -> Properties:  # noqa: ANN401 -- JSON
    return MappingProxyType(dict(_pairs(found or {})))


def _pairs(found: Any) -> Iterator[tuple[str, Value]]:  # noqa: ANN401 -- JSON
    for key, value in _object(found).items():
        yield key, _plain(value)


def _plain(value: Any) -> Value:  # noqa: ANN401 -- JSON
    if isinstance(value, dict):
        return UNKNOWN if _MAGIC in value else _properties(value)
    if isinstance(value, list):
        return tuple(_plain(item) for item in cast("list[Any]", value))
    return value
