"""What the stand-in refuses, and AWS's errors in the official plugin's words."""


class StandInError(Exception):
    """Something that ends an operation with one message for the user."""


class NotLocalError(StandInError):
    """An endpoint is not on this machine."""

    def __init__(self, service: str, endpoint: str) -> None:
        super().__init__(
            f"`{service}` would be asked at `{endpoint}`: this is the stand-in for the AWS plugin, "
            "which serves the local cloud only and talks to loopback addresses only; start the "
            "local cloud and use its environment (`iam-profiles local env`), or, for real "
            "accounts, use the official plugin (`pulumi plugin install resource aws v7.51.1`, "
            "with a `PULUMI_HOME` of your own)"
        )


class ConfigurationError(StandInError):
    """The provider's configuration cannot be used."""


class AccountRefusedError(StandInError):
    """The credentials belong to an account that this provider may not touch."""

    def __init__(self, account: str, why: str) -> None:
        super().__init__(
            f"AWS account ID not allowed: {account}: {why}; use the credentials of an allowed "
            "account (the provider's `profile`)"
        )


class UnreachableError(StandInError):
    """Nothing answers at the local cloud's address."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(
            f"the local cloud does not answer at `{endpoint}`; start it with "
            "`iam-profiles local start`"
        )


class ResourceMissingError(StandInError):
    """A resource was created or changed and is not there when read back."""

    def __init__(self, title: str, identifier: str) -> None:
        super().__init__(
            f"reading {title} ({identifier}): couldn't find resource; was it removed by someone "
            "else? run `pulumi refresh`"
        )


class ImportIdError(StandInError):
    """An id given to import has not the form its type needs."""

    def __init__(self, title: str, identifier: str, form: str) -> None:
        super().__init__(f"unexpected format of id `{identifier}` for {title}; give `{form}`")


class AwsError(StandInError):
    """An error that AWS answered, worded as the AWS SDK for Go words it."""

    def __init__(  # noqa: PLR0913 - the parts of one error line
        self,
        *,
        service: str,
        operation: str,
        status: int,
        code: str,
        message: str,
        request_id: str = "",
        modelled: bool = True,
    ) -> None:
        self.code = code
        self.operation = operation
        kind = "" if modelled else "api error "
        super().__init__(
            f"operation error {service}: {operation}, https response error StatusCode: {status}, "
            f"RequestID: {request_id}, {kind}{code}: {message}"
        )


GONE = frozenset({"NoSuchEntity", "NotFoundException", "ResourceNotFoundException"})
"""The codes that mean that a resource is not there; no other error ever means it."""
