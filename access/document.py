"""Policy documents: strict parsing of AWS's policy JSON into frozen values."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from access.errors import PolicyParseError
from access.service import canonical

MAX_CHARACTERS = 262_144
"""No policy of AWS comes near this size; a larger text is hostile or not a policy."""

Effect = Literal["Allow", "Deny"]
Version = Literal["2012-10-17", "2008-10-17"]
PrincipalKind = Literal["*", "AWS", "Service", "Federated", "CanonicalUser"]

_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {
        *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
        *("Resource", "NotResource", "Condition"),
    }
)
_PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9_*?-]+")
_RESOURCE = re.compile(r"arn:.+|[*?].*|\$\{.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Element:
    """Patterns of an element; `negated` for NotAction, NotResource and NotPrincipal."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class PrincipalEntry:
    """One principal as written: its kind (`AWS`, `Service`, …, or `*` for everybody) and value."""

    kind: PrincipalKind
    value: str


@dataclass(frozen=True, slots=True)
class Principals:
    """The Principal element, or NotPrincipal if `negated`."""

    entries: tuple[PrincipalEntry, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One test: an operator as written, a condition key as written, and the values."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; what the document leaves out is `None`."""

    index: int
    sid: str | None
    effect: Effect
    principals: Principals | None
    actions: Element
    resources: Element | None
    conditions: tuple[Condition, ...]
    version: Version

    @property
    def name(self) -> str:
        """The Sid, or `#index` counted from nought."""
        return self.sid or f"#{self.index}"


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A whole policy; `name` is what reasons call it."""

    version: Version
    statements: tuple[Statement, ...]
    id: str | None = None
    name: str = "policy"


def parse(text: str | Mapping[str, Any], *, name: str = "policy") -> PolicyDocument:
    """Return the policy that `text`, JSON or already decoded, states.

    Raises:
        PolicyParseError: it is not a policy that AWS would take; the message says where.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    top = _decode(text) if isinstance(text, str) else _measured(text)
    _known_keys(top, _DOCUMENT_KEYS, "document")
    version: Any = top.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17"):
        raise PolicyParseError("Version", f"found `{_shown(version)}`", "write `2012-10-17`")
    if "Statement" not in top:
        raise PolicyParseError("document", "`Statement` is missing", "add at least one statement")
    raw = top["Statement"]
    listed: list[Any] = cast("list[Any]", raw) if isinstance(raw, list) else [raw]
    statements = tuple(_statement(entry, index, version) for index, entry in enumerate(listed))
    _unique_sids(statements)
    return PolicyDocument(version, statements, _optional_text(top, "Id", "Id"), name)


def _measured(decoded: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decoded document, if it is no larger than its text may be."""
    size = 0
    left: list[Any] = [decoded]
    while left:
        part = left.pop()
        size += len(part) if isinstance(part, str) else 1
        if isinstance(part, Mapping):
            entries = cast("Mapping[Any, Any]", part)
            left += (*entries.keys(), *entries.values())
        elif isinstance(part, (list, tuple)):
            left += cast("Sequence[Any]", part)
        _fits(max(size, len(left)))
    return dict(decoded)


def _fits(size: int) -> None:
    if size > MAX_CHARACTERS:
        raise PolicyParseError(
            "document",
            f"`{size}` characters",
            f"a policy has at most `{MAX_CHARACTERS}`; give one policy only",
        )


def _decode(text: str) -> dict[str, Any]:
    _fits(len(text))
    try:
        top = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise PolicyParseError(
            f"line {error.lineno} column {error.colno}", f"not JSON: {error.msg}", "mend the JSON"
        ) from error
    except RecursionError as error:
        raise PolicyParseError("document", "nested too deeply", "give a policy document") from error
    except PolicyParseError:
        raise
    except ValueError as error:  # an integer of more digits than Python converts
        raise PolicyParseError("document", f"not JSON: {error}", "mend the JSON") from error
    if not isinstance(top, dict):
        raise PolicyParseError("document", f"found `{_shown(top)}`", "give a JSON object")
    return cast("dict[str, Any]", top)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise PolicyParseError("document", f"the key `{key[:80]}` twice", "keep one of them")
        found[key] = value
    return found


def _no_constant(text: str) -> Any:  # noqa: ANN401 -- the hook's type is json's
    raise PolicyParseError("document", f"found `{text}`", "JSON has no such number")


def _statement(raw: Any, index: int, version: Version) -> Statement:  # noqa: ANN401 -- JSON
    where = f"Statement[{index}]"
    if not isinstance(raw, Mapping):
        raise PolicyParseError(where, f"found `{_shown(raw)}`", "a statement is an object")
    fields = cast("Mapping[str, Any]", raw)
    _known_keys(fields, _STATEMENT_KEYS, where)
    effect = fields.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyParseError(
            f"{where}.Effect", f"found `{_shown(effect)}`", "write `Allow` or `Deny`"
        )
    actions = _element(fields, "Action", where)
    if actions is None:
        raise PolicyParseError(where, "neither `Action` nor `NotAction`", "state one of them")
    _all_match(actions, _ACTION, f"{where}.Action", "write `service:Action` or `*`")
    resources = _element(fields, "Resource", where)
    if resources is not None:
        _all_match(resources, _RESOURCE, f"{where}.Resource", "write an ARN or `*`")
    return Statement(
        index=index,
        sid=_optional_text(fields, "Sid", f"{where}.Sid") or None,
        effect=effect,
        principals=_principals(fields, where),
        actions=actions,
        resources=resources,
        conditions=tuple(
            _passing(condition) if effect == "Allow" else condition
            for condition in _conditions(fields.get("Condition", {}), f"{where}.Condition")
        ),
        version=version,
    )


def _element(fields: Mapping[str, Any], key: str, where: str) -> Element | None:
    chosen = _one_of(fields, key, where)
    if chosen is None:
        return None
    values = _texts(fields[chosen], f"{where}.{chosen}")
    return Element(values, negated=chosen != key)


def _principals(fields: Mapping[str, Any], where: str) -> Principals | None:
    chosen = _one_of(fields, "Principal", where)
    if chosen is None:
        return None
    place = f"{where}.{chosen}"
    raw: Any = fields[chosen]
    negated = chosen != "Principal"
    if raw == "*":
        return Principals((PrincipalEntry("*", "*"),), negated)
    entries: list[PrincipalEntry] = []
    for kind, values in _object(raw, place).items():
        if kind not in _PRINCIPAL_KINDS:
            raise PolicyParseError(
                place, f"the kind `{_shown(kind)}`", f"use one of {', '.join(_PRINCIPAL_KINDS)}"
            )
        texts = _texts(values, f"{place}.{kind}")
        # Whom a Deny keeps out is read as it is written: by another name a service is let in.
        one_name = kind == "Service" and not negated and fields["Effect"] == "Allow"
        entries.extend(PrincipalEntry(kind, canonical(one) if one_name else one) for one in texts)
    if not entries:
        raise PolicyParseError(place, "found nobody", 'write `"*"` or {"AWS": …}')
    return Principals(tuple(entries), negated)


def _conditions(raw: Any, where: str) -> tuple[Condition, ...]:  # noqa: ANN401 -- JSON
    found: list[Condition] = []
    for operator, tests in _object(raw, where).items():
        place = f"{where}.{operator[:80]}"
        keys = _object(tests, place)
        lowered = [key.lower() for key in keys]
        if len(set(lowered)) != len(lowered):
            raise PolicyParseError(place, "one condition key in two spellings", "keep one of them")
        for key, values in keys.items():
            texts = _texts(values, f"{place}.{key[:80]}", scalars=True, empty=True)
            found.append(Condition(operator, key, texts))
    return tuple(found)


def _passing(condition: Condition) -> Condition:
    """Return a condition with one name for each service that a role may be passed to."""
    if condition.key.lower() != "iam:passedtoservice" or "not" in condition.operator.lower():
        return condition
    return replace(condition, values=tuple(map(canonical, condition.values)))


def _object(raw: Any, where: str) -> Mapping[str, Any]:  # noqa: ANN401 -- JSON
    if not isinstance(raw, Mapping):
        raise PolicyParseError(where, f"found `{_shown(raw)}`", "write an object")
    found = cast("Mapping[Any, Any]", raw)
    if not all(isinstance(key, str) and key for key in found):
        raise PolicyParseError(where, "an empty or non-text key", "name it")
    return found


def _texts(
    raw: Any,  # noqa: ANN401 -- JSON
    where: str,
    *,
    scalars: bool = False,
    empty: bool = False,
) -> tuple[str, ...]:
    listed: Iterable[Any] = cast("list[Any]", raw) if isinstance(raw, list | tuple) else (raw,)
    found = tuple(_text(item, where, scalars=scalars) for item in listed)
    if not found or (not empty and "" in found):
        raise PolicyParseError(where, "no value, or an empty one", "give at least one value")
    return found


def _text(raw: Any, where: str, *, scalars: bool) -> str:  # noqa: ANN401 -- JSON
    if isinstance(raw, str):
        return raw
    if scalars and isinstance(raw, bool):
        return str(raw).lower()
    if scalars and isinstance(raw, int | float):
        return str(raw)
    raise PolicyParseError(where, f"found `{_shown(raw)}`", "write text, or a list of texts")


def _optional_text(fields: Mapping[str, Any], key: str, where: str) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise PolicyParseError(where, f"found `{_shown(value)}`", "write text")
    if key in fields and value is None:
        raise PolicyParseError(where, "found `null`", "write text, or leave it out")
    return value


def _one_of(fields: Mapping[str, Any], key: str, where: str) -> str | None:
    present = [name for name in (key, f"Not{key}") if name in fields]
    if len(present) == 2:  # noqa: PLR2004 -- both of the two
        raise PolicyParseError(where, f"both `{key}` and `Not{key}`", "keep one of them")
    return present[0] if present else None


def _known_keys(fields: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(str(key)[:80] for key in fields if key not in known)
    if unknown:
        raise PolicyParseError(
            where, f"unknown key `{unknown[0]}`", f"it has {', '.join(sorted(known))}"
        )


def _all_match(element: Element, form: re.Pattern[str], where: str, remedy: str) -> None:
    for value in element.values:
        if form.fullmatch(value) is None:
            raise PolicyParseError(where, f"found `{value[:200]}`", remedy)


def _unique_sids(statements: tuple[Statement, ...]) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid is not None and statement.sid in seen:
            raise PolicyParseError(
                f"Statement[{statement.index}].Sid",
                f"`{statement.sid[:80]}` twice",
                "give each statement its own",
            )
        seen.add(statement.sid or "")


def _shown(value: object) -> str:
    return repr(value)[:80]
