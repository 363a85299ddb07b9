"""`iam-profiles adopt`: what exists, brought under management without replacing it."""

from dataclasses import replace
from pathlib import Path

import click

from access.export import ExportInvalidError, ExportProblem
from access.prove import Answer
from cli import exits
from cli.adopt_run import Accounts, apply, gather, look_up, write_imports
from cli.adopt_show import show
from cli.options import format_option
from cli.preview import project_option
from cli.worlds import Given, read_world
from iam_profiles.load import load
from iam_profiles.model import Profiles
from pipeline.adopt.found import Found
from pipeline.adopt.identities import Named
from pipeline.adopt.proof import prove
from pipeline.adopt.proposal import Wishes, propose, write
from pipeline.adopt.report import Adoption, json_report
from pipeline.errors import StackUnknownError
from pipeline.fleet import default_workers

_STATUS = {
    Answer.PROVED: exits.DONE,
    Answer.REFUTED: exits.NO,
    Answer.UNDECIDED: exits.UNDECIDED,
}


@click.command("adopt")
@click.option(
    "--auth-details",
    "details",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Propose from exports, as `prove` reads them, and ask no account. Repeatable.",
)
@click.option("--write", "writes", is_flag=True, help="Write the proposed files, and imports/.")
@click.option("--apply", "applies", is_flag=True, help="Import, and preview what is left.")
@click.option("--stack", "stacks", multiple=True, help="Import into this stack only. Repeatable.")
@click.option("--owner", "owners", multiple=True, help="Who approves what is adopted. Repeatable.")
@click.option("--service-user", "machines", multiple=True, help="This user is a machine.")
@click.option("--person", "people", multiple=True, help="This user is a person.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=default_workers,
    show_default="the number of processors",
    help="How many stacks go side by side.",
)
@project_option
@format_option
def adopt_command(  # noqa: PLR0913, PLR0917 -- click hands each option over
    details: tuple[Path, ...],
    stacks: tuple[str, ...],
    owners: tuple[str, ...],
    machines: tuple[str, ...],
    people: tuple[str, ...],
    workers: int,
    project: Path,
    form: str,
    *,
    writes: bool,
    applies: bool,
) -> int:
    """Propose profiles/ for what the accounts have, and import it as it is.

    Without --write and --apply nothing is written. --write adds files to profiles/, and changes
    none that is there. --apply imports into the stacks' states what is declared and there; AWS is
    not changed by it. Then it previews each stack: its certificate is that nothing would change.

    Exit status 0 nothing is left to adopt, the files are written, or, with --apply, the previews
    have no changes; 1 something is to adopt, or would change, or an isolation rule is broken; 2 one
    is undecided; 69 an account or a stack cannot be read; 130 interrupted.
    """
    if applies and details:
        raise click.UsageError("--apply needs the accounts themselves; leave --auth-details out")
    project = project.absolute()
    wishes = Wishes(owners, Named(frozenset(machines), frozenset(people)))
    profiles = load(project / "profiles")
    names = [str(account.name) for account in profiles.organization.accounts]
    for name in stacks:
        if name not in names:
            raise StackUnknownError(name, names)
    accounts = None if details else Accounts(project, workers, stacks)
    found = accounts.read(profiles) if accounts else _exported(details, profiles, project)
    _refuse_strangers(found, machines, people)
    proposal = propose(project / "profiles", found, wishes)
    proved = prove(proposal, found.world)
    adoption = Adoption(proposal, look_up(proposal, found, accounts), proved)
    if (writes or applies) and not (proved.opens or proposal.problems):
        adoption = _carried_out(adoption, found, accounts, project, (writes, applies))
    if form == "json":
        click.echo(json_report(adoption), nl=False)
    else:
        show(adoption)
    return _status(adoption, writes=writes, applies=applies)


def _exported(details: tuple[Path, ...], profiles: Profiles, project: Path) -> Found:
    """Return what exports say, of exactly the organisation's accounts."""
    given = read_world(Given(project / "profiles", details=details)).world
    named = {str(one.id): str(one.name) for one in profiles.organization.accounts}
    where = ", ".join(map(str, details))
    problems = [
        ExportProblem(
            where,
            "",
            f"the export of account `{named[one]}` ({one}) is not there",
            "add it: a role is the same in every account",
        )
        for one in sorted(named.keys() - given.accounts.keys())
    ]
    problems += (
        ExportProblem(
            where,
            "",
            f"account `{one}` is not in `organization.yaml`",
            "add it there, or leave its export out",
        )
        for one in sorted(given.accounts.keys() - named.keys())
    )
    if problems:
        raise ExportInvalidError(problems)
    return Found(given)


def _refuse_strangers(found: Found, *given: tuple[str, ...]) -> None:
    """Refuse a name that nobody has: a slip of the pen would make a machine a person."""
    names = {arn.rpartition("/")[2] for arn in found.world.users}
    for name in (one for some in given for one in some if one not in names):
        raise click.UsageError(f"no user is called `{name}`; mend the name")
    if both := set(given[0]) & set(given[-1]):
        raise click.UsageError(f"`{min(both)}` is a machine and a person; give one of the two")


def _carried_out(
    adoption: Adoption,
    found: Found,
    accounts: Accounts | None,
    project: Path,
    asked: tuple[bool, bool],
) -> Adoption:
    """Write the proposal, then import: the program is to declare what is imported."""
    writes, applies = asked
    files = write(project / "profiles", adoption.proposal.files) if writes else []
    written = [str(path.relative_to(project)) for path in files]
    if accounts is None:
        return replace(adoption, written=tuple(written))
    gathered = gather(accounts, found)
    if writes:
        written += write_imports(accounts, gathered)
    stacks = apply(accounts, found, gathered) if applies else ()
    return replace(adoption, written=tuple(written), stacks=stacks)


def _status(adoption: Adoption, *, writes: bool, applies: bool) -> int:
    proposal = adoption.proposal
    if proposal.problems:
        return exits.NO
    if (status := _STATUS[adoption.proved.adopted.answer]) != exits.DONE:
        return status
    if applies:
        declared = writes or not proposal.files
        return exits.DONE if declared and not any(one.left for one in adoption.stacks) else exits.NO
    return exits.DONE if writes or adoption.nothing else exits.NO
