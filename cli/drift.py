"""`iam-profiles drift`: what is in the accounts that nobody declared, and the proof over it."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from access.arn import arns
from access.errors import AccessError
from access.rule import ArnPattern
from access.verified import verified
from access.world import Account as AwsAccount
from access.world import World
from cli import exits
from cli.drift_beside import Beside
from cli.drift_read import Live, read_live, read_more, rotated
from cli.options import NEW_FILE, executor_option, format_option, workers_option
from cli.output import VERDICT_STYLE, say
from cli.preview import project_option
from cli.stacks_live import StacksLive
from iam_profiles.documents import AccountDocuments
from iam_profiles.render import render_all
from iam_profiles.world import rules
from iam_profiles.world import world as modelled
from pipeline.checkpoints import State
from pipeline.drift.beside import live_beside, modelled_beside, recorded_beside
from pipeline.drift.compare import Change, Difference, Three, drift, waiting
from pipeline.drift.inventory import Item, inventory, named_alike, recorded_keys, tagged
from pipeline.drift.refresh import refresh_all
from pipeline.drift.report import Drift, json_report, junit_report, markdown_report, sarif_report
from pipeline.executors.choose import workers_for
from pipeline.executors.workers import stoppable
from pipeline.fleet import Fleet
from pipeline.job import Outcome
from pipeline.work import Work
from policies.account_world import account_world, declared

_MARK = {
    Change.CHANGED: "~",
    Change.UNMANAGED: "+",
    Change.MISSING: "-",
    Change.UNKNOWN: "?",
}
_REPORTS: dict[str, Callable[[Drift], str]] = {
    "markdown": markdown_report,
    "junit": junit_report,
    "sarif": sarif_report,
}


@dataclass(frozen=True, slots=True)
class _Engines:
    """Where the stacks are refreshed, and how many at once."""

    executor: str
    workers: int | None


@click.command("drift")
@click.option("--account", "accounts", multiple=True, help="Compare this one; may be repeated.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATTERN",
    help="ARNs of what is known to be there undeclared; the proof counts it. Repeatable.",
)
@click.option(
    "--refresh/--no-refresh",
    default=True,
    show_default=True,
    help="Have the engine look at each resource of the stacks, too.",
)
@workers_option
@executor_option
@click.option("--markdown", type=NEW_FILE, help="Write the report as Markdown.")
@click.option("--junit", type=NEW_FILE, help="Write the report as JUnit XML.")
@click.option("--sarif", type=NEW_FILE, help="Write the report as SARIF 2.1.0.")
@project_option
@format_option
def drift_command(  # noqa: PLR0913 -- click hands each option over
    accounts: tuple[str, ...],
    ignore: tuple[str, ...],
    workers: int | None,
    executor: str,
    project: Path,
    *,
    refresh: bool,
    form: str,
    **files: Path | None,
) -> int:
    """Compare what is in the accounts with what the stacks deployed, and prove over it.

    Reads each account's users, groups, roles, policies, keys, secrets and identity providers, and
    has the engine refresh each stack as a preview; writes nothing. The isolation rules are proved
    over what is really there, in all accounts, whichever are compared.

    Exit status 0 nothing drifted and every rule is proved; 1 something drifted, or a rule is
    refuted; 2 undecided; 69 an account, a part of it or a stack's state cannot be read.
    """
    ignored = _ignored(ignore)
    fleet = Fleet.of(project)
    engines = _Engines(executor, workers) if refresh else None
    found = _look(fleet, fleet.chosen(accounts), ignored, engines)
    for name, make in _REPORTS.items():
        file = files[name]
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(make(found), "utf-8")
    if form == "json":
        click.echo(json_report(found), nl=False)
    else:
        _show(found)
    return exits.BY_VERDICT[found.verdict]


def _ignored(patterns: tuple[str, ...]) -> Callable[[Difference], bool]:
    try:
        languages = [arns(ArnPattern(pattern).text) for pattern in patterns]
    except AccessError as error:
        raise click.UsageError(f"--ignore: {error}") from error

    def ignored(one: Difference) -> bool:
        unmanaged = one.change is Change.UNMANAGED
        return unmanaged and any(one.item.of in language for language in languages)

    return ignored


def _look(
    fleet: Fleet,
    names: Sequence[str],
    ignored: Callable[[Difference], bool],
    engines: _Engines | None,
) -> Drift:
    profiles = fleet.profiles
    began = time.monotonic()
    documents = {str(name): one for name, one in render_all(profiles).documents.items()}
    recorded = fleet.states()
    live = read_live(profiles, fleet.project)
    beside = read_more(profiles, fleet.project, live, recorded)
    read = time.monotonic()
    refreshed = _refresh(fleet, names, recorded, engines) if engines is not None else None
    engine = time.monotonic()
    proofs = verified(live.world, rules(profiles))
    proved = time.monotonic()
    differences: list[Difference] = []
    to_come: dict[str, tuple[Item, ...]] = {}
    urns: dict[str, str] = {}
    for name in names:
        three, its = _three(fleet, documents[name], recorded[name], live, beside)
        # What hangs on something declared is never ignored, whatever the pattern takes in.
        differences += (one for one in drift(three) if one.item.of in its or not ignored(one))
        to_come[name] = waiting(three)
        urns |= its
    return Drift(
        profiles,
        {name: str(documents[name].account.id) for name in names},
        tuple(differences),
        to_come,
        tuple(name for name in names if recorded[name].pending),
        urns,
        proofs,
        {
            "read": read - began,
            "refresh": engine - read,
            "proof": proved - engine,
            "all": time.monotonic() - began,
        },
        tuple(one for one in beside.unread if one.account in names),
        refreshed,
    )


def _refresh(
    fleet: Fleet, names: Sequence[str], recorded: Mapping[str, State], engines: _Engines
) -> tuple[Outcome, ...]:
    """Return what the engine says of each stack; one left in the middle is told as that."""
    chosen = [name for name in names if recorded[name].deployed and not recorded[name].pending]
    if not chosen:
        return ()
    works = [
        Work(fleet.jobs[name], "preview", state=recorded[name].digest, known=True)
        for name in chosen
    ]
    with ExitStack() as stack:
        live = stack.enter_context(StacksLive(chosen))
        workers = stack.enter_context(
            workers_for(fleet, chosen, engines.executor, live, engines.workers)
        )
        stack.enter_context(stoppable(workers, live))
        found = refresh_all(works, workers, live)
    if workers.stopping:
        raise KeyboardInterrupt
    return found


def _three(
    fleet: Fleet, documents: AccountDocuments, state: State, live: Live, beside: Beside
) -> tuple[Three, dict[str, str]]:
    """Return an account as it is, as recorded and as rendered; and `{ARN: URN}` of its stack."""
    account, profiles = documents.account, fleet.profiles
    deployed = state.deployed
    known, keys, urns = World({str(account.id): AwsAccount()}), {}, {}
    its: dict[Item, str | None] = {}
    if deployed is not None:
        stack = deployed.settled
        known = tagged(account_world(stack, profiles, account), stack, profiles, account)
        keys = recorded_keys(stack, known)
        urns = declared(stack, profiles, account)
        its = recorded_beside(stack, profiles.organization, account)
    model = modelled([documents])
    here = named_alike(live.world, known, model)
    keys = rotated(documents, keys, live.keys, fleet.project)
    id_, name = str(account.id), str(account.name)
    unread = (one.kind for one in beside.unread if one.account == name)
    more = live_beside(beside.found[name], unread, its, modelled_beside(documents))
    return Three(
        name,
        inventory(here, id_, live.keys) | more[0],
        inventory(known, id_, keys) | more[1],
        inventory(model, id_, {}) | more[2],
    ), urns


def _show(found: Drift) -> None:
    """Print the report for a person: the verdict first, then each account's drift."""
    say(found.headline, fg=VERDICT_STYLE[found.verdict], bold=True)
    for name in found.accounts:
        told = [one for one in found.differences if one.account == name]
        moved = [one for stack, one in found.moved if stack == name]
        well = not any(one.stack == name for one in found.findings)
        say(f"\n{name}{': as deployed' if well else ''}", bold=True)
        for one in told:
            say(f"{_MARK[one.change]} {one.change}: {one}", indent=2)
        for one in moved:
            say(f"~ refreshed: {one}", indent=2)
        if found.waiting[name]:
            declared_ = f"{len(found.waiting[name])} declared and not deployed yet"
            say(f"{declared_}: `iam-profiles preview` shows them", indent=2, dim=True)
    for finding in found.reasons:
        say(f"\n{finding.verdict}: {finding.rule}", bold=True)
        say(finding.message, indent=2, fg="red")
    took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found.seconds.items())
    say(took, dim=True)
