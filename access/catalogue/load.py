"""Steps out of their files: each entry checked, so that a slip of the pen never hides a step."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from access.catalogue.files import CatalogueError, digest, only, read, step_files
from access.catalogue.step import Gain, Kind, Need, On, Step, Target

_KEYS = frozenset(
    {
        *("id", "title", "target", "gain", "needs", "source"),
        *("services", "among", "cross_account"),
    }
)
_ON = {
    "target": (On.TARGET, False),
    "target, by anyone": (On.TARGET, True),
    "holder": (On.HOLDER, False),
    "above": (On.ABOVE, False),
    "copy": (On.COPY, False),
    "nothing": (On.NOTHING, False),
    "nothing, by anyone": (On.NOTHING, True),
    "any": (On.ANY, False),
    "any, by anyone": (On.ANY, True),
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
_Word = TypeVar("_Word", bound=Enum)


@cache
def steps() -> tuple[Step, ...]:
    """Return every step of the catalogue, in the order of the files.

    Raises:
        CatalogueError: an entry is not of the form that is documented in `step`.
    """
    found = tuple(step for name in step_files() for step in _of_file(name))
    seen: set[str] = set()
    for step in found:
        if step.id in seen:
            raise CatalogueError(f"`{step.id}` twice; give each step its own id")
        seen.add(step.id)
    return found


@cache
def published() -> Mapping[str, tuple[str, ...]]:
    """Return which steps make up each path of the public catalogues: `{"rhino 14": (ids, …)}`.

    Raises:
        CatalogueError: a path names a step that is not there.
    """
    known = {step.id for step in steps()}
    found = {path: tuple(ids) for path, ids in read("published.json").items()}
    for path, ids in found.items():
        if not ids or not known.issuperset(ids):
            raise CatalogueError(f"`{path}` names steps that are not in the catalogue: {ids}")
    return found


@cache
def version() -> str:
    """Return the catalogue's version: a digest over all that it says."""
    return f"sha256:{digest()}"


def parse(entry: Mapping[str, Any], kind: Kind, where: str) -> Step:
    """Return the step that an entry states.

    Raises:
        CatalogueError: it is not of the form; the message says where.
    """
    only(entry, _KEYS, where)
    missing = sorted({"id", "title", "target", "gain", "needs", "source"} - set(entry))
    if missing:
        raise CatalogueError(f"{where}: `{missing[0]}` is missing; add it")
    services = tuple(map(str, entry.get("services", ())))
    step = Step(
        id=str(entry["id"]),
        kind=kind,
        needs=tuple(_needs(entry["needs"], services, where)),
        target=_word(Target, entry["target"], where),
        gain=_word(Gain, entry["gain"], where),
        source=str(entry["source"]),
        title=str(entry["title"]),
        services=services,
        cross_account=entry.get("cross_account", False) is True,
        among=str(entry.get("among", "*")),
    )
    _check(step, where)
    return step


def _of_file(name: str) -> Iterator[Step]:
    whole = read(name)
    only(whole, frozenset({"kind", "steps"}), name)
    kind = _word(Kind, whole["kind"], name)
    for index, entry in enumerate(whole["steps"]):
        yield parse(entry, kind, f"{name}: steps[{index}]")


def _needs(raw: Mapping[str, Any], services: tuple[str, ...], where: str) -> Iterator[Need]:
    for action, how in raw.items():
        if not _ACTION.fullmatch(action) or how not in _ON:
            raise CatalogueError(f"{where}: the need `{action}: {how}`; use one of {sorted(_ON)}")
        on, by_anyone = _ON[how]
        # Whoever passes a role says to which service: it is the one key that a step itself sets.
        passed = services if action == "iam:PassRole" else ()
        context = tuple(("iam:PassedToService", service) for service in sorted(passed))
        yield Need(action, on, context, by_anyone)


def _check(step: Step, where: str) -> None:
    faults = {
        "an id is lower-case words with `-`": not _ID.fullmatch(step.id),
        "a step needs something, and the first need by the caller": not step.needs
        or step.needs[0].by_anyone,
        "a source is an https address": not step.source.startswith("https://"),
        "a title says what is had": not step.title,
        "`services` are for steps that pass, and those have one": (
            bool(step.services) != (step.kind is Kind.PASS)
        ),
        "a service is such as `lambda.amazonaws.com`": not all(
            _SERVICE.fullmatch(service) for service in step.services
        ),
    }
    for remedy, wrong in faults.items():
        if wrong:
            raise CatalogueError(f"{where}: `{step.id}`: {remedy}")


def _word(words: type[_Word], raw: object, where: str) -> _Word:
    try:
        return words(raw)
    except ValueError as error:
        known = ", ".join(str(word.value) for word in words)
        raise CatalogueError(f"{where}: `{raw}`; use one of {known}") from error
