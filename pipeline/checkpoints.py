"""What the stacks have deployed before anything is done: read once, handed on to everybody."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from pulumi.automation.errors import CommandError, StackNotFoundError

from pipeline.backend import kept_at
from pipeline.bucket import WithheldError
from pipeline.command import EngineCommand
from pipeline.errors import StackUnreadableError, StackWithheldError
from pipeline.job import StackJob
from policies.checkpoint import CheckpointError, Deployed, deployed

NOTHING: Final = '{"version":3,"deployment":{}}'
"""What is handed over for a stack that was never deployed."""
NEVER: Final = "never deployed"
"""The digest of the state of such a stack."""
_AT_ONCE: Final = 8


@dataclass(frozen=True)
class State:
    """One stack's state."""

    stack: str
    text: str
    """A checkpoint, or what `pulumi stack export` prints."""
    mark: str | None = None
    """What tells its version to whoever may not read it; nothing where the backend does not say."""

    @cached_property
    def deployed(self) -> Deployed | None:
        """What is there, resource by resource; nothing if the stack was never deployed.

        Raises:
            StackUnreadableError: it is not as the engine writes it.
        """
        try:
            return deployed(self.text)
        except CheckpointError as error:
            raise _unreadable(self.stack, str(error)) from error

    @cached_property
    def digest(self) -> str:
        """What tells this version of the state from any other."""
        latest = self._latest
        if not (latest.get("resources") or latest.get("pending_operations")):
            return NEVER
        text = json.dumps(latest, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def exists(self) -> bool:
        """Whether the backend has the stack, deployed or not."""
        return self.text != NOTHING

    @cached_property
    def pending(self) -> tuple[str, ...]:
        """The URNs of what was under way when the engine died."""
        operations = self._latest.get("pending_operations") or ()
        return tuple(str(one["resource"]["urn"]) for one in operations)

    @cached_property
    def _latest(self) -> Mapping[str, Any]:
        try:
            whole: Any = json.loads(self.text)
            inner = whole["checkpoint"].get("latest") if "checkpoint" in whole else None
            return inner or whole.get("deployment") or {}
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise _unreadable(self.stack, f"it is no checkpoint: {error}") from error


@dataclass(frozen=True, slots=True)
class Seen:
    """What one may see of the stacks: their states, or of those withheld no more than a mark."""

    states: dict[str, State]
    withheld: dict[str, StackWithheldError]


def see(jobs: Iterable[StackJob], command: EngineCommand) -> Seen:
    """Return what may be seen of the stacks, in the order of the jobs.

    Raises:
        StackUnreadableError: of one there is not even a mark.
    """
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        found = tuple(workers.map(partial(_seen, command=command), jobs))
    states = {one.stack: one for one in found if isinstance(one, State)}
    return Seen(states, {one.stack: one for one in found if not isinstance(one, State)})


def states_of(jobs: Iterable[StackJob], command: EngineCommand) -> dict[str, State]:
    """Return `{stack: its state}`, in the order of the jobs.

    Raises:
        StackUnreadableError: a state cannot be read.
    """
    seen = see(jobs, command)
    for error in seen.withheld.values():
        raise error
    return seen.states


def state_of(job: StackJob, command: EngineCommand) -> State:
    """Return one stack's state, by the engine unless the backend is a folder or a bucket.

    Raises:
        StackUnreadableError: it cannot be read.
    """
    try:
        place = kept_at(job)
        if place is not None:
            raw, mark = place.checkpoint(job.stack)
            return State(job.stack, NOTHING if raw is None else raw.decode(), mark)
        arguments = ["stack", "export", "--stack", job.stack]
        return State(job.stack, command.run(arguments, str(job.project), job.environment).stdout)
    except StackNotFoundError:
        return State(job.stack, NOTHING)
    except WithheldError as error:
        raise StackWithheldError(job.stack, str(error), error.mark) from error
    except (CommandError, OSError, EOFError, UnicodeDecodeError) as error:
        raise _unreadable(job.stack, str(error)) from error


def _seen(job: StackJob, command: EngineCommand) -> State | StackWithheldError:
    try:
        return state_of(job, command)
    except StackWithheldError as error:
        return error


def hand_over(states: Mapping[str, State], folder: Path) -> None:
    """Write every stack's state where the policy pack looks for it."""
    for name, state in states.items():
        file = folder / f"{name}.json"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(NOTHING if state.digest == NEVER else state.text)


def _unreadable(stack: str, why: str) -> StackUnreadableError:
    return StackUnreadableError(
        stack,
        f"its state cannot be read: {why}",
        "restore it with `pulumi stack import`, from the backend's backups or history",
    )
