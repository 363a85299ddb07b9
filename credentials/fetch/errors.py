"""What can go wrong as a pipeline asks for a session; no error holds a secret."""

from credentials.errors import CredentialsError


class FetchError(CredentialsError):
    """The root of this package's errors."""


class NoKeyError(FetchError):
    """The store gives out no key now."""

    def __init__(self, identity: str, store: str) -> None:
        super().__init__(
            f"the store has no key of `{identity}` (`{store}` holds the empty marker)",
            f"`iam-profiles credentials rotate {identity}` mints one",
        )


class UnreadableValueError(FetchError):
    """The store holds something that is not one of our keys."""

    def __init__(self, identity: str, store: str) -> None:
        super().__init__(
            f"`{store}` holds no access key of `{identity}`",
            f"find out who wrote to it: `iam-profiles credentials status {identity}`",
        )


class SelfReferenceError(FetchError):
    """The store is to be read with a profile that itself asks for these credentials."""

    def __init__(self) -> None:
        super().__init__(
            "the AWS profile that is to read the store gets its credentials from this very command",
            "name the profile of the store's reader with `--store-profile`",
        )


class NobodyReadsError(FetchError):
    """There is nobody to read the store as: no credentials, or no such profile."""

    def __init__(self, identity: str, code: str) -> None:
        super().__init__(
            f"there are no AWS credentials here to read the key of `{identity}` with (`{code}`)",
            "name an AWS profile that may read it with `--store-profile` or AWS_PROFILE",
        )


class RefusedError(FetchError):
    """AWS refused the role."""

    def __init__(self, identity: str, role: str, code: str, detail: str) -> None:
        super().__init__(
            f"`{identity}` was refused `{role}` with `{code}`{detail and f': {detail}'}",
            "see that both stacks are deployed, the account's and state's; "
            f"`iam-profiles can {identity} sts:AssumeRole {role}` says what the model grants",
        )


class NoTokenError(FetchError):
    """The identity is federated, and the job has no token."""

    def __init__(self, identity: str, remedy: str) -> None:
        super().__init__(f"there is no token of `{identity}` here", remedy)


class NoReadersTokenError(FetchError):
    """The identity's key is read with the job's token, and the job has none."""

    def __init__(self, identity: str, remedy: str) -> None:
        super().__init__(
            f"there is no token here by which the key of `{identity}` is read",
            f"{remedy}; or read the store as somebody else, with `--store-profile` or `--ambient`",
        )


class TokenRefusedError(FetchError):
    """AWS refused the token, or the role to whoever has it."""

    def __init__(self, identity: str, role: str, code: str) -> None:
        super().__init__(
            f"`{identity}` was refused `{role}` with `{code}`",
            "compare the token's `iss`, `aud`, `sub` and `exp` with its `federation` in "
            "profiles/teams/, and see that the account's stack is deployed",
        )
