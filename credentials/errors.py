"""What can go wrong with credentials: each error says what was found and what to do.

No error carries a secret, nor a cause whose frames hold one: `credentials.aws` raises them outside
the handler that caught AWS's own.
"""

from collections.abc import Sequence
from datetime import timedelta

_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
)


class CredentialsError(Exception):
    """The root of the tree; its text is what was found, then the remedy."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found}; {remedy}")
        self.found = found
        self.remedy = remedy

    def name_command(self, command: str) -> None:
        """Have the remedy name the command that goes on from here, whoever ran into it."""
        self.remedy = self.remedy.replace("run this again", f"run this again, or `{command}`")
        self.args = (f"{self.found}; {self.remedy}",)


class WrongAccountError(CredentialsError):
    """The session's credentials belong to another account than the one to be changed."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(
            f"the AWS credentials are of account `{actual}`, not of `{expected}`",
            "use the profile of the right account; nothing was written",
        )


class ServiceError(CredentialsError):
    """AWS refused a call or did not answer it.

    Attributes:
        operation: The API operation, such as `PutSecretValue`.
        code: AWS's error code, or the client's exception.
        detail: AWS's own words, where they hold nothing that was sent; else empty.
        in_doubt: Whether the call may have taken effect all the same.
    """

    def __init__(
        self,
        operation: str,
        code: str,
        remedy: str,
        *,
        detail: str = "",
        in_doubt: bool = False,
    ) -> None:
        super().__init__(f"{operation} failed with `{code}`{detail and f': {detail}'}", remedy)
        self.operation = operation
        self.code = code
        self.detail = detail
        self.in_doubt = in_doubt

    @property
    def throttled(self) -> bool:
        """Whether AWS only asked for fewer calls; then this one took no effect."""
        return self.code in _THROTTLED


class UserNotFoundError(CredentialsError):
    """The IAM user does not exist, or not yet everywhere."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"there is no IAM user `{user}` in this account",
            "run `pulumi up` on the state account's stack, which creates it",
        )


class KeyLimitError(CredentialsError):
    """The user has as many keys as AWS lets one have."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"the IAM user `{user}` has all the access keys that AWS allows",
            "run this again in a minute; if it stays, `iam-profiles credentials status` lists them:"
            f" `aws iam delete-access-key --user-name {user} --access-key-id …` what nobody uses",
        )


class ForeignKeysError(CredentialsError):
    """The user has keys in use that the store has never held: somebody else made them."""

    def __init__(self, user: str, keys: Sequence[str]) -> None:
        super().__init__(
            f"the IAM user `{user}` has access keys that the store does not know:"
            f" {', '.join(keys)}; they are in use and were left alone",
            "find who uses them (`iam-profiles credentials status` lists them), then"
            f" `aws iam delete-access-key --user-name {user} --access-key-id …` and run this again",
        )


class InactiveKeyError(CredentialsError):
    """Somebody deactivated the key that the store gives out: replacing it would undo that."""

    def __init__(self, user: str, key: str) -> None:
        super().__init__(
            f"the access key `{key}` of `{user}` is the current one, and was deactivated",
            "if it is suspected to be leaked, replace it with"
            f" `iam-profiles credentials rotate {user} --now`; else activate it again with"
            f" `aws iam update-access-key --user-name {user} --access-key-id {key}"
            " --status Active`, and run this again",
        )


class NotYetUsableError(CredentialsError):
    """AWS does not accept the key; a new one takes seconds to be known everywhere."""

    def __init__(self, key: str, code: str) -> None:
        super().__init__(f"AWS answers `{code}` to the key `{key}`", "wait and try again")


class ProbeRefusedError(NotYetUsableError):
    """AWS knows the key and refuses it a role that the user is granted, perhaps only for now."""

    def __init__(self, key: str, role: str) -> None:
        CredentialsError.__init__(
            self,
            f"AWS refuses the role `{role}` to the key `{key}`",
            "see that the role is deployed and trusts the user, and run this again",
        )


class VerificationError(CredentialsError):
    """A new key never worked, was deleted, and what was current still is."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(
            f"the new access key `{key}` could not be verified ({reason}) and was deleted",
            "what the store gave out before is unchanged; run this again",
        )


class MintNotStoredError(CredentialsError):
    """A key was minted but the store did not take it."""

    def __init__(self, key: str, cause: CredentialsError, *, deleted: bool) -> None:
        fate = "and was deleted again" if deleted else "and is to be deleted by the next run"
        super().__init__(
            f"the access key `{key}` was minted but not stored ({cause.found}), {fate}",
            cause.remedy,
        )


class StoreError(CredentialsError):
    """Something is wrong with the store itself."""


class StoreNotFoundError(StoreError):
    """The secret does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no secret `{name}` in this account and region",
            "run `pulumi up` on the state account's stack, which creates it",
        )


class StoreClosedError(StoreError):
    """What keeps the key was deleted, can be restored, and takes nothing until then."""

    def __init__(self, name: str, reopen: str) -> None:
        super().__init__(f"`{name}` was deleted", reopen)


class StoreContentError(StoreError):
    """The secret holds something that is not one of our keys."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"version `{version}` of the secret `{name}` is neither an access key nor the empty"
            " marker",
            "move what it holds elsewhere, then `aws secretsmanager put-secret-value"
            f" --secret-id {name} --secret-string '{{\"empty\": true}}'` and run this again",
        )


class StoreConflictError(StoreError):
    """A label had moved: another run was faster."""

    def __init__(self, name: str, label: str) -> None:
        super().__init__(
            f"the label `{label}` of the secret `{name}` was moved by another run",
            "run this again; it goes on from what the other run left",
        )


class LeaseHeldError(StoreError):
    """Another run works on this user's key and does not finish."""

    def __init__(self, owner: str, waited: timedelta) -> None:
        super().__init__(
            f"{owner} has held the lease for {int(waited.total_seconds())} seconds",
            "let that run end, or end it, and run this again",
        )


class LeaseLostError(StoreError):
    """Another run took over; what this one left is settled by that one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"another run took over the secret `{name}` while this one was held up",
            "run this again; it adopts what the other run made",
        )


class InterruptedRunError(CredentialsError):
    """The run was told to stop, at a point from which the next one goes on."""

    def __init__(self) -> None:
        super().__init__("interrupted", "run this again; it goes on from where it stopped")


class NotConvergedError(CredentialsError):
    """The world changed under every step: somebody else is at work on the same user."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"the keys of `{user}` changed faster than they could be put in order",
            "find what else creates or deletes this user's keys and run this again",
        )
