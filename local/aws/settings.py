"""The provider's configuration: what it may hold, and reading it from what the SDK sends.

pulumi-aws sends everything but text as JSON in a string; the engine's own configuration
(`aws:region`) arrives the same way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from local.aws.wire import has_unknown

NOT_SERVED = (
    "`{}` is not served by the local cloud's stand-in for the AWS plugin; remove it, or use the "
    "official plugin"
)
"""What is said of everything that the official plugin has and this one has not."""

_TEXT = ("accessKey", "profile", "region", "secretKey", "token")
_SKIPS = (
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
)
_JSON: Mapping[str, type] = {
    "allowedAccountIds": list,
    "defaultTags": dict,
    "endpoints": list,
    "forbiddenAccountIds": list,
    "maxRetries": int,
    **dict.fromkeys(_SKIPS, bool),
}
_ENGINE = ("version", "pluginDownloadURL", "__internal", "__defaults")
"""What the engine itself puts beside the configuration."""

_MAX_RETRIES = 25
"""How often a throttled call is tried again: the official plugin's own default."""

Problem = tuple[str, str]
"""A configuration property and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A provider's configuration; what is not given is resolved as boto3 does."""

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    allowed: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    max_retries: int = _MAX_RETRIES
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])


def check(values: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with a provider's configuration; unknowns pass."""
    problems: list[Problem] = []
    for name, value in values.items():
        if name in _ENGINE or has_unknown(value):
            continue
        if name in _TEXT:
            if not isinstance(value, str):
                problems.append((name, f"expected a string, got {_kind(value)}"))
        elif name in _JSON:
            reason = _json_problem(name, value)
            if reason:
                problems.append((name, reason))
        else:
            problems.append((name, NOT_SERVED.format(name)))
    if values.get("allowedAccountIds") and values.get("forbiddenAccountIds"):
        problems.append(("allowedAccountIds", "conflicts with `forbiddenAccountIds`; give one"))
    if bool(values.get("accessKey")) != bool(values.get("secretKey")):
        problems.append(("accessKey", "`accessKey` and `secretKey` go together; give both"))
    return problems


def parse(values: Mapping[str, Any]) -> Settings:
    """Return the settings in `values`, which `check` has passed."""
    settings = {name: _decoded(values[name]) for name in _JSON if name in values}
    endpoints: dict[str, str] = {}
    for group in settings.get("endpoints", []):
        endpoints |= {name: url for name, url in group.items() if url}
    return Settings(
        region=values.get("region") or None,
        profile=values.get("profile") or None,
        access_key=values.get("accessKey") or None,
        secret_key=values.get("secretKey") or None,
        token=values.get("token") or None,
        allowed=frozenset(settings.get("allowedAccountIds", [])),
        forbidden=frozenset(settings.get("forbiddenAccountIds", [])),
        default_tags=settings.get("defaultTags", {}).get("tags", {}),
        max_retries=settings.get("maxRetries", _MAX_RETRIES),
        endpoints=endpoints,
    )


def _json_problem(name: str, value: object) -> str | None:
    try:
        decoded = _decoded(value)
    except ValueError:
        return f"expected {_JSON[name].__name__} as JSON, got `{value}`"
    if not isinstance(decoded, _JSON[name]):
        return f"expected {_JSON[name].__name__}, got {_kind(decoded)}"
    match name:
        case "allowedAccountIds" | "forbiddenAccountIds":
            ids = cast("list[object]", decoded)
            wrong = [one for one in ids if not _is_account(one)]
            return f"an account id is twelve digits, as text; got `{wrong[0]}`" if wrong else None
        case "defaultTags":
            return _tags_problem(cast("dict[str, object]", decoded))
        case "endpoints":
            groups = cast("list[object]", decoded)
            fits = all(isinstance(group, dict) for group in groups)
            return None if fits else "expected a list of maps from a service to its URL"
        case _:
            return None


def _tags_problem(block: dict[str, object]) -> str | None:
    tags = block.get("tags", {})
    if set(block) - {"tags", "__defaults"} or not isinstance(tags, dict):
        return "expected `{tags: {…}}`"
    values = cast("dict[str, object]", tags).values()
    return None if all(isinstance(one, str) for one in values) else "a tag's value is text"


def _is_account(value: object) -> bool:
    return isinstance(value, str) and len(value) == 12 and value.isdecimal()  # noqa: PLR2004 - AWS's own length


def _decoded(value: object) -> Any:  # noqa: ANN401 - JSON
    return json.loads(value) if isinstance(value, str) else value


def _kind(value: object) -> str:
    return type(value).__name__
