"""A document against its kind: every fault with its line, and the rest of the file all the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from iam_profiles.errors import Problem
from iam_profiles.source.document import Document, Json
from iam_profiles.source.faults import path_of, problems_of
from iam_profiles.source.wording import Path
from iam_profiles.source.written import Written, variants

Kind = TypeVar("Kind", bound=Written)


@dataclass(frozen=True, slots=True)
class Source(Generic[Kind]):
    """One file of a kind: what could be read of it, and what could not."""

    name: str
    """The file's name without ending: the role's or the team's name."""
    document: Document
    content: Kind
    """What is sound in the file; stand-ins where nothing is."""
    problems: tuple[Problem, ...]
    left_out: frozenset[Path] = field(default_factory=frozenset[Path])
    """What is in the file but, being faulty, not in `content`."""

    def whole(self, *path: str) -> bool:
        """Return whether `content` has all that the file says at this place and below it."""
        known = {entry.alias or name for name, entry in type(self.content).model_fields.items()}
        return not any(
            lost[: len(path)] == path[: len(lost)] or (lost[:1] and lost[0] not in known)
            for lost in self.left_out
        )

    def names(self, key: str) -> Iterator[tuple[Path, str]]:
        """Yield the names that a mapping or list at the top declares, sound or not."""
        match _at(self.document.value, key):
            case dict() as entries:
                yield from (((key, name), name) for name in entries)
            case tuple() as items:
                yield from (
                    ((key, at), item) for at, item in enumerate(items) if isinstance(item, str)
                )
            case _:
                pass

    def numbered(self, key: str) -> Iterator[tuple[Path, Any]]:
        """Yield the items that `content` has of a list at the top, with their places."""
        written = _at(self.document.value, key)
        count = len(written) if isinstance(written, tuple) else 0
        places = [(key, at) for at in range(count) if (key, at) not in self.left_out]
        yield from zip(places, getattr(self.content, key), strict=True)

    def problem(self, path: Path, found: str, remedy: str) -> Problem:
        """Return a problem with what is at this place of the file."""
        return self.document.problem(path, found, remedy)

    def where(self, path: Path) -> str:
        """Return the place as `file:line`, to point at from another problem."""
        return f"{self.document.file}:{self.document.line(path)}"


def shape(document: Document, kind: type[Kind], name: str) -> Source[Kind]:
    """Return the document as this kind of file, and all that is wrong with its shape.

    Faulty parts are left out and the rest is validated again, so that one slip in a file does not
    hide what else is wrong in it, or in the files that refer to it.
    """
    problems = list(document.problems)
    value = document.value
    if not isinstance(value, dict):
        if () not in document.broken:
            problems.append(document.problem((), "no mapping", "begin the file with `key: value`"))
        nothing = kind.model_validate(kind.STAND_INS)
        return Source(name, document, nothing, tuple(problems), frozenset({()}))
    lost = {_entry(kind, path) for path in document.broken}
    try:
        content = kind.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems.extend(problems_of(document, kind, details))
        lost |= {_entry(kind, path_of(kind, detail)) for detail in details}
        content = None
    if lost or content is None:
        # INVARIANT: this cannot fail. An entry with a fault anywhere in it is gone as a whole, and
        # what a file cannot be without has a stand-in.
        content = kind.model_validate(_without(value, lost, kind))
    return Source(name, document, content, tuple(problems), frozenset(lost))


def _entry(kind: type[Written], path: Path) -> Path:
    """Return what is left out for a fault at this place: an entry, or all that is of one shape."""
    fields = {field.alias or name: field for name, field in kind.model_fields.items()}
    top = fields.get(str(path[0])) if path else None
    return path[:1] if top and variants(top.annotation) else path[:2]


def _without(value: dict[str, Json], lost: set[Path], kind: type[Written]) -> dict[str, Json]:
    """Return the value less what is lost; what must be there is stood in for."""
    kept = {key: _kept(key, inner, lost) for key, inner in value.items() if (key,) not in lost}
    return kept | {key: item for key, item in kind.STAND_INS.items() if (key,) in lost}


def _kept(key: str, inner: Json, lost: set[Path]) -> Json:
    match inner:
        case dict():
            return {name: entry for name, entry in inner.items() if (key, name) not in lost}
        case tuple():
            return tuple(item for at, item in enumerate(inner) if (key, at) not in lost)
        case _:
            return inner


def _at(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None
