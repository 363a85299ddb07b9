"""What can go wrong with the local cloud, each with what to do about it."""

from pathlib import Path


class LocalError(Exception):
    """Something stands in the way of the local cloud.

    Attributes:
        problem: what was found.
        remedy: what to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


class ToolMissingError(LocalError):
    """A program that has to be on PATH is not there, or is too old."""


class NetworkError(LocalError):
    """A download failed."""


class DiskFullError(LocalError):
    """There is no room left where something had to be written."""

    def __init__(self, where: Path | str) -> None:
        super().__init__(
            f"no space left on the disk that holds `{where}`",
            "free about 4 GB there (the engine's build needs most of it) and run this again",
        )


class BuildError(LocalError):
    """The engine did not build, or a package did not install; `log` has the whole story."""

    def __init__(self, problem: str, log: Path, remedy: str) -> None:
        super().__init__(f"{problem}, as logged in `{log}`", remedy)
        self.log = log


class CloudError(LocalError):
    """The local cloud did not start, or is not what was asked for."""


class CloudNotRunningError(CloudError):
    """Something needs the local cloud, and it is not running."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"no local cloud is running for `{root}`", "start it with `iam-profiles local start`"
        )
