"""What can be wrong with `profiles/`: one tree of errors, every problem of a run in one of them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in `profiles/`, said in one line: where, what was found, what to do.

    `file` is a path (from `load` as the caller named the folder; from `render` relative to
    `profiles/`, which `check` completes). `line` counts from 1; 0 is the file as a whole.
    `field` is dotted (`grants[1].role`); empty when the whole file is meant.
    """

    file: str
    line: int
    field: str
    found: str
    remedy: str

    def __str__(self) -> str:
        where = self.file if self.line == 0 else f"{self.file}:{self.line}"
        return ": ".join(
            part for part in (where, self.field, f"{self.found}; {self.remedy}") if part
        )


class ProfilesError(Exception):
    """The root of what this package raises for a user's mistake."""


class ProfilesInvalidError(ProfilesError):
    """`profiles/` cannot be used as it is; `problems` is complete, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        if not self.problems:
            raise ValueError("an error of the profiles needs at least one problem")
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class AccountUnknownError(ProfilesError):
    """An account was asked for that the organisation does not have."""

    def __init__(self, account: str, known: Iterable[str]) -> None:
        self.account = account
        self.known: tuple[str, ...] = tuple(sorted(known))
        super().__init__(account, self.known)

    def __str__(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.known)
        return f"no account is called `{self.account}`; use one of {names}"
