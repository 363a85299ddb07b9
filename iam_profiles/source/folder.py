"""The folder `profiles/`: which files are read, and which lie where nothing reads them."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iam_profiles.errors import Problem
from iam_profiles.source.document import Document, read
from iam_profiles.source.kinds import OrganizationFile, RoleFile, TeamFile
from iam_profiles.source.shape import Kind, Source, shape
from iam_profiles.source.text import Text
from iam_profiles.source.values import ROLE_NAME, TEAM_NAME
from iam_profiles.source.wording import instead, nearest, printable, quoted
from iam_profiles.source.yaml_text import MOST_BYTES

_ORGANIZATION = "organization.yaml"
_FOLDERS = ("roles", "teams")
_LAYOUT = "keep to `organization.yaml`, `roles/<Role>.yaml` and `teams/<team>.yaml`"


@dataclass(frozen=True, slots=True)
class Sources:
    """All files of `profiles/`, sound or not."""

    organization: Source[OrganizationFile]
    roles: tuple[Source[RoleFile], ...]
    teams: tuple[Source[TeamFile], ...]
    misplaced: tuple[Problem, ...]
    """What is wrong with files' names and places."""
    unread: frozenset[str]
    """The names of files that were not read: others may refer to what they hold."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with each file by itself."""
        files = (self.organization, *self.roles, *self.teams)
        return self.misplaced + tuple(problem for file in files for problem in file.problems)


def read_folder(folder: Path) -> Sources:
    """Return what is written in the folder; what is wrong is in the result, never raised."""
    reader = _Reader([], set())
    files = {path.name: path for path in reader.yaml_files(folder, apart=_FOLDERS)}
    for name in files.keys() - {_ORGANIZATION}:
        reader.misplace(files[name], "a file that is not read", _rename(name, (_ORGANIZATION,)))
    if _ORGANIZATION not in files and not nearest("organization", reader.unread):
        path = folder / _ORGANIZATION
        reader.misplace(path, "no such file", "add it: it has the accounts and the isolation rules")
    organization = reader.source(files.get(_ORGANIZATION), OrganizationFile)
    roles = reader.sources(folder / "roles", RoleFile, ROLE_NAME)
    teams = reader.sources(folder / "teams", TeamFile, TEAM_NAME)
    return Sources(organization, roles, teams, tuple(reader.problems), frozenset(reader.unread))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks the folder and gathers what is wrong with files' names and places."""

    problems: list[Problem]
    unread: set[str]

    def misplace(self, path: Path, found: str, remedy: str) -> None:
        """Note a file that is not read, and why."""
        self.problems.append(Problem(printable(path.as_posix()), 0, "", found, remedy))
        self.unread.add(path.stem)

    def yaml_files(self, folder: Path, apart: tuple[str, ...] = ()) -> Iterator[Path]:
        """Yield the folder's YAML files by name; report what looks as if it should be one."""
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self.misplace(folder, _reason(error), "give the folder that holds the profiles")
            self.unread.add("organization")  # and whatever else is in there
            return
        for path in entries:
            if fault := _stray(path, apart):
                self.misplace(path, *fault)
            elif path.suffix == ".yaml" and not path.name.startswith("."):
                yield path

    def sources(self, folder: Path, kind: type[Kind], name: Text) -> tuple[Source[Kind], ...]:
        """Return the files of a folder that holds one kind of them; there may be none."""
        if folder.is_symlink() or not folder.is_dir():
            return ()  # reported with what lies around it, if it is there at all
        files = list(self.yaml_files(folder))
        for path in files:
            for found in name.faults(path.stem):
                self.misplace(path, f"the name {found}", f"use {name.shape}")
        return tuple(self.source(path, kind) for path in files)

    def source(self, path: Path | None, kind: type[Kind]) -> Source[Kind]:
        """Return one file; None is one whose absence is reported already."""
        if path is None:
            return shape(Document("", broken={()}), kind, "")
        return shape(self._document(path), kind, path.stem)

    def _document(self, path: Path) -> Document:
        file = printable(path.as_posix())
        try:
            with path.open("rb") as stream:
                return read(file, stream.read(MOST_BYTES + 1))
        except OSError as error:
            problem = Problem(file, 0, "", _reason(error), "put a readable file there")
            return Document(file, problems=[problem], broken={()})


def _stray(path: Path, apart: tuple[str, ...]) -> tuple[str, str] | None:
    """Return why an entry is not read although somebody may think it is, and what to do."""
    mode = path.lstat().st_mode
    looks_read = path.name in apart or path.suffix.lower() in (".yaml", ".yml")
    if path.name.startswith("."):
        return None
    if stat.S_ISDIR(mode):
        return (
            None if path.name in apart else ("a folder that is not read", _rename(path.name, apart))
        )
    if looks_read and not (stat.S_ISREG(mode) and path.name not in apart):
        # A link may lead anywhere, and what is reviewed is this folder.
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
        return kind, "put the file itself here"
    if looks_read and path.suffix != ".yaml":
        return "a file that is not read", f"rename it to {quoted(f'{path.stem}.yaml')}"
    return None


def _rename(name: str, names: tuple[str, ...]) -> str:
    return instead(name, names, _LAYOUT)


def _reason(error: OSError) -> str:
    return (error.strerror or "not readable").lower()
