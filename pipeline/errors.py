"""What can go wrong with a stack operation; each error says what to do."""


class PipelineError(Exception):
    """A stack operation that could not be carried out."""

    def __init__(self, stack: str, found: str, remedy: str) -> None:
        super().__init__(f"stack `{stack}`: {found}; {remedy}")
        self.stack = stack
        self.found = found
        self.remedy = remedy


class StackBusyError(PipelineError):
    """Somebody else is updating the stack."""


class StackUnreadableError(PipelineError):
    """The backend or the stack's state cannot be read."""
