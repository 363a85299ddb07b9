"""From the engine's events to progress and an outcome."""

from collections.abc import Callable, Mapping
from typing import cast

from pulumi.automation.events import EngineEvent, OpType, SummaryEvent

from pipeline.job import Violation

OnProgress = Callable[[int, str], None]
"""Called with the number of resources done so far, and the one that was just done."""


class Listener:
    """Collects what the engine says while it works."""

    def __init__(self, on_progress: OnProgress | None = None) -> None:
        self._on_progress = on_progress
        self.done = 0
        self.ended = False
        """Whether the engine said what it all came to: without that, nothing is known."""
        self.changes: dict[str, int] = {}
        self.violations: list[Violation] = []
        self.errors: list[str] = []

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.res_outputs_event:
            self._advance(event.res_outputs_event.metadata.urn)
        elif event.resource_pre_event and event.resource_pre_event.metadata.op == OpType.SAME:
            self._advance(event.resource_pre_event.metadata.urn)
        elif event.policy_event:
            policy = event.policy_event
            self.violations.append(
                Violation(
                    rule=policy.policy_name,
                    urn=policy.resource_urn,
                    message=policy.message.strip(),
                    mandatory=policy.enforcement_level == "mandatory",
                )
            )
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.errors.append(_plain(event.diagnostic_event.message))
        elif event.summary_event:
            self.ended = True
            self.changes = {str(op): count for op, count in _counts(event.summary_event).items()}

    def _advance(self, urn: str) -> None:
        self.done += 1
        if self._on_progress:
            self._on_progress(self.done, urn.rsplit("::", 1)[-1])


def _counts(summary: SummaryEvent) -> Mapping[str, int]:
    """The summary's counts; the SDK declares their keys as enumeration members, and sends text."""
    return cast("Mapping[str, int]", summary.resource_changes or {})


def _plain(message: str) -> str:
    """A diagnostic without the engine's colour directives `<{%reset%}>`."""
    parts = message.split("<{%")
    return "".join([parts[0], *(part.partition("%}>")[2] for part in parts[1:])]).strip()
