"""What came of a preview of all stacks: plain data, which the reports are made from."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.access_diff import Change
from pipeline.bundle import Verdict
from pipeline.findings import Finding
from pipeline.job import Outcome
from pipeline.together import Stage


@dataclass(frozen=True, slots=True)
class StackReport:
    """One stack; `skipped` if nothing that it depends on has moved since it had no changes."""

    outcome: Outcome
    state: str
    skipped: bool = False

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.outcome.stack


@dataclass(frozen=True, slots=True)
class Report:
    """What a preview found.

    Attributes:
        rules: the isolation rules that were to be proved, in words.
        order: the stages in which the changes are safe; empty where nothing is to be done.
        seconds: `{phase: how long it took}`.
        accounts: `{account id: name}`.
    """

    verdict: Verdict
    stacks: tuple[StackReport, ...]
    access: tuple[Change, ...]
    findings: tuple[Finding, ...]
    rules: tuple[str, ...]
    order: tuple[Stage, ...]
    seconds: Mapping[str, float]
    accounts: Mapping[str, str]

    @property
    def changed(self) -> bool:
        """Whether anything would be done."""
        return any(stack.outcome.changed for stack in self.stacks)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What forbids it."""
        return tuple(one for one in self.findings if one.verdict != "noted")
