"""`iam-profiles init`: begin an organisation, from nothing to stacks that can be deployed."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli import exits
from cli.output import say
from cli.preview import project_option
from cli.spans import Span
from pipeline.command import EngineCommand
from pipeline.init.answers import TIERS, Answers, Place
from pipeline.init.bootstrap import Plan, Wish, bootstrap, sessions
from pipeline.init.files import write
from pipeline.init.finish import finish, named_still
from pipeline.init.temporary import ROLE


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option(
                "--account",
                "accounts",
                multiple=True,
                metavar="NAME[:TIER]=ID",
                help="An account, by its twelve digits; repeatable. Asked for on a terminal.",
            ),
            click.option("--organization", default="example", show_default=True, help="Its name."),
            click.option("--region", default="eu-west-1", show_default=True, help="Home region."),
            click.option(
                "--prefix", default="Platform", show_default=True, help="Begins every IAM path."
            ),
            click.option("--team", default="platform", show_default=True, help="The first team."),
            click.option("--person", "people", multiple=True, help="Of that team; repeatable."),
            click.option(
                "--bootstrap", "boots", is_flag=True, help="Make bucket, key and stacks in AWS."
            ),
            click.option(
                "--finish",
                "ends",
                is_flag=True,
                help="Remove the temporary role, if the deployed identities can do the work.",
            ),
            click.option(
                "--make-role",
                is_flag=True,
                help=f"Bootstrap by a temporary administrator's role `{ROLE}` in each account.",
            ),
            click.option(
                "--lasts",
                type=Span(),
                default="4h",
                show_default=True,
                help="How long it admits you.",
            ),
            click.option(
                "--admin-profile",
                default="",
                metavar="NAME",
                show_default="the stacks' own",
                help="The AWS profiles to act with, `{account}` in it being the account's name.",
            ),
            click.option(
                "--aws-config",
                type=click.Path(path_type=Path, dir_okay=False),
                help="Write the first deployment's AWS configuration here; no secret is in it.",
            ),
            click.option("--dry-run", is_flag=True, help="Show every call, and change nothing."),
            project_option,
        )
    ):
        command = option(command)
    return command


@click.command()
@_options
def init(  # noqa: PLR0913 -- click's options
    *,
    accounts: tuple[str, ...],
    organization: str,
    region: str,
    prefix: str,
    team: str,
    people: tuple[str, ...],
    boots: bool,
    ends: bool,
    make_role: bool,
    lasts: timedelta,
    admin_profile: str,
    aws_config: Path | None,
    dry_run: bool,
    project: Path,
) -> int:
    """Begin an organisation: its files; with --bootstrap, its state bucket, key and stacks.

    Nothing that is there is overwritten, and every step can be run again. With --bootstrap, the
    credentials are checked to be each account's own, and it is proved that nobody who is kept out
    of an account gets at its state, before anything is changed.

    Exit status 0 done; 1 somebody would get at a state, or an identity cannot do its work yet;
    65 what was asked for is wrong; 69 AWS or the engine refuses.
    """
    if boots and ends:
        raise click.UsageError("give `--bootstrap` or `--finish`, not both")
    wish = Wish(admin_profile, make_role, lasts, dry_run)
    if ends:
        return _finish(Plan.of(project), wish)
    if not boots or accounts or not (project / "profiles").exists():
        answers = Answers(organization, region, prefix, _accounts(accounts, project), team, people)
        _write(answers, project, dry=dry_run)
    if not boots or not (project / "profiles").exists():  # a dry run wrote none
        return exits.DONE
    return _bootstrap(Plan.of(project), wish, aws_config)


def _accounts(given: tuple[str, ...], project: Path) -> tuple[Place, ...]:
    if given or (project / "profiles").exists():
        return tuple(map(Place.read, given))
    if not sys.stdin.isatty():
        wanted = " ".join(f"--account {tier}=ID" for tier in TIERS)
        raise click.UsageError(f"there is no terminal to ask on; give {wanted}")
    return tuple(
        Place(tier, tier, number)
        for tier in TIERS
        if (number := click.prompt(f"id of the account `{tier}`, or nothing", default="").strip())
    )


def _write(answers: Answers, project: Path, *, dry: bool) -> None:
    written = write(answers, project, dry=dry)
    for name in written:
        say(f"{'would write' if dry else 'written'}: {name}")
    if not written:
        say("every file is there already; nothing was written")
    elif not dry:
        say("next: `iam-profiles check`, then `iam-profiles init --bootstrap --make-role`")


def _bootstrap(plan: Plan, wish: Wish, aws_config: Path | None) -> int:
    say("proved: nobody who is kept out of an account gets at its state", fg="green")
    calls: list[str] = []

    def told(call: str) -> None:
        calls.append(call)
        say(call, indent=2)

    bootstrap(plan, wish, EngineCommand(), datetime.now(UTC), told)
    if wish.dry:
        say(f"{len(calls)} changes, none of them made")
        return exits.DONE
    say(f"{len(calls)} changes made" if calls else "all is in order; nothing was changed")
    _say_next(plan, wish, aws_config)
    return exits.DONE


def _say_next(plan: Plan, wish: Wish, aws_config: Path | None) -> None:
    config, address = sessions(plan, wish), plan.site.address
    if aws_config is not None and config:
        _add(aws_config, config)
        say(f"written: {aws_config}")
    elif config:
        say("put this into ~/.aws/config for the first deployment:")
        say(config)
    else:
        say(f"name your profile of account `{plan.state_account}` `{plan.site.profile}` as well")
    say(f"the backend, for `backend: {{url: …}}` in Pulumi.yaml or PULUMI_BACKEND_URL: {address}")
    say("next: `iam-profiles preview --bundle out/`, then `iam-profiles up out/`")
    if wish.make_role:
        flags = f" --admin-profile '{wish.profiles}'" if wish.profiles else ""
        say(f"then remove the temporary role: `iam-profiles init --finish{flags}`; or by hand:")
        for command in plan.removal(wish):
            say(command, indent=2)
    else:
        say("then take the administrator's permissions back from whoever bootstrapped")


def _finish(plan: Plan, wish: Wish) -> int:
    gone = finish(plan, wish, lambda call: say(call, indent=2))
    say("every account is deployed by an identity of the model", fg="green")
    if wish.dry:
        say("nothing was removed")
    elif gone:
        say(f"the temporary role is gone from {', '.join(gone)}")
    else:
        say("no account has the temporary role; nothing was changed")
    if (keeper := named_still(plan)) is not None:
        say(f"next: take `{keeper}` out of `secrets_store.keepers`, and deploy `state` once more")
    return exits.DONE


def _add(file: Path, text: str) -> None:
    """Write a file that is not there, or is this very text."""
    if file.exists() and file.read_text("utf-8") == text:
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"`{file}` is there already; name another file") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
