"""What there is to adopt, for people: tables, the notices, the proofs, the certificate."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from access.prove import Answer, Proof, Proofs, Refuted, Undecided
from cli.output import console, say
from pipeline.adopt.engine import Adopted, Import
from pipeline.adopt.found import Notice, Sort
from pipeline.adopt.report import Adoption
from pipeline.findings import words_of
from pipeline.reports.words import count, sign

_SHOWN = 12
_MARK = {Sort.LEFT: "-", Sort.OTHERWISE: "~", Sort.KEPT: "="}
_STYLE = {Answer.PROVED: "green", Answer.REFUTED: "red", Answer.UNDECIDED: "yellow"}


def show(one: Adoption) -> None:
    """Print everything; what is to be done comes first."""
    _headline(one)
    if any(one.imports.values()) and not one.stacks:
        console().print(_imports(one))
    for sort in Sort:
        _notices(sort, [notice for notice in one.proposal.notices if notice.sort is sort])
    for title, proofs in (("as it is", one.proved.now), ("as adopted", one.proved.adopted)):
        _proofs(title, proofs)
    for broken in one.proved.on_the_way:
        say(f"isolation, on the way: {words_of(broken)}", fg="red")
    if one.proved.opens:
        say("nothing is written: adopting would break what holds today", fg="red", bold=True)
    for stack in one.stacks:
        _certificate(stack)


def _headline(one: Adoption) -> None:
    proposal = one.proposal
    for problem in proposal.problems:
        say(f"nothing can be proposed: {problem}", fg="red", bold=True)
    if one.nothing:
        say("nothing is left to adopt", fg="green", bold=True)
    elif not proposal.files:
        say("nothing is left to declare", bold=True)
    if proposal.files:
        counted = ", ".join(
            f"{number} {sort.replace('_', ' ')}" for sort, number in proposal.counts.items()
        )
        say(f"to declare: {counted}", bold=True)
    for name, text in () if one.written else proposal.files.items():
        say(f"\nprofiles/{name}", fg="cyan")
        for line in text.splitlines():
            say(line, indent=2)
    for name in one.written:
        say(f"wrote {name}", fg="green", indent=2)


def _imports(one: Adoption) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="to import")
    for column in ("account", "roles", "policies", "groups", "users"):
        table.add_column(column, no_wrap=True)
    for account, imports in one.imports.items():
        table.add_row(account, *map(str, _counted(imports)))
    return table


def _counted(imports: Sequence[Import]) -> list[int]:
    kinds = Counter(each.type.rpartition(":")[2] for each in imports)
    return [kinds[kind] for kind in ("Role", "Policy", "Group", "User")]


def _notices(sort: Sort, notices: Sequence[Notice]) -> None:
    if not notices:
        return
    say(f"\n{sort.value}: {len(notices)}", bold=True)
    for notice in notices[:_SHOWN]:
        say(f"{_MARK[sort]} {notice.of}", indent=2)
        say(str(notice), indent=4, dim=True)
    if len(notices) > _SHOWN:
        say(f"and {len(notices) - _SHOWN} more: --format json", indent=2, dim=True)


def _proofs(title: str, proofs: Proofs) -> None:
    say(f"\nisolation, {title}: {proofs.answer.value}", fg=_STYLE[proofs.answer], bold=True)
    for result in proofs.results:
        if isinstance(result, Proof):
            continue
        for number, hop in enumerate(result.path, 1):
            say(f"{number}. {hop.caller or 'and so'}: {hop.title}", indent=2)
            for action, resource in hop.requests:
                say(f"{action} on {resource}", indent=5, fg="cyan")
            say(f"→ {hop.gained.gain.value} of {hop.gained.of}", indent=5)
        if isinstance(result, Refuted) and result.remedy:
            say(f"to shut it, {result.remedy}", indent=2, bold=True)
        for why in result.why[:_SHOWN] if isinstance(result, Undecided) else ():
            say(f"- {why}", indent=2, dim=True)


def _certificate(stack: Adopted) -> None:
    done = f"{count(len(stack.imports), 'resource')} imported, {len(stack.recorded)} recorded"
    if not stack.left:
        say(f"{stack.stack}: {done}; a preview has no changes", fg="green", bold=True)
        return
    say(f"{stack.stack}: {done}; an update would still", fg="yellow", bold=True)
    for step in stack.left:
        say(f"{sign(step.operation)} {step.operation} {step.type} {step.name}", indent=2)
