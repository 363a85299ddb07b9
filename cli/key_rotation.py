"""`iam-profiles credentials rotate`: several users side by side, and what each leaves to do."""

import signal
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Self

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from cli import exits
from cli.output import console
from cli.spans import moment
from cli.stored_keys import AT_ONCE, StoredKeys, policy_of
from credentials.ensure import Ensured, ensure, finish
from credentials.errors import CredentialsError, InterruptedRunError
from credentials.ports import Urgency
from iam_profiles.documents import ServiceUserDocuments
from iam_profiles.model import ServiceUser
from pipeline.interrupts import interrupts_to


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    urgency: Urgency
    wait: bool
    """Whether to stay until the keys before are deleted."""

    def command(self, user: str, *, told: bool) -> str:
        """The command that goes on; `told` says that how urgent it is has been recorded."""
        flags = f"{'' if told else self.urgency.flag}{' --wait' if self.wait else ''}"
        return f"iam-profiles credentials rotate {user}{flags}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one user."""

    user: str
    reached: Ensured | None = None
    """How far it came; None if no run of it ended."""
    error: CredentialsError | None = None

    @property
    def interrupted(self) -> bool:
        """Whether it ended only because it was told to stop."""
        return isinstance(self.error, InterruptedRunError)


class Rotation:
    """The runs of one command; `stop` ends each where the next run goes on."""

    def __init__(self, keys: StoredKeys, wish: Wish, screen: "Screen") -> None:
        self._keys = keys
        self._wish = wish
        self._screen = screen
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Have every run end at its next wait, and begin no other."""
        self._stopping.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def of(self, users: Iterable[ServiceUserDocuments]) -> tuple[Outcome, ...]:
        """Rotate each user's key, a few at a time; outcomes in the users' order."""
        with ThreadPoolExecutor(max_workers=AT_ONCE) as workers:
            return tuple(workers.map(self._one, users))

    def _one(self, user: ServiceUserDocuments) -> Outcome:
        reached: list[Ensured] = []

        def tell(ensured: Ensured) -> None:
            reached.append(ensured)
            self._screen.waits(user.name, _left(ensured))

        try:
            if self.stopped:
                raise InterruptedRunError
            self._screen.begins(user.name)
            ports, policy = self._keys.ports(user, self._sleep), policy_of(user)
            if self._wish.wait:
                reached.append(finish(ports, policy, self._wish.urgency, tell))
            else:
                reached.append(ensure(ports, policy, self._wish.urgency))
        except CredentialsError as error:
            outcome = Outcome(user.name, next(reversed(reached), None), error)
        else:
            outcome = Outcome(user.name, reached[-1])
        self._screen.ends(user.name, _in_words(outcome, self._wish))
        return outcome

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise InterruptedRunError


class Screen:
    """One live line a user on a terminal, and a line that stays when it is done."""

    def __init__(self, users: Sequence[str], out: Console) -> None:
        self._out = out
        self._width = max(map(len, users), default=0)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[user]}  {task.description}"),
            TimeElapsedColumn(),
            console=out,
            disable=not out.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begins(self, user: str) -> None:
        """Show that a user's run has begun."""
        padded = user.ljust(self._width)
        self._tasks[user] = self._bars.add_task("looking at the keys", total=None, user=padded)

    def waits(self, user: str, what: str) -> None:
        """Show what a run waits for; in a log, as a line."""
        if self._out.is_terminal:
            self._bars.update(self._tasks[user], description=what)
        else:
            self._line(user, what)

    def ends(self, user: str, what: str) -> None:
        """Show what came of a user."""
        if user in self._tasks:
            self._bars.update(self._tasks[user], visible=False)
        self._line(user, what)

    def _line(self, user: str, what: str) -> None:
        self._out.print(f"{user.ljust(self._width)}  {what}", soft_wrap=True)


def rotate(keys: StoredKeys, users: Sequence[str], wish: Wish) -> int:
    """Rotate the users' keys, all of them if none is named; the exit status."""
    chosen = keys.chosen(users)
    with Screen(chosen.names, console()) as screen:
        for user in chosen.federated:
            screen.ends(user.name, _nothing_of(user))
        rotation = Rotation(keys, wish, screen)
        with _interrupts_to(rotation):
            outcomes = rotation.of(chosen.keyed)
    _say_what_is_wrong(outcomes, wish)
    if rotation.stopped:
        return exits.INTERRUPTED
    return exits.UNAVAILABLE if any(outcome.error for outcome in outcomes) else exits.DONE


def _interrupts_to(rotation: Rotation) -> AbstractContextManager[None]:
    """Have Ctrl-C and SIGTERM stop the rotation; a call that is under way is never cut off."""

    def stop(_: signal.Signals) -> None:
        rotation.stop()
        click.echo("\nstopping: each user's run ends where the next goes on …", err=True)

    return interrupts_to(stop)


def _say_what_is_wrong(outcomes: Sequence[Outcome], wish: Wish) -> None:
    for outcome in outcomes:
        if outcome.error and not outcome.interrupted:
            click.secho(f"{outcome.user}: {outcome.error}", fg="red", err=True)
    left = [outcome for outcome in outcomes if outcome.interrupted]
    if left:
        click.echo("interrupted; this goes on:", err=True)
    for outcome in left:
        click.echo(f"  {wish.command(outcome.user, told=outcome.reached is not None)}", err=True)


def _in_words(outcome: Outcome, wish: Wish) -> str:
    reached, error = outcome.reached, outcome.error
    if reached is None:
        return "[yellow]interrupted[/yellow]" if outcome.interrupted else "[red]failed[/red]"
    if reached.changed:
        done = "[green]rotated[/green]"
    elif wish.urgency is Urgency.EARLY:
        done = "[yellow]to be rotated once the grace of the key before is over[/yellow]"
    else:
        done = "nothing was due"
    said = f"{done}: `{reached.access_key_id}` is current; {_left(reached)}"
    return f"[yellow]interrupted[/yellow], {said}" if error else said


def _nothing_of(user: ServiceUser) -> str:
    issuer = user.federation.issuer if user.federation else ""
    return f"federated: it has no key, and nothing to rotate; its tokens are `{issuer}`'s"


def _left(ensured: Ensured) -> str:
    """What is left to do, and when."""
    leaving = ensured.finishing
    if leaving is None:
        due = ensured.next_due
        return f"the next is due {moment(due)}" if due else "it is never due"
    if leaving.active:
        return f"`{leaving.access_key_id}` works until the first run after {moment(leaving.due)}"
    return f"`{leaving.access_key_id}` is inactive until the first run after {moment(leaving.due)}"
