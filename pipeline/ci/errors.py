"""What forbids generating CI files; each error says what to write into `profiles/`."""

from collections.abc import Sequence

from iam_profiles.errors import ProfilesError


class CiError(ProfilesError):
    """The model names no safe pipeline; every reason is told at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
