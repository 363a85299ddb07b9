"""Exit statuses, as `sysexits.h` numbers them from 64 on, and which error means which."""

import errno
import sys

DONE = 0
NO = 1
UNDECIDED = 2
USAGE = 64
INVALID = 65
UNAVAILABLE = 69
BROKEN = 70
CANNOT_WRITE = 73
INTERRUPTED = 130
NOBODY_READS = 141
"""As of a process that SIGPIPE ends: what was not shown is not known to be well."""

BY_VERDICT = {"proved": DONE, "refused": NO, "undecided": UNDECIDED, "failed": UNAVAILABLE}
"""As a report over all accounts ends."""

_STATUS_BY_ERROR = {
    ("iam_profiles.errors", "ProfilesError"): INVALID,
    ("iam_profiles.directory", "DirectoryError"): INVALID,
    ("access.errors", "AccessError"): INVALID,
    ("cli.errors", "NobodyError"): INVALID,
    ("cli.errors", "CommandError"): UNAVAILABLE,
    ("local.errors", "LocalError"): UNAVAILABLE,
    ("pipeline.errors", "BundleRefusedError"): NO,
    ("pipeline.init.errors", "InitInvalidError"): INVALID,
    ("pipeline.init.errors", "InitRefusedError"): NO,
    ("pipeline.init.errors", "InitError"): UNAVAILABLE,
    ("pipeline.errors", "StackUnknownError"): USAGE,
    ("pipeline.executors.errors", "ExecutorUnknownError"): USAGE,
    ("pipeline.errors", "PipelineError"): UNAVAILABLE,
    ("credentials.errors", "CredentialsError"): UNAVAILABLE,
}
"""The roots of our error trees, by name: a tree whose module was never imported has no errors."""


_REMEDIES = {
    errno.ENOSPC: "free some disk space there and run this again",
    errno.EDQUOT: "free some of your disk quota and run this again",
    errno.EACCES: "make it writable for you, or choose another place",
    errno.EROFS: "choose a place that can be written",
}


def status_of(error: Exception) -> int | None:
    """The exit status for an error that a user can do something about, else nothing."""
    for (module, name), status in _STATUS_BY_ERROR.items():
        root = getattr(sys.modules.get(module), name, None)
        if isinstance(root, type) and isinstance(error, root):
            return status
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        return CANNOT_WRITE
    return None


def message_of(error: Exception) -> str:
    """What to tell the user: the error's own words, or what the operating system's mean."""
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        where = f" for `{error.filename2 or error.filename}`" if error.filename else ""
        return f"{(error.strerror or 'cannot write').lower()}{where}; {_REMEDIES[error.errno]}"
    return str(error)
