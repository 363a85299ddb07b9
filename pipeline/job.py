"""What a stack operation is asked to do, and what came of it: plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

Operation = Literal["preview", "up", "repair"]


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
class Step:
    """What happened, or would happen, to one resource."""

    urn: str
    operation: str
    """As the engine calls it: `create`, `update`, `delete`, `replace`, …; never `same`."""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """The resource's type, such as `aws:iam/role:Role`."""
        return self.urn.split("::")[-2].rpartition("$")[2]


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
    steps: tuple[Step, ...] = ()
    planned: str = ""
    """What the stack would have registered, as `pulumi stack export` writes it; of a preview."""
    plan: bytes = b""
    """The update plan, as the engine saved it; of a preview that was asked for it."""

    notes: tuple[str, ...] = ()
    """What was found and set right; of a repair, or on the way."""
    state: str | None = None
    """The digest of the state as it was left; of a repair."""

    def with_errors(self, *more: str) -> "Outcome":
        """Return it with these errors too."""
        return replace(self, errors=(*self.errors, *more))

    def with_notes(self, *more: str) -> "Outcome":
        """Return it with these notes too."""
        return replace(self, notes=(*self.notes, *more))

    @property
    def changed(self) -> bool:
        """Whether anything differs, or was made to differ."""
        return any(count for change, count in self.changes.items() if change != "same")
