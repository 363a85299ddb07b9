"""Preview and update one stack by Pulumi Automation: the program of `pulumi up`."""

import time
from collections.abc import Callable
from pathlib import Path

from pulumi.automation import LocalWorkspace, Stack
from pulumi.automation.errors import CommandError, StackNotFoundError

from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.job import Operation, Outcome, StackJob
from pipeline.listener import Listener, OnProgress


class UnselectedWorkspace(LocalWorkspace):
    """A workspace that never changes which stack the user has selected.

    The selection is one file for all processes: operations side by side would trample on it.
    """

    def create_stack(self, stack_name: str) -> None:
        """Make the stack, leaving the selection alone."""
        self._run_pulumi_cmd_sync(["stack", "init", stack_name, "--no-select"])

    def select_stack(self, stack_name: str) -> None:
        """Make sure that the stack exists; every command names it anyway."""
        self._run_pulumi_cmd_sync(["stack", "--stack", stack_name])


def open_stack(job: StackJob, command: EngineCommand) -> Stack:
    """Open the job's stack, making it where it does not exist yet.

    Raises:
        PipelineError: the backend, the project or the engine is not usable.
    """
    workspace = UnselectedWorkspace(
        work_dir=str(job.project),
        env_vars=dict(job.environment),
        pulumi_command=command,
    )
    try:
        try:
            return Stack.select(job.stack, workspace)
        except StackNotFoundError:
            return Stack.create(job.stack, workspace)
    except CommandError as error:
        raise PipelineError(job.stack, _cause(error), "mend what the engine names") from error


def preview(
    job: StackJob,
    command: EngineCommand,
    *,
    plan: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Say what an update would do, with the policy pack as the gate; save its plan for `update`."""
    stack = open_stack(job, command)
    packs = [str(job.policy_pack)] if job.policy_pack else None
    return _operate(
        job,
        "preview",
        on_progress,
        lambda listener: stack.preview(
            policy_packs=packs,
            plan=str(plan) if plan else None,
            color="never",
            on_event=listener,
        ),
    )


def update(
    job: StackJob,
    command: EngineCommand,
    *,
    plan: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Carry out an update: exactly the plan, where one is given."""
    stack = open_stack(job, command)
    return _operate(
        job,
        "up",
        on_progress,
        lambda listener: stack.up(
            plan=str(plan) if plan else None,
            color="never",
            on_event=listener,
            show_secrets=False,
        ),
    )


def _operate(
    job: StackJob,
    operation: Operation,
    on_progress: OnProgress | None,
    run: Callable[[Listener], object],
) -> Outcome:
    """Run one operation and gather its outcome; a failed one is an outcome too."""
    listener = Listener(on_progress)
    began = time.monotonic()
    ok = True
    try:
        run(listener)
    except CommandError as error:
        ok = False
        if not (listener.errors or listener.violations):
            listener.errors.append(_cause(error))
    if ok and not listener.ended:
        # INVARIANT: an outcome that was not heard is never taken for "nothing changed".
        ok = False
        listener.errors.append("the engine ended without saying what it did")
    return Outcome(
        stack=job.stack,
        operation=operation,
        ok=ok,
        changes=listener.changes,
        violations=tuple(listener.violations),
        errors=tuple(dict.fromkeys(listener.errors)),
        seconds=time.monotonic() - began,
    )


def _cause(error: CommandError) -> str:
    """The engine's own words of why it failed."""
    lines = str(error).splitlines()
    errors = [line.removeprefix("error:").strip() for line in lines if "error:" in line]
    return "; ".join(errors) or "the engine failed: " + " ".join(lines[-3:])
