"""Profiles for tests of reading: a sound set of files, and changes to it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from iam_profiles.errors import Problem, ProfilesInvalidError
from iam_profiles.load import load

CASES = Path(__file__).parent / "load_cases"
BASE = CASES / "base"


@dataclass(frozen=True, slots=True)
class Case:
    """A slip in otherwise sound profiles, and everything that is said about it."""

    name: str
    problems: tuple[str, ...]
    change: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """By file: texts that are there exactly once, and what stands there instead."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files added, or written anew."""
    without: tuple[str, ...] = ()
    """Files taken away."""

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Case":
        """Return the case as the files of cases write it."""
        problems, without = raw.pop("problems"), raw.pop("without", ())
        return cls(problems=tuple(problems), without=tuple(without), **raw)

    def write(self, folder: Path) -> Path:
        """Make the profiles in a folder."""
        profiles = folder / "profiles"
        shutil.copytree(BASE, profiles)
        for name, text in self.files.items():
            path = profiles / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for name, replacements in self.change.items():
            path = profiles / name
            text = path.read_text(encoding="utf-8")
            for old, new in replacements.items():
                assert text.count(old) == 1, f"{self.name}: {old!r} is not there once"
                text = text.replace(old, new)
            path.write_text(text, encoding="utf-8")
        for name in self.without:
            (profiles / name).unlink()
        return profiles


def cases() -> list[Case]:
    """Return every case of every file."""
    files = sorted(CASES.glob("*.yaml"))
    return [Case.of(raw) for file in files for raw in yaml.safe_load(file.read_text("utf-8"))]


def problems_of(profiles: Path) -> tuple[Problem, ...]:
    """Return what `load` finds wrong, its files named as inside the folder."""
    try:
        load(profiles)
    except ProfilesInvalidError as error:
        return error.problems
    return ()


def said(profiles: Path) -> list[str]:
    """Return the problems as a user reads them, from within the folder."""
    return [str(problem).replace(f"{profiles}/", "") for problem in problems_of(profiles)]
