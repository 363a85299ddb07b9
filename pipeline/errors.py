"""What can go wrong with a stack operation; each error says what to do."""

from collections.abc import Sequence
from pathlib import Path


class PipelineError(Exception):
    """A stack operation that could not be carried out."""

    def __init__(self, stack: str, found: str, remedy: str) -> None:
        super().__init__(f"stack `{stack}`: {found}; {remedy}")
        self.stack = stack
        self.found = found
        self.remedy = remedy


class EngineMissingError(PipelineError):
    """There is no engine to run."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "there is no `pulumi` on PATH; install it, or use the local cloud's: "
            'eval "$(iam-profiles local env)"',
        )


class StackBusyError(PipelineError):
    """Somebody else is updating the stack."""


class StackUnreadableError(PipelineError):
    """The backend or the stack's state cannot be read."""


class StackWithheldError(StackUnreadableError):
    """The stack's state is there, and whoever asks may not read it.

    `mark` tells its version, as far as the backend says that much.
    """

    def __init__(self, stack: str, why: str, mark: str) -> None:
        super().__init__(
            stack,
            f"its state may not be read: {why}",
            "run this as an identity that reads all states, or let this one: see docs/backends.md",
        )
        self.mark = mark


class BackendError(PipelineError):
    """The backend's address is of no use; nothing was asked of any backend."""

    def __init__(self, address: str, found: str, remedy: str) -> None:
        Exception.__init__(self, f"backend `{address}`: {found}; {remedy}")
        self.found = found
        self.remedy = remedy


class BundleError(PipelineError):
    """A bundle that cannot be written, read or applied."""

    def __init__(self, folder: Path, found: str, remedy: str) -> None:
        Exception.__init__(self, f"bundle `{folder}`: {found}; {remedy}")
        self.folder = folder
        self.found = found
        self.remedy = remedy


class BundleUnreadableError(BundleError):
    """There is no bundle there."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(folder, why.lower(), "name a folder that `iam-profiles preview` wrote")


class BundleUnwritableError(BundleError):
    """Something else is where the bundle would go."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder, "the folder holds something that is no bundle", "choose another place"
        )


class BundleRefusedError(BundleError):
    """It may not be applied."""


class BundleAlteredError(BundleRefusedError):
    """Its files are not as they were written."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        listed = ", ".join(f"`{name}`" for name in files)
        super().__init__(folder, f"altered since the preview: {listed}", "preview again")
        self.files = tuple(files)


class BundleStaleError(BundleRefusedError):
    """What it was made from is not as it was."""

    def __init__(self, folder: Path, inputs: Sequence[str]) -> None:
        listed = ", ".join(f"`{name}`" for name in inputs)
        super().__init__(folder, f"stale: since the preview changed {listed}", "preview again")
        self.inputs = tuple(inputs)


class BusyError(BundleError):
    """Another run applies a bundle of this project."""


class StackUnknownError(PipelineError):
    """A stack was named that no account has."""

    def __init__(self, stack: str, known: Sequence[str]) -> None:
        listed = ", ".join(f"`{name}`" for name in known)
        super().__init__(stack, "no account is called so", f"name one of {listed}")


class StackInterruptedError(PipelineError):
    """An engine died over the stack."""

    def __init__(self, stack: str, found: str) -> None:
        super().__init__(
            stack,
            f"an earlier run was killed: {found}",
            f"run `iam-profiles repair --stack {stack}`, then this again",
        )
