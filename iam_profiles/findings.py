"""What rendering says besides its documents: problems, which refuse, and notes, which inform."""

from dataclasses import dataclass, field

from iam_profiles.errors import Problem
from iam_profiles.names import AccountName


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One document that is coarser than the matrix, as the exact one would not fit its quota."""

    account: AccountName
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.account}: {self.subject}: {self.text}"


@dataclass(slots=True)
class Findings:
    """Collects problems and notes while rendering goes on, so that all are told at once."""

    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[Note] = field(default_factory=list[Note])
