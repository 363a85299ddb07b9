"""From the engine's events to progress and an outcome."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata, SummaryEvent

from pipeline.job import Step, Violation

OnProgress = Callable[[int, str], None]
"""Called with the number of resources done so far, and the one that was just done."""

_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that it will know only once the resource exists."""
_SECRET: Final = "[secret]"  # noqa: S105 -- how the engine writes one that it does not show
_NOT_PLAIN: Final = {"4dabf18193072939515e22adb298388d": "unknown or secret"}
"""The form in which an export has what is no plain value."""
_GONE: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced"})
_HALVES: Final = frozenset({"create-replacement", "delete-replaced"})
"""A replacement is told as a whole, too."""


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
        self.steps: list[Step] = []
        self._planned: dict[str, dict[str, Any]] = {}

    @property
    def planned(self) -> str:
        """What was registered, in the form of `pulumi stack export`."""
        resources = [self._planned[urn] for urn in sorted(self._planned)]
        return json.dumps({"version": 3, "deployment": {"resources": resources}}, sort_keys=True)

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event:
            self._register(event.resource_pre_event.metadata)
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

    def _register(self, step: StepEventMetadata) -> None:
        """Keep what is to be done, and what is declared."""
        operation = str(getattr(step.op, "value", step.op))
        if operation != "same" and operation not in _HALVES:
            self.steps.append(Step(step.urn, operation))
        if operation in _GONE or step.new is None:
            return
        self._planned[step.urn] = {
            "urn": step.urn,
            "type": step.type,
            "custom": bool(step.new.custom),
            # A provider's id is unknown before it is made, and there is one of each name.
            "id": "",
            "provider": (step.new.provider or "").rpartition("::")[0] + "::"
            if step.new.provider
            else "",
            "inputs": _plain_values(step.new.inputs),
        }

    def _advance(self, urn: str) -> None:
        self.done += 1
        if self._on_progress:
            self._on_progress(self.done, urn.rsplit("::", 1)[-1])


def _counts(summary: SummaryEvent) -> Mapping[str, int]:
    """The summary's counts; the SDK declares their keys as enumeration members, and sends text."""
    return cast("Mapping[str, int]", summary.resource_changes or {})


def _plain_values(value: Any) -> Any:  # noqa: ANN401 -- JSON
    """The value as an export writes it: what is unknown or secret is marked, never a text."""
    if isinstance(value, str):
        return _NOT_PLAIN if value == _SECRET or _UNKNOWN in value else value
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {key: _plain_values(one) for key, one in entries.items()}
    if isinstance(value, list):
        return [_plain_values(one) for one in cast("list[Any]", value)]
    return value


def _plain(message: str) -> str:
    """A diagnostic without the engine's colour directives `<{%reset%}>`."""
    parts = message.split("<{%")
    return "".join([parts[0], *(part.partition("%}>")[2] for part in parts[1:])]).strip()
