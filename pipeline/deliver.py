"""Bring one stack to what the model says: repair, preview behind the gate, apply that plan."""

from collections.abc import Callable
from typing import Literal

from pipeline.command import EngineCommand
from pipeline.job import Outcome, StackJob
from pipeline.operate import open_stack, preview, update
from pipeline.repair import Repaired, free_locks, settle

PATIENCE_SECONDS = 60.0
"""How long an engine of an earlier run is waited for."""

Phase = Literal["repair", "preview", "up"]
OnPhase = Callable[[str, Phase, int, str], None]
"""Called with the stack, the phase, how many resources are done, and the last one's name."""


def deliver(
    job: StackJob,
    command: EngineCommand,
    *,
    on_phase: OnPhase,
    on_repair: Callable[[Repaired], None],
) -> Outcome:
    """Deliver one stack; what the gate refuses, or what changes nothing, is not applied.

    Raises:
        PipelineError: the stack is in use by somebody else, or its state cannot be read.
    """
    on_phase(job.stack, "repair", 0, "")
    freed = free_locks(job, patience_seconds=PATIENCE_SECONDS)
    stack = open_stack(job, command)
    for repaired in (*freed, *settle(job, command)):
        on_repair(repaired)
    previewed = preview(
        job, stack, on_progress=lambda done, name: on_phase(job.stack, "preview", done, name)
    )
    if not previewed.ok or not previewed.changed:
        return previewed
    return update(
        job,
        stack,
        plan=previewed.plan,
        on_progress=lambda done, name: on_phase(job.stack, "up", done, name),
    )
