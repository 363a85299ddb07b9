"""The catalogue's own files: read once, each strictly of the form that its reader expects."""

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from access.errors import AccessError

_FOLDER = files("access.catalogue")


class CatalogueError(AccessError):
    """A file of the catalogue is not as it should be: a fault of this package, not of an input."""


@cache
def text(name: str) -> str:
    """Return the text of a file of the catalogue."""
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


def step_files() -> tuple[str, ...]:
    """Return the names of the files that hold steps, sorted."""
    folder = _FOLDER.joinpath("steps")
    return tuple(sorted(f"steps/{file.name}" for file in folder.iterdir()))


def read(name: str) -> Any:  # noqa: ANN401 -- JSON
    """Return what a file of the catalogue says."""
    return json.loads(text(name))


def digest() -> str:
    """Return what tells this catalogue from every other: a digest of all its files."""
    lists = (
        *("harmless.json", "passive.json", "passive_services.json"),
        *("published.json", "reads.json"),
    )
    names = (*step_files(), *lists)
    whole = "".join(f"{name}\n{text(name)}\n" for name in names)
    return sha256(whole.encode()).hexdigest()


def only(entry: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    """Refuse keys that the form does not have.

    Raises:
        CatalogueError: there is one.
    """
    unknown = sorted(set(entry) - allowed)
    if unknown:
        raise CatalogueError(f"{where}: unknown key `{unknown[0]}`; use {sorted(allowed)}")
