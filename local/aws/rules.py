"""The rules that pulumi-aws checks beyond AWS's shapes: each says what is wrong, or nothing."""

import re
from collections.abc import Callable

from local.aws import documents

Rule = Callable[[object], str | None]
"""From a known value to the reason it is refused, or None."""


def iam_path(value: object) -> str | None:
    """An IAM path begins and ends with a slash."""
    text = str(value)
    if text.startswith("/") and text.endswith("/") and "//" not in text:
        return None
    return f"must begin and end with `/` and have no empty part, got `{text}`"


def policy_arn(value: object) -> str | None:
    """A managed policy's ARN."""
    if re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+", str(value)):
        return None
    return f"({value}) is not the ARN of a managed policy"


def json_policy(value: object) -> str | None:
    """A policy document is a JSON object that names no key twice."""
    text = str(value)
    if not text.startswith("{"):
        return "contains an invalid JSON policy: policy document must begin with `{`"
    try:
        documents.parse(text)
    except documents.DuplicateKeyError as error:
        return f"contains duplicate JSON keys: {error}"
    except (ValueError, RecursionError) as error:
        return f"contains an invalid JSON policy: {error}"
    return None


def session_seconds(value: object) -> str | None:
    """A role session lasts one hour to twelve."""
    if isinstance(value, int) and 3600 <= value <= 43200:  # noqa: PLR2004 - AWS's own bounds
        return None
    return f"expected to be in the range (3600 - 43200), got {value}"


def recovery_window(value: object) -> str | None:
    """A secret is recoverable for seven to thirty days, or not at all."""
    if isinstance(value, int) and (value == 0 or 7 <= value <= 30):  # noqa: PLR2004 - AWS's own bounds
        return None
    return f"expected to be 0 or in the range (7 - 30), got {value}"


def secret_name(value: object) -> str | None:
    """A secret's name is of letters, digits and `/_+=.@-`."""
    if re.fullmatch(r"[A-Za-z0-9/_+=.@-]+", str(value)):
        return None
    return "must contain only alphanumeric characters and `/_+=.@-`"


def issuer(value: object) -> str | None:
    """An identity provider's address begins with `https://`."""
    if str(value).startswith("https://"):
        return None
    return f'expected to have a url with schema of: "https", got {value}'


def thumbprint(value: object) -> str | None:
    """A certificate's thumbprint has forty characters."""
    return None if len(str(value)) == 40 else f"expected length to be 40, got {value}"  # noqa: PLR2004 - AWS's own


def plain_quotes(value: object) -> str | None:
    """A role's description has no typographic quotes."""
    if "\u201c" in str(value) or "\u2018" in str(value):
        return "cannot contain specially formatted single or double quotes: [\u201c\u2018]"
    return None


def tag_key(value: object) -> str | None:
    """Tag keys that begin with `aws:` are AWS's own."""
    return (
        "begins with `aws:`, which is reserved" if str(value).lower().startswith("aws:") else None
    )
