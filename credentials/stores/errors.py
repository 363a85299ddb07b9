"""What can go wrong with a store that keeps one document: each error with that store's remedy."""

from credentials.errors import (
    CredentialsError,
    ServiceError,
    StoreConflictError,
    StoreContentError,
    StoreError,
)


class StoreConfigError(StoreError):
    """The configuration of a store is wrong; all that is wrong with it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems), "mend `secrets_store` and run this again")
        self.problems = problems


class UnreadableDocumentError(StoreContentError):
    """What the store holds is not a document of ours."""

    def __init__(self, name: str, remedy: str) -> None:
        CredentialsError.__init__(
            self, f"`{name}` holds neither an access key nor the empty marker", remedy
        )


class SupersededError(StoreConflictError):
    """Another run has changed the document: what this one was about to do is out of date."""

    def __init__(self, name: str, what: str) -> None:
        CredentialsError.__init__(
            self,
            f"`{name}` was changed by another run: {what}",
            "run this again; it goes on from what the other run left",
        )


class NotKeptError(ServiceError):
    """The store answered well, but holds something else than was written."""

    def __init__(self, operation: str, name: str) -> None:
        super().__init__(
            operation,
            "NotKept",
            f"see that nothing else writes `{name}` and that the command stores its whole input,"
            " and run this again",
            detail=f"`{name}` reads back as something else than was written",
            in_doubt=True,
        )


class ToolError(ServiceError):
    """A command line tool could not be started, failed, or answered nothing."""


class InsecureAddressError(StoreError):
    """The store's address would send keys over the network in clear."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"the address `{address}` is not encrypted", "use an address that begins with https://"
        )
