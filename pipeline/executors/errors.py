"""What can go wrong with where stack operations are carried out; each error says what to do."""

from concurrent.futures import BrokenExecutor

from pipeline.errors import PipelineError


class ExecutorError(PipelineError):
    """Operations cannot be carried out there."""

    def __init__(self, where: str, found: str, remedy: str) -> None:
        Exception.__init__(self, f"executor `{where}`: {found}; {remedy}")


class ExecutorUnknownError(ExecutorError):
    """There is no such executor, whatever runs where."""

    def __init__(self, where: str, found: str) -> None:
        super().__init__(where, found, "give `dask://HOST:PORT`")


class WorkerRefusedError(PipelineError):
    """A worker would not carry out an operation, or could not."""


class WorkerLostError(BrokenExecutor):
    """The worker of one operation is gone, in the middle of it."""
