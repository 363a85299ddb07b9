"""`iam-profiles who-can`, `can` and `explain`: single questions, answered with the statements."""

from typing import Any

import click

from access.inquiry import Bearing, Inquiry, Line
from access.verdict import Allowed, Denied, Undecided, Verdict
from cli import exits
from cli.options import format_option
from cli.output import print_json, say
from cli.worlds import Given, read_world, world_options

_STATUS = {Allowed: exits.DONE, Denied: exits.NO, Undecided: exits.UNDECIDED}
_WORDS = {
    Allowed: ("allowed", "green"),
    Denied: ("denied", "red"),
    Undecided: ("not decided", "yellow"),
}
_STYLE: dict[Bearing, dict[str, Any]] = {
    Bearing.ALLOWS: {"fg": "green"},
    Bearing.DENIES: {"fg": "red"},
    Bearing.DOUBTFUL: {"fg": "yellow"},
    Bearing.SILENT: {"dim": True},
}


@click.command("who-can")
@click.argument("action")
@click.argument("resource")
@world_options
@format_option
def who_can(given: Given, action: str, resource: str, form: str) -> int:
    """Show every user and role that is allowed ACTION on RESOURCE, and by which statements.

    RESOURCE is an ARN or a pattern of ARNs: then whoever is allowed any that matches.

    Exit status 0 somebody is; 1 nobody is; 2 of some it cannot be decided, and nobody else is.
    """
    found = tuple(Inquiry(read_world(given).world).who_can(action, resource))
    if form == "json":
        allowed = [{"principal": arn, **_json(verdict)} for arn, verdict in found]
        print_json({"action": action, "resource": resource, "principals": allowed})
    elif not found:
        click.echo(f"nobody is allowed {action} on {resource}")
    for arn, verdict in found if form == "text" else ():
        _say(arn, verdict)
    verdicts = {type(verdict) for _, verdict in found}
    return next((_STATUS[kind] for kind in (Allowed, Undecided) if kind in verdicts), exits.NO)


@click.command()
@click.argument("principal")
@click.argument("action")
@click.argument("resource")
@world_options
@format_option
def can(given: Given, principal: str, action: str, resource: str, form: str) -> int:
    """Say whether PRINCIPAL, a user or role, is allowed ACTION on RESOURCE.

    Exit status 0 it is; 1 it is not; 2 it cannot be decided.
    """
    verdict = Inquiry(read_world(given).world).can(principal, action, resource)
    if form == "json":
        print_json(
            {"principal": principal, "action": action, "resource": resource, **_json(verdict)}
        )
    else:
        _say(principal, verdict)
    return _STATUS[type(verdict)]


@click.command()
@click.argument("principal")
@click.argument("action")
@click.argument("resource")
@world_options
@format_option
def explain(given: Given, principal: str, action: str, resource: str, form: str) -> int:
    """Say what each statement that could bear on it does to the request, and why.

    Exit status as of `can`.
    """
    inquiry = Inquiry(read_world(given).world)
    verdict = inquiry.can(principal, action, resource)
    lines = inquiry.explain(principal, action, resource)
    if form == "json":
        asked = {"principal": principal, "action": action, "resource": resource}
        print_json({**asked, **_json(verdict), "statements": [_line_json(one) for one in lines]})
    else:
        _say(principal, verdict)
        _say_each(lines)
    return _STATUS[type(verdict)]


def _say(principal: str, verdict: Verdict) -> None:
    word, colour = _WORDS[type(verdict)]
    say(f"{click.style(word, fg=colour, bold=True)}  {principal}")
    for reason in verdict.reasons:
        say(str(reason), indent=2, dim=True)


def _say_each(lines: tuple[Line, ...]) -> None:
    """Print each statement below its policy, and each policy below the layer it is in."""
    layer = policy = ""
    width = max((len(line.statement) for line in lines), default=0)
    for line in lines:
        if line.layer != layer:
            say(f"\n{line.layer}", bold=True)
        if (line.layer, line.policy) != (layer, policy):
            say(line.policy, indent=2)
        layer, policy = line.layer, line.policy
        why = f": {', '.join(line.why)}" if line.why else ""
        bearing = click.style(f"{line.bearing.value}{why}", **_STYLE[line.bearing])
        say(f"{line.statement:<{width}}  {line.effect:<5}  {bearing}", indent=4)


def _json(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": type(verdict).__name__.lower(),
        "because": [
            {"policy": one.policy, "statement": one.statement, "why": one.text}
            for one in verdict.reasons
        ],
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "layer": line.layer,
        "policy": line.policy,
        "statement": line.statement,
        "effect": line.effect,
        "bearing": line.bearing.value,
        "why": list(line.why),
    }
