"""`profiles/` to the model, or to every problem there is with it."""

from pathlib import Path

from iam_profiles import consistency
from iam_profiles.assemble import organization_of, profiles_of
from iam_profiles.errors import ProfilesInvalidError
from iam_profiles.model import Profiles
from iam_profiles.source.folder import Sources, read_folder


def load(folder: Path) -> Profiles:
    """Return what the folder's files say, consistent as a whole.

    Each file is checked by itself, then against the others. Rendering, quotas and AWS's catalogue
    of actions are `iam_profiles.check`'s.

    Raises:
        ProfilesInvalidError: with all problems of all files.
    """
    sources = read_folder(folder)
    problems = (*sources.problems, *consistency.problems(sources))
    if problems:
        raise ProfilesInvalidError(problems)
    return model_of(sources)


def model_of(sources: Sources) -> Profiles:
    """Return the model of files in which no problem was found."""
    return profiles_of(
        organization_of(sources.organization.content),
        [(role.name, role.content) for role in sources.roles],
        [(team.name, team.content) for team in sources.teams],
    )
