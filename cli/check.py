"""`iam-profiles check`: is `profiles/` valid, and does all that it renders fit AWS's quotas?"""

from pathlib import Path

import click

from cli import exits
from cli.options import format_option, profiles_option
from cli.output import print_json
from iam_profiles.check import Checked
from iam_profiles.check import check as check_profiles
from iam_profiles.errors import Problem, ProfilesInvalidError


@click.command()
@profiles_option
@format_option
def check(folder: Path, form: str) -> int:
    """Validate profiles/ and render every account; report all problems at once.

    Nothing outside this machine is called. Exit status 0 valid, 65 not.
    """
    try:
        checked = check_profiles(folder)
    except ProfilesInvalidError as error:
        _show_problems(error.problems, form)
        return exits.INVALID
    _show_valid(checked, form)
    return exits.DONE


def _show_problems(problems: tuple[Problem, ...], form: str) -> None:
    if form == "json":
        print_json(
            {
                "valid": False,
                "problems": [
                    {
                        "file": problem.file,
                        "line": problem.line,
                        "field": problem.field,
                        "found": problem.found,
                        "remedy": problem.remedy,
                    }
                    for problem in problems
                ],
            }
        )
        return
    for problem in problems:
        click.echo(str(problem), err=True)
    count = len(problems)
    click.secho(f"{count} problem{'' if count == 1 else 's'} in profiles/", fg="red", err=True)


def _show_valid(checked: Checked, form: str) -> None:
    profiles = checked.profiles
    counts = {
        "accounts": len(profiles.organization.accounts),
        "roles": len(profiles.roles),
        "teams": len(profiles.teams),
        "groups": len(profiles.groups),
        "people": len(profiles.people),
        "service_users": len(profiles.service_users),
        "grants": len(profiles.grants),
    }
    if form == "json":
        print_json({"valid": True, "counts": counts, "notes": list(checked.notes)})
        return
    words = ", ".join(_counted(count, name.replace("_", " ")) for name, count in counts.items())
    click.secho("profiles/ is valid", fg="green", nl=False)
    click.echo(f": {words}")
    for note in checked.notes:
        click.echo(f"note: {note}")


def _counted(count: int, name: str) -> str:
    """Return a number of things, as they are called in the plural."""
    one = "person" if name == "people" else name.removesuffix("s")
    return f"{count} {one if count == 1 else name}"
