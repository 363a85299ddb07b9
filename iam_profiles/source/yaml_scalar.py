"""What an unquoted word means: only what every YAML reader agrees on; the rest is refused."""

import re
from dataclasses import dataclass

from iam_profiles.source.wording import plain, quoted

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value cannot stand as it is written."""

    found: str
    remedy: str


_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BOOLEAN_ELSEWHERE = frozenset({"yes", "no", "on", "off", "y", "n"})
_NUMBERS = (
    (
        r"[-+]?0[0-9_]+",
        "a number with a leading zero, which some readers drop and some take as octal",
    ),
    (r"[-+]?0[xob][0-9A-Fa-f_]+", "a number that is not decimal"),
    (r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?", "a number that YAML 1.1 counts in sixties"),
    (r"[-+]?[0-9]+", "a number that is signed or too long"),
    (r"[-+]?[0-9][0-9_]*", "a number with underscores, which only YAML 1.1 skips"),
    (r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?", "a decimal number"),
    (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "a number to YAML alone"),
)
_MANGLED = tuple((re.compile(pattern), what) for pattern, what in _NUMBERS)


def resolve(text: str) -> Value | Refusal:
    """Return what an unquoted word stands for, or why readers would disagree on it.

    Source: https://yaml.org/type/ (YAML 1.1), https://yaml.org/spec/1.2.2/#103-core-schema (1.2).
    """
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null", "Null", "NULL"):
        found = f"{quoted(text)}, which stands for no value" if text else "no value"
        return Refusal(found, "write one, or take the key out")
    if _WHOLE.fullmatch(text):
        return int(text)
    return _disagreement(text) or text


def _disagreement(text: str) -> Refusal | None:
    folded = text.casefold()
    if folded in _BOOLEAN_ELSEWHERE:
        meant = "true" if folded in ("yes", "on", "y") else "false"
        return Refusal(
            f"{quoted(text)}, which YAML 1.1 reads as a boolean",
            f'write `{meant}`, or quote it if it is a word: `"{text}"`',
        )
    if folded in ("true", "false"):
        return Refusal(quoted(text), f"write `{folded}`")
    for pattern, what in _MANGLED:
        if pattern.fullmatch(text):
            return Refusal(f"{quoted(text)}, {what}", f'quote it if it is text: `"{plain(text)}"`')
    return None
