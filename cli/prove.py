"""`iam-profiles prove`: can these principals ever come to control those?"""

from collections.abc import Sequence
from pathlib import Path

import click

from access import kept
from access.arn import arns
from access.catalogue import steps
from access.path import Hop
from access.prove import Answer, Proof, Proofs, Refuted, Result, Undecided
from access.rule import Rule, Start, WebIdentity
from access.verified import verified
from access.world import World
from cli import exits
from cli.errors import NobodyError
from cli.options import format_option
from cli.output import print_json, say
from cli.worlds import MAX_BYTES, Given, read_world, world_options

_STATUS = {
    Answer.PROVED: exits.DONE,
    Answer.REFUTED: exits.NO,
    Answer.UNDECIDED: exits.UNDECIDED,
}
_STYLE = {Answer.PROVED: "green", Answer.REFUTED: "red", Answer.UNDECIDED: "yellow"}
_MARK = {Answer.PROVED: "✓", Answer.REFUTED: "✗", Answer.UNDECIDED: "?"}
_SHOWN = 20


@click.command()
@click.option(
    "--from",
    "starts",
    multiple=True,
    metavar="PATTERN",
    help="ARN, or pattern of ARNs, of who starts. Repeatable.",
)
@click.option(
    "--never-reach",
    "targets",
    multiple=True,
    metavar="PATTERN",
    help="ARN, or pattern of ARNs, of whom they never control. Repeatable.",
)
@click.option(
    "--check",
    "certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="CERTIFICATE",
    help="Prove nothing anew: check what `prove --format json` printed, of the same input.",
)
@world_options
@format_option
def prove(
    given: Given,
    starts: tuple[str, ...],
    targets: tuple[str, ...],
    certificate: Path | None,
    form: str,
) -> int:
    """Prove that no sequence of API calls leads from some principals to others, or show one.

    Without --from and --never-reach, the organisation's isolation rules are proved; without
    --auth-details and --deployed, over what profiles/ would deploy. Of exports, whose organisation
    it is says --profiles.

    With --check, a certificate is taken or not, without any search: it must be about this input,
    and prove the rules that are asked about, if any are.

    Exit status 0 proved; 1 refuted; 2 undecided, which counts as not proved; 64 wrong usage;
    65 the input is not valid; 69 an account cannot be read.
    """
    asked = _rule(starts, targets)
    read = read_world(given)
    rules = (asked,) if asked else read.rules
    if not (rules or certificate):
        raise click.UsageError(
            "exports have no rules of their own; give --from and --never-reach, or --profiles"
        )
    if asked:
        _refuse_nobody(asked, read.world)
    elif given.details:
        _refuse_strangers(rules, read.world)
    proofs = (
        verified(read.world, rules)
        if certificate is None
        else kept.recheck(read.world, _bytes(certificate), steps(), asked=rules)
    )
    if form == "json":
        print_json(proofs.json(read.world))
    else:
        _show(proofs, read.world)
    return _STATUS[proofs.answer]


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise kept.CertificateInvalidError(f"`{file}`", "more than can be read")
        return file.read_bytes()
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise kept.CertificateInvalidError(f"`{file}`", found) from error


def _rule(starts: tuple[str, ...], targets: tuple[str, ...]) -> Rule | None:
    if not starts and not targets:
        return None
    if not starts or not targets:
        raise click.UsageError("--from and --never-reach go together; give both, or neither")
    return Rule.of(starts, targets)


def _refuse_nobody(rule: Rule, world: World) -> None:
    """Refuse a rule that would hold of nobody: a slip of the pen would pass for a proof."""
    principals = (*world.users, *world.roles)
    partitions = {arn.split(":", 2)[1] for arn in principals}
    roots = (f"arn:{one}:iam::{account}:root" for one in partitions for account in world.accounts)
    everybody = frozenset((*principals, *roots))
    for patterns, option in ((rule.from_, "--from"), (rule.never_reach, "--never-reach")):
        for pattern in patterns:
            if not _names_any(pattern, everybody):
                raise NobodyError(str(pattern), option)


def _refuse_strangers(rules: Sequence[Rule], world: World) -> None:
    """Refuse exports in which an organisation's rule is about nobody: they are of another one."""
    principals = frozenset((*world.users, *world.roles))
    for rule in rules:
        patterns = [one for one in rule.from_ if not isinstance(one, WebIdentity)]
        if len(patterns) == len(rule.from_) and not any(
            _names_any(one, principals) for one in patterns
        ):
            raise NobodyError(str(patterns[0]), "--profiles, whose")


def _names_any(pattern: Start, principals: frozenset[str]) -> bool:
    named = arns(str(pattern))
    return str(pattern) in principals or any(arn in named for arn in principals)


def _show(proofs: Proofs, world: World) -> None:
    for result in proofs.results:
        _headline(result)
        match result:
            case Proof():
                _show_proof(result)
            case Refuted():
                _show_refuted(result)
            case Undecided():
                _show_undecided(result)
        click.echo()
    counts = f"{len(world.accounts)} accounts, {len(world.users)} users, {len(world.roles)} roles"
    say(f"over {counts}: {proofs.world}", dim=True)
    say(f"by the catalogue of steps {proofs.catalogue}", dim=True)


def _headline(result: Result) -> None:
    told = f"{_MARK[result.answer]} {result.answer.value}"
    say(told, fg=_STYLE[result.answer], bold=True)
    for title, patterns in (("from", result.rule.from_), ("never reach", result.rule.never_reach)):
        for number, pattern in enumerate(patterns):
            say(f"{'' if number else title:<12}{pattern}", indent=2)


def _show_proof(proof: Proof) -> None:
    held = proof.certificate.json()
    say("whatever they do, they come to control no more than", indent=2)
    _list([f"all of account {one}" for one in held["administered"]], indent=4)
    _list(held["controlled"], indent=4)
    say("assuming that", indent=2)
    _list(proof.certificate.assumptions, indent=4)


def _show_refuted(refuted: Refuted) -> None:
    _show_path(refuted.path)
    if refuted.remedy:
        say(f"to shut it, {refuted.remedy}", indent=2, bold=True)


def _show_undecided(undecided: Undecided) -> None:
    say("this cannot be decided on, and so nothing is proved:", indent=2)
    _list(undecided.why, indent=4)
    if undecided.path:
        say("if it were allowed:", indent=2)
        _show_path(undecided.path)


def _show_path(path: Sequence[Hop]) -> None:
    for number, hop in enumerate(path, 1):
        say(f"{number}. {hop.caller or 'and so'}", indent=2, bold=True)
        for action, resource in hop.requests:
            say(f"{action} on {resource}", indent=5, fg="cyan")
        for context in hop.context:
            say(f"with {context}", indent=5)
        say(f"→ {hop.gained.gain.value} of {hop.gained.of}: {hop.title}", indent=5)
        for reason in (*hop.allowed_by, *hop.doubts):
            say(str(reason), indent=7, dim=True)


def _list(items: Sequence[str], *, indent: int) -> None:
    for item in items[:_SHOWN]:
        say(f"- {item}", indent=indent, dim=True)
    if len(items) > _SHOWN:
        say(f"- and {len(items) - _SHOWN} more: --format json", indent=indent, dim=True)
