"""The engine's own refresh of every stack, as a preview: what became of each resource."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from dataclasses import dataclass
from typing import Any, Final

from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent, StepEventMetadata

from pipeline.errors import PipelineError
from pipeline.job import Outcome, Step
from pipeline.listener import Listener
from pipeline.operate import INTERRUPTED, open_stack
from pipeline.work import WORKER, OnEvent, Progress, Work, Worker, failed
from policies.known_types import POLICY, ROLE, STORED_ACCESS_KEY

_KEYS: Final = f"**{STORED_ACCESS_KEY}::**"
"""Not refreshed: a rotation is no drift, and their stores say which keys are theirs."""
_LOST: Final = "its worker was lost, twice; run this again"
_DERIVED: Final[Mapping[str, frozenset[str]]] = {
    POLICY: frozenset({"attachmentCount"}),
    ROLE: frozenset({"managedPolicyArns", "inlinePolicies"}),
}
"""Outputs that follow from other resources: those are compared themselves.

Source: https://www.pulumi.com/registry/packages/aws/api-docs/iam/policy/
"""


@dataclass(frozen=True, slots=True)
class Moved(Step):
    """A resource that is otherwise than the engine recorded: `update`, or `delete` if it is gone.

    Attributes:
        properties: which of its properties are other ones.
    """

    properties: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f"`{self.name}` ({self.type})"
        if self.operation == "delete":
            return f"{what} is gone, the engine's refresh says"
        listed = ", ".join(f"`{name}`" for name in self.properties) or "value that is secret"
        return f"{what} has another {listed}, the engine's refresh says"

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "operation": self.operation,
            "name": self.name,
            "type": self.type,
            "urn": self.urn,
            "properties": list(self.properties),
        }


def refresh_all(
    works: Iterable[Work], executor: Executor, on_event: OnEvent
) -> tuple[Outcome, ...]:
    """Refresh the stacks side by side; the steps of each outcome are what moved.

    What is lost with its worker is done once more: it changes nothing.
    """
    left, found = tuple(works), list[Outcome]()
    for last in (False, True):
        under_way = {executor.submit(refreshed, work): work for work in left}
        lost: list[Work] = []
        for future in as_completed(under_way):
            outcome = _outcome(future, under_way[future])
            if outcome is None and not last:
                lost.append(under_way[future])
                continue
            found.append(outcome or failed(under_way[future], _LOST))
            on_event(found[-1])
        left = tuple(lost)
    return tuple(sorted(found, key=lambda one: one.stack))


def refreshed(work: Work, worker: Worker = WORKER) -> Outcome:
    """Refresh one stack; whatever goes wrong is its outcome."""
    began = time.monotonic()
    listener = _Moves()
    with worker.busy:
        try:
            command = worker.command
            worker.line.tell(Progress(work.job.stack, "refreshing"))
            stack = open_stack(work.job, command, known=True)
            stack.preview_refresh(
                color="never",
                on_event=listener,
                show_secrets=False,
                run_program=False,
                exclude=[_KEYS],
            )
        except PipelineError as error:
            return failed(work, str(error), began)
        except (CommandError, RuntimeError) as error:  # the SDK's own, for an end without a word
            if worker.command.interrupted:
                listener.said.errors[:] = [INTERRUPTED]
            elif not listener.said.errors:
                listener.said.errors.append(_last_words(error))
    errors = tuple(dict.fromkeys(listener.said.errors))
    if not errors and not listener.said.ended:
        # INVARIANT: an outcome that was not heard is never taken for "nothing changed".
        errors = ("the engine ended without saying what it found",)
    moved = tuple(sorted(listener.moved, key=lambda one: one.urn))
    changes = Counter(one.operation for one in moved)
    took = time.monotonic() - began
    return Outcome(work.job.stack, "preview", not errors, changes, (), errors, took, moved)


class _Moves:
    """Collects what the engine says while it refreshes."""

    def __init__(self) -> None:
        self.said = Listener()
        self.moved: list[Moved] = []

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        self.said(event)
        self.moved += moves([event])


def moves(events: Iterable[EngineEvent]) -> Iterator[Moved]:
    """Yield what moved, of the events of a refresh."""
    for event in events:
        if event.res_outputs_event and (one := _moved(event.res_outputs_event.metadata)):
            yield one


def _moved(step: StepEventMetadata) -> Moved | None:
    operation = str(getattr(step.op, "value", step.op))
    if operation == "same":
        return None
    if operation != "update":
        return Moved(step.urn, operation)
    inputs = _other(step.old and step.old.inputs, step.new and step.new.inputs)
    outputs = _other(step.old and step.old.outputs, step.new and step.new.outputs)
    names = inputs | (outputs - _DERIVED.get(step.type, frozenset()))
    if outputs and not names:
        return None
    # INVARIANT: an update of which no property shows, since it is secret, is told all the same.
    return Moved(step.urn, operation, tuple(sorted(names)))


def _other(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> frozenset[str]:
    before, after = old or {}, new or {}
    return frozenset(key for key in {*before, *after} if before.get(key) != after.get(key))


def _outcome(future: Future[Outcome], work: Work) -> Outcome | None:
    """Return what came of it; nothing if its worker was lost."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except CancelledError:
        return failed(work, INTERRUPTED)
    except PipelineError as error:
        return failed(work, str(error))


def _last_words(error: Exception) -> str:
    """Return the engine's own words of why it failed."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
    return "; ".join(said) or "the engine failed: " + " ".join(lines[-3:])
