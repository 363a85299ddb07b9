"""Everything that can be known about `profiles/` before AWS is asked, found in one go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from iam_profiles import actions, consistency
from iam_profiles.documents import AccountDocuments
from iam_profiles.errors import Problem, ProfilesInvalidError
from iam_profiles.load import model_of
from iam_profiles.model import Profiles
from iam_profiles.names import AccountName
from iam_profiles.render import render_all
from iam_profiles.source.folder import Sources, read_folder
from iam_profiles.source.wording import dotted, printable
from iam_profiles.unused import unused


@dataclass(frozen=True, slots=True)
class Checked:
    """Sound profiles, what they render to, and what a reviewer should know all the same."""

    profiles: Profiles
    documents: Mapping[AccountName, AccountDocuments]
    notes: tuple[str, ...]


def check(folder: Path) -> Checked:
    """Return the profiles with the documents of every account.

    Raises:
        ProfilesInvalidError: with all problems of the files, of their actions against AWS's
            catalogue, and, once the files agree, of what they render to against AWS's quotas.
    """
    sources = read_folder(folder)
    found = (
        *sources.problems,
        *consistency.problems(sources),
        *actions.problems(sources),
    )
    if found:
        raise ProfilesInvalidError(found)
    profiles = model_of(sources)
    try:
        rendered = render_all(profiles)
    except ProfilesInvalidError as error:
        raise ProfilesInvalidError(_placed(folder, sources, error.problems)) from None
    return Checked(profiles, rendered.documents, (*map(str, rendered.notes), *unused(profiles)))


def _placed(folder: Path, sources: Sources, problems: tuple[Problem, ...]) -> Iterator[Problem]:
    """Yield what rendering found with the file as the user named it, and the line."""
    documents = (file.document for file in (sources.organization, *sources.roles, *sources.teams))
    lines = {
        (document.file, dotted(path)): line
        for document in documents
        for path, line in document.lines.items()
    }
    for problem in problems:
        file = printable((folder / problem.file).as_posix())
        yield replace(problem, file=file, line=lines.get((file, problem.field), 1))
