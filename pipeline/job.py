"""What a stack operation is asked to do, and what came of it: plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Operation = Literal["preview", "up"]


@dataclass(frozen=True, slots=True)
class StackJob:
    """One stack of one program."""

    stack: str
    project: Path
    """The folder of `Pulumi.yaml`."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Set for the engine and what it starts, on top of this process's environment."""
    policy_pack: Path | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """What a policy pack reported: a law broken, and where."""

    rule: str
    urn: str | None
    message: str
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one operation on one stack came to."""

    stack: str
    operation: Operation
    ok: bool
    changes: Mapping[str, int]
    """`{"create": 12, "same": 3, …}`: resources by what happened, or would happen, to them."""
    violations: tuple[Violation, ...]
    errors: tuple[str, ...]
    seconds: float

    @property
    def changed(self) -> bool:
        """Whether anything differs, or was made to differ."""
        return any(count for change, count in self.changes.items() if change != "same")
