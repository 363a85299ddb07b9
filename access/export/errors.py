"""What is wrong with exports: every problem of a run, each with its file, place and remedy."""

from collections.abc import Iterable
from dataclasses import dataclass

from access.errors import AccessError


@dataclass(frozen=True, slots=True)
class ExportProblem:
    """One thing that is wrong with an export."""

    file: str
    where: str
    found: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.where}" if self.where else self.file
        return f"{place}: {self.found}; {self.remedy}"


class ExportInvalidError(AccessError):
    """The exports cannot be reasoned about.

    Attributes:
        problems: all that was found wrong.
    """

    def __init__(self, problems: Iterable[ExportProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def problem(file: str, where: str, found: str, remedy: str) -> ExportInvalidError:
    """Return the error of a single problem."""
    return ExportInvalidError((ExportProblem(file, where, found, remedy),))
