"""What `access` raises: one tree; every message says where, what was found and what to do."""


class AccessError(ValueError):
    """The input cannot be reasoned about."""


class PolicyParseError(AccessError):
    """A policy document that AWS would not take as it stands.

    Attributes:
        where: the place in the document, such as `Statement[2].Action`.
        found: what stands there.
        remedy: what to write instead.
    """

    def __init__(self, where: str, found: str, remedy: str) -> None:
        super().__init__(f"{where}: {found}; {remedy}")
        self.where = where
        self.found = found
        self.remedy = remedy


class ArnParseError(AccessError):
    """A text that is not an ARN, where an ARN is needed."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(f"`{text[:200]}` is not an ARN; {remedy}")
        self.text = text


class PatternTooComplexError(AccessError):
    """A question about patterns that would take more work than is allowed: no answer, no guess."""

    def __init__(self, steps: int) -> None:
        super().__init__(
            f"comparing the patterns takes over `{steps}` steps; write them with fewer wildcards"
        )


class ProofTooLongError(PatternTooComplexError):
    """A proof that would take more work than is allowed: no answer, no guess."""

    def __init__(self, steps: int) -> None:
        AccessError.__init__(
            self,
            f"the proof takes over `{steps}` steps; prove fewer accounts at once, "
            "or write the policies with fewer wildcards",
        )
