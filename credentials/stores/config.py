"""The configuration of one user's store: a plain mapping without secrets, checked as a whole.

{"kind": "aws-secrets-manager", "name": "iam-profiles/nonprod/payments-nonprod"}
{"kind": "aws-ssm-parameter-store", "name": "iam-profiles/…", "arn": "arn:aws:ssm:…",
 "kms_key": "alias/iam-profiles"}
{"kind": "vault", "name": "iam-profiles/…", "mount": "secret",
 "address": "https://vault.example.org", "namespace": "platform"}
{"kind": "exec", "name": "iam-profiles/…", "read": ["pass", "show", "{name}"],
 "write": [...], "create": [...], "delete": [...], "absent": "…", "timeout_seconds": 20}
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

KINDS = ("aws-secrets-manager", "aws-ssm-parameter-store", "vault", "exec")

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"[A-Za-z0-9_+=.@-]+(/[A-Za-z0-9_+=.@-]+)*", re.ASCII)
_MOUNT = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", re.ASCII)
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", re.ASCII)
_LEVELS = 14
"""Fifteen levels are AWS's limit; the last is the state's number."""
_LONGEST_NAME = 900
_LONGEST_TIMEOUT = 60

Config = Mapping[str, Any]
_Check = Callable[[object], str | None]
"""What to give instead; None if the value is well."""


def problems(config: Config) -> tuple[str, ...]:
    """Everything that is wrong with a store's configuration, with its remedy each."""
    kind = config.get("kind")
    if kind not in KINDS:
        return (f"`kind` is `{kind}`; use one of {', '.join(f'`{one}`' for one in KINDS)}",)
    return tuple(_problems(config, _FIELDS[cast("str", kind)]))


def _problems(config: Config, fields: Mapping[str, tuple[bool, _Check]]) -> Iterator[str]:
    kind = config["kind"]
    for name in sorted(set(config) - set(fields) - {"kind"}):
        yield f"`{name}` is not a field of a store of kind `{kind}`; take it out"
    for name, (required, check) in fields.items():
        value = config.get(name)
        if value is None:
            if required:
                yield f"`{name}` is missing; give {check(None)}"
        elif (wanted := check(value)) is not None:
            yield f"`{name}` is `{value}`; give {wanted}"


def _text(pattern: re.Pattern[str], wanted: str) -> _Check:
    def check(value: object) -> str | None:
        return None if isinstance(value, str) and pattern.fullmatch(value) else wanted

    return check


def _parameter(value: object) -> str | None:
    if not (isinstance(value, str) and _PARAMETER.fullmatch(value)):
        return "letters, digits and `_.-`, with `/` in between: Parameter Store takes no others"
    first = value.split("/")[0].lower()
    if first.startswith(("aws", "ssm")):
        return "a name that does not begin with `aws` or `ssm`, which are AWS's own"
    if value.count("/") + 1 > _LEVELS or len(value) > _LONGEST_NAME:
        return f"a name of {_LEVELS} levels and {_LONGEST_NAME} characters at most"
    return None


def _command(value: object) -> str | None:
    arguments = cast("list[object]", value) if isinstance(value, list | tuple) else []
    if not arguments or not all(isinstance(one, str) and one for one in arguments):
        return "the command as a list of texts, such as `[pass, show, '{name}']`"
    texts = cast("list[str]", arguments)
    if {found for text in texts for found in _PLACEHOLDER.findall(text)} - {"{name}"}:
        return "`{name}` as the only placeholder: the secret goes through stdin and stdout"
    if "{name}" in texts[0] or not any("{name}" in text for text in texts):
        return "`{name}` in one of its arguments: each user has a text of its own"
    return None


def _pattern(value: object) -> str | None:
    wanted = "a pattern of what `read` says on stderr when nothing is there"
    if not (isinstance(value, str) and value):
        return wanted
    try:
        matches_all = re.compile(value).search("") is not None
    except re.error:
        return f"{wanted}, as a regular expression"
    return f"{wanted}; this one matches anything" if matches_all else None


def _seconds(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 < cast("float", value) <= _LONGEST_TIMEOUT:
        return None
    return f"seconds, {_LONGEST_TIMEOUT} at most"


_FIELDS: dict[str, dict[str, tuple[bool, _Check]]] = {
    "aws-secrets-manager": {"name": (True, _text(_NAME, "the name of the secret"))},
    "aws-ssm-parameter-store": {
        "name": (True, _parameter),
        "arn": (True, _text(re.compile(r"arn:[\w-]+:ssm:.+:parameter/.+"), "the path's ARN")),
        "kms_key": (
            False,
            _text(re.compile(r"[A-Za-z0-9:/_-]{1,256}"), "a KMS key's id, ARN or alias"),
        ),
    },
    "vault": {
        "name": (True, _text(_NAME, "the path of the secret, below the mount")),
        "mount": (True, _text(_MOUNT, "where the KV version 2 engine is mounted")),
        "address": (
            False,
            _text(
                re.compile(r"https://\S+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/?"),
                "an address that begins with https://",
            ),
        ),
        "namespace": (False, _text(_MOUNT, "a namespace")),
    },
    "exec": {
        "name": (True, _text(_NAME, "the name of the text")),
        "read": (True, _command),
        "write": (True, _command),
        "delete": (True, _command),
        "absent": (True, _pattern),
        "create": (False, _command),
        "timeout_seconds": (False, _seconds),
    },
}
