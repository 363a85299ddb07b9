"""`iam-profiles drift`: what is in the accounts that nobody declared, and the proof over it."""

import time
from collections.abc import Callable
from pathlib import Path

import click

from access.arn import arns
from access.errors import AccessError
from access.rule import ArnPattern
from access.verified import verified
from access.world import Account as AwsAccount
from access.world import World
from cli import exits
from cli.drift_read import Live, read_live, rotated, states
from cli.options import format_option
from cli.output import say
from cli.preview import project_option
from iam_profiles.documents import AccountDocuments
from iam_profiles.load import load
from iam_profiles.model import Profiles
from iam_profiles.render import render_all
from iam_profiles.world import rules
from iam_profiles.world import world as modelled
from pipeline.checkpoints import State
from pipeline.drift.compare import Change, Difference, Three, drift, waiting
from pipeline.drift.inventory import Item, inventory, named_alike, recorded_keys, tagged
from pipeline.drift.report import Drift, json_report, junit_report, markdown_report, sarif_report
from pipeline.errors import StackUnknownError
from policies.account_world import account_world, declared

_STATUS = {"proved": exits.DONE, "refused": exits.NO, "undecided": exits.UNDECIDED}
_STYLE = {"proved": "green", "refused": "red", "undecided": "yellow"}
_MARK = {
    Change.CHANGED: "~",
    Change.UNMANAGED: "+",
    Change.MISSING: "-",
    Change.UNKNOWN: "?",
}
_FILE = click.Path(path_type=Path, dir_okay=False)
_REPORTS: dict[str, Callable[[Drift], str]] = {
    "markdown": markdown_report,
    "junit": junit_report,
    "sarif": sarif_report,
}


@click.command("drift")
@click.option("--account", "accounts", multiple=True, help="Compare this one; may be repeated.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATTERN",
    help="ARNs of what is known to be there undeclared; the proof counts it. Repeatable.",
)
@click.option("--markdown", type=_FILE, help="Write the report as Markdown.")
@click.option("--junit", type=_FILE, help="Write the report as JUnit XML.")
@click.option("--sarif", type=_FILE, help="Write the report as SARIF 2.1.0.")
@project_option
@format_option
def drift_command(
    accounts: tuple[str, ...],
    ignore: tuple[str, ...],
    project: Path,
    form: str,
    **files: Path | None,
) -> int:
    """Compare what is in the accounts with what the stacks deployed, and prove over it.

    Reads each account's users, groups, roles, policies and access keys; writes nothing. The
    isolation rules are proved over what is really there, in all accounts, whichever are compared.

    Exit status 0 nothing drifted and every rule is proved; 1 something drifted, or a rule is
    refuted; 2 undecided; 69 an account or a stack's state cannot be read.
    """
    found = _look(project.absolute(), accounts, _ignored(ignore))
    for name, make in _REPORTS.items():
        file = files[name]
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(make(found), "utf-8")
    if form == "json":
        click.echo(json_report(found), nl=False)
    else:
        _show(found)
    return _STATUS[found.verdict]


def _ignored(patterns: tuple[str, ...]) -> Callable[[Difference], bool]:
    try:
        languages = [arns(ArnPattern(pattern).text) for pattern in patterns]
    except AccessError as error:
        raise click.UsageError(f"--ignore: {error}") from error

    def ignored(one: Difference) -> bool:
        unmanaged = one.change is Change.UNMANAGED
        return unmanaged and any(one.item.of in language for language in languages)

    return ignored


def _look(project: Path, names: tuple[str, ...], ignored: Callable[[Difference], bool]) -> Drift:
    began = time.monotonic()
    profiles = load(project / "profiles")
    documents = render_all(profiles).documents
    for name in names:
        if name not in documents:
            raise StackUnknownError(name, tuple(documents))
    recorded = states(profiles, project)
    live = read_live(profiles, project)
    read = time.monotonic()
    proofs = verified(live.world, rules(profiles))
    proved = time.monotonic()
    differences: list[Difference] = []
    to_come: dict[str, tuple[Item, ...]] = {}
    urns: dict[str, str] = {}
    chosen = [one for one in documents.values() if one.account.name in names or not names]
    for account in chosen:
        name = str(account.account.name)
        three, its = _three(project, profiles, account, recorded[name], live)
        # What hangs on something declared is never ignored, whatever the pattern takes in.
        differences += (one for one in drift(three) if one.item.of in its or not ignored(one))
        to_come[name] = waiting(three)
        urns |= its
    seconds = {"read": read - began, "proof": proved - read, "all": time.monotonic() - began}
    ids = {str(one.account.name): str(one.account.id) for one in chosen}
    unfinished = tuple(name for name in ids if recorded[name].pending)
    return Drift(profiles, ids, tuple(differences), to_come, unfinished, urns, proofs, seconds)


def _three(
    project: Path, profiles: Profiles, documents: AccountDocuments, state: State, live: Live
) -> tuple[Three, dict[str, str]]:
    """Return an account as it is, as recorded and as rendered; and `{ARN: URN}` of its stack."""
    account = documents.account
    deployed = state.deployed
    known, keys, urns = World({str(account.id): AwsAccount()}), {}, {}
    if deployed is not None:
        stack = deployed.settled
        known = tagged(account_world(stack, profiles, account), stack, profiles, account)
        keys = recorded_keys(stack, known)
        urns = declared(stack, profiles, account)
    model = modelled([documents])
    here = named_alike(live.world, known, model)
    keys = rotated(documents, keys, live.keys, project)
    id_ = str(account.id)
    return Three(
        str(account.name),
        inventory(here, id_, live.keys),
        inventory(known, id_, keys),
        inventory(model, id_, {}),
    ), urns


def _show(found: Drift) -> None:
    """Print the report for a person: the verdict first, then each account's drift."""
    say(found.headline, fg=_STYLE[found.verdict], bold=True)
    for name in found.accounts:
        told = [one for one in found.differences if one.account == name]
        say(f"\n{name}{'' if told else ': as deployed'}", bold=True)
        for one in told:
            say(f"{_MARK[one.change]} {one.change}: {one}", indent=2)
        if found.waiting[name]:
            declared_ = f"{len(found.waiting[name])} declared and not deployed yet"
            say(f"{declared_}: `iam-profiles preview` shows them", indent=2, dim=True)
    for finding in found.reasons:
        say(f"\n{finding.verdict}: {finding.rule}", bold=True)
        say(finding.message, indent=2, fg="red")
    took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found.seconds.items())
    say(took, dim=True)
