"""What the command itself raises for something that a user can do something about."""


class CommandError(Exception):
    """The root of the command's own errors."""


class AccountUnreadableError(CommandError):
    """A deployed account could not be read."""

    def __init__(self, account: str, why: str) -> None:
        super().__init__(
            f"account `{account}` cannot be read: {why}; "
            f"mend the profile in `Pulumi.{account}.yaml`, or sign in again"
        )
        self.account = account


class NobodyError(CommandError):
    """A pattern names nobody: a proof about it would be empty."""

    def __init__(self, pattern: str, option: str) -> None:
        super().__init__(
            f"{option} `{pattern}` names no principal of the input; "
            "mend the pattern, or add the export of its account"
        )


class CommandMissingError(CommandError):
    """The command that was to be given a session cannot be started."""

    def __init__(self, command: str, why: str) -> None:
        super().__init__(f"`{command}` cannot be started: {why}; mend the command's name or PATH")
