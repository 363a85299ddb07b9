"""What can go wrong with `iam-profiles init`: all problems at once, each with what to do."""

from collections.abc import Iterable


class InitError(Exception):
    """An organisation that cannot be made as it was asked for; nothing was written."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(self.problems))


class InitInvalidError(InitError):
    """What was asked for is wrong in itself."""


class InitRefusedError(InitError):
    """What was asked for would open a way that the isolation rules forbid."""
