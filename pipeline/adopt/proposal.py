"""What to add to `profiles/` for what exists: files that `check` takes, and what is left over."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from access.arn import account_of
from access.world import World
from iam_profiles.check import Checked, check
from iam_profiles.errors import Problem, ProfilesInvalidError
from iam_profiles.load import load
from iam_profiles.model import Profiles
from iam_profiles.world import world as modelled
from pipeline.adopt.drafts import Drafts
from pipeline.adopt.files import role_file, team_file
from pipeline.adopt.found import Found, Notice, Sort
from pipeline.adopt.grants import grants
from pipeline.adopt.identities import Named, identities
from pipeline.adopt.roles import roles

_TEAM = "adopted"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever adopts says: which team gets it all, who owns it, who is a machine."""

    owners: tuple[str, ...] = ()
    named: Named = field(default_factory=Named)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Files to add, with what `profiles/` then renders.

    Attributes:
        files: `{path under profiles/: its text}`; none of them is there yet.
        counts: `{sort: how many are to be declared}`.
        notices: what is not simply adopted.
        problems: why no files can be proposed, in which case there are none.
        checked: `profiles/` with the files.
    """

    files: Mapping[str, str]
    counts: Mapping[str, int]
    notices: tuple[Notice, ...]
    problems: tuple[Problem, ...]
    checked: Checked

    @property
    def profiles(self) -> Profiles:
        """The model with the proposal."""
        return self.checked.profiles


def propose(folder: Path, found: Found, wishes: Wishes) -> Proposal:
    """Return what to declare of what the accounts have; everything else is told.

    INVARIANT: `profiles/` with the files proposed is as `check` wants it.

    Raises:
        ProfilesInvalidError: `profiles/` is not valid as it is.
    """
    profiles = load(folder)
    drafts, notices = _drafts(profiles, found, wishes)
    team = _team(folder)
    while True:
        files = _files(drafts, team, wishes.owners)
        try:
            checked = _tried(folder, files)
        except ProfilesInvalidError as error:
            rest, more = _rest(drafts, error.problems, team)
            notices += more
            if not more:  # it is about none of the drafts: nothing can be taken out to mend it
                return Proposal({}, {}, _sorted(notices), error.problems, _tried(folder, {}))
            drafts = rest
        else:
            notices += _leftovers(checked, found.world)
            return Proposal(files, drafts.counts(), _sorted(notices), (), checked)


def _sorted(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(sorted(set(notices)))


def _leftovers(checked: Checked, world: World) -> Iterator[Notice]:
    """Yield the customer's policies that nobody has, and nobody declares."""
    rendered = modelled(checked.documents.values()).policies.keys()
    holders = (*world.users.values(), *world.roles.values(), *world.groups.values())
    held = {arn for one in holders for arn in one.grants.managed}
    held |= {one.boundary for one in (*world.users.values(), *world.roles.values()) if one.boundary}
    accounts = {str(one.id) for one in checked.profiles.organization.accounts}
    for arn in sorted(world.policies.keys() - held - rendered):
        if account_of(arn) in accounts:
            yield Notice(
                Sort.LEFT,
                arn,
                "a policy that nobody has",
                "nothing to do; delete it if nobody is to have it",
            )


def _drafts(profiles: Profiles, found: Found, wishes: Wishes) -> tuple[Drafts, list[Notice]]:
    made, notices = roles(profiles, found)
    who, more = identities(profiles, found, wishes.named)
    notices += more
    names = [*(role.name for role in made), *(str(role.name) for role in profiles.roles)]
    granted, more = grants(profiles, found.world, who, names)
    notices += more
    return Drafts(
        profiles.organization,
        tuple(made),
        {name: user.arn for name, user in who.people.items()},
        {name: (group.arn, who.members[name]) for name, group in who.groups.items()},
        {name: (user.arn, who.classes[name]) for name, user in who.machines.items()},
        tuple(granted),
    ), notices


def _files(drafts: Drafts, team: str, owners: Sequence[str]) -> dict[str, str]:
    if drafts.empty:
        return {}
    return {
        f"teams/{team}.yaml": team_file(drafts, owners),
        **{f"roles/{role.name}.yaml": role_file(role, team) for role in drafts.roles},
    }


def _rest(drafts: Drafts, problems: Sequence[Problem], team: str) -> tuple[Drafts, list[Notice]]:
    """Return the drafts without what the problems are about.

    From the last to the first, and one for each entry of a list, so that the places of the others
    stay what they are.
    """
    notices: list[Notice] = []
    seen: set[tuple[str, str]] = set()
    for problem in reversed(problems):
        entry = (problem.file, problem.field.partition("]")[0])
        rest = None if entry in seen else drafts.without(problem, team)
        if rest is not None:
            seen.add(entry)
            drafts, more = rest
            notices += more
    return drafts, notices


def _tried(folder: Path, files: Mapping[str, str]) -> Checked:
    """Return what `check` says of the folder with the files, in a copy."""
    with tempfile.TemporaryDirectory(prefix="iam-profiles-adopt-") as name:
        copy = Path(name) / "profiles"
        shutil.copytree(folder, copy)
        write(copy, files)
        try:
            return check(copy)
        except ProfilesInvalidError as error:
            there = f"{copy.as_posix()}/"
            raise ProfilesInvalidError(
                replace(one, file=one.file.replace(there, "")) for one in error.problems
            ) from None


def write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write the files, and return them; one that is there already is never written over.

    Raises:
        FileExistsError: one is there.
    """
    written: list[Path] = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
        written.append(path)
    return written


def _team(folder: Path) -> str:
    """Return the name of a team file that is not there yet."""
    name, number = _TEAM, 1
    while (folder / "teams" / f"{name}.yaml").exists():
        number += 1
        name = f"{_TEAM}-{number}"
    return name
