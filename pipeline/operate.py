"""Preview and update one stack by Pulumi Automation: the program of `pulumi up`."""

import tempfile
import time
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pulumi.automation import LocalWorkspace, OutputValue, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode  # not exported, and the constructor wants it
from pulumi.automation.errors import CommandError, StackNotFoundError

from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.job import Operation, Outcome, StackJob
from pipeline.listener import Listener, OnProgress

INTERRUPTED: Final = "interrupted before it was done"


class UnselectedWorkspace(LocalWorkspace):
    """A workspace that never changes which stack the user has selected.

    The selection is one file for all processes: operations side by side would trample on it.
    """

    known: bool = False
    """Whether the stack is known to exist."""

    def create_stack(self, stack_name: str) -> None:
        """Make the stack, leaving the selection alone."""
        self._run_pulumi_cmd_sync(["stack", "init", stack_name, "--no-select"])

    def select_stack(self, stack_name: str) -> None:
        """Make sure that the stack exists; every command names it anyway."""
        if not self.known:
            self._run_pulumi_cmd_sync(["stack", "--stack", stack_name])


class UnaskedStack(Stack):
    """A stack that is not asked for outputs and history after each update.

    Nobody here reads them, and every question takes an engine of its own.
    """

    def outputs(self) -> MutableMapping[str, OutputValue]:
        """Return none."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary | None:  # noqa: FBT001, FBT002 the SDK's
        """Return that there was an update, and nothing of it."""
        del show_secrets
        now = datetime.now(tz=UTC)
        return UpdateSummary("update", now, "", {}, {}, "succeeded")


def open_stack(job: StackJob, command: EngineCommand, *, known: bool = False) -> Stack:
    """Open the job's stack, making it where it does not exist yet; no engine asks if it is known.

    Raises:
        PipelineError: the backend, the project or the engine is not usable.
    """
    workspace = UnselectedWorkspace(
        work_dir=str(job.project),
        env_vars=dict(job.environment),
        pulumi_command=command,
    )
    workspace.known = known
    try:
        try:
            return UnaskedStack(job.stack, workspace, StackInitMode.SELECT)
        except StackNotFoundError:
            return UnaskedStack(job.stack, workspace, StackInitMode.CREATE)
    except CommandError as error:
        raise PipelineError(job.stack, _cause(error), "mend what the engine names") from error


def preview(job: StackJob, stack: Stack, *, on_progress: OnProgress | None = None) -> Outcome:
    """Say what an update would do, with the policy pack as the gate; its plan is for `update`."""
    packs = [str(job.policy_pack)] if job.policy_pack else None
    return _operate(
        job,
        "preview",
        on_progress,
        b"",
        lambda listener, plan: stack.preview(
            policy_packs=packs, plan=str(plan), color="never", on_event=listener
        ),
    )


def update(
    job: StackJob, stack: Stack, *, plan: bytes = b"", on_progress: OnProgress | None = None
) -> Outcome:
    """Carry out an update: exactly the plan, where one is given."""
    return _operate(
        job,
        "up",
        on_progress,
        plan,
        lambda listener, file: stack.up(
            plan=str(file) if plan else None, color="never", on_event=listener, show_secrets=False
        ),
    )


def _operate(
    job: StackJob,
    operation: Operation,
    on_progress: OnProgress | None,
    plan: bytes,
    run: Callable[[Listener, Path], object],
) -> Outcome:
    """Run one operation and gather its outcome; a failed one is an outcome too."""
    listener = Listener(on_progress)
    began = time.monotonic()
    ok = True
    with tempfile.TemporaryDirectory(prefix="iam-profiles-plan-") as folder:
        file = Path(folder) / f"{job.stack}.json"
        if plan:
            file.write_bytes(plan)
        try:
            run(listener, file)
        except CommandError as error:
            ok = False
            if not (listener.errors or listener.violations):
                listener.errors.append(_cause(error))
        except RuntimeError as error:  # the SDK's, for an engine that said nothing of its end
            ok = False
            listener.errors.append(f"the engine ended early: {error}")
        saved = file.read_bytes() if operation == "preview" and file.exists() else b""
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
        steps=tuple(sorted(listener.steps, key=lambda step: step.urn)),
        planned=listener.planned if operation == "preview" else "",
        plan=saved,
    )


def _cause(error: CommandError) -> str:
    """The engine's own words of why it failed."""
    text = str(error)
    if "code: 130" in text:
        return INTERRUPTED
    lines = text.splitlines()
    errors = [line.removeprefix("error:").strip() for line in lines if "error:" in line]
    return "; ".join(errors) or "the engine failed: " + " ".join(lines[-3:])
