"""How problems are worded: values in backticks, on one line, with nothing a terminal would obey."""

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

Path = tuple[str | int, ...]
"""Where a value is inside its file: `("grants", 1, "role")`."""

_SHOWN = 80
_COMPARED = 60
_CANDIDATES = 500


def printable(text: str) -> str:
    """Return text with what a terminal would not print, or would obey, written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain(text: str) -> str:
    """Return printable text cut to a readable length."""
    return printable(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def quoted(text: object) -> str:
    """Return the text in backticks."""
    return f"`{plain(str(text))}`"


def listed(texts: Iterable[object]) -> str:
    """Return the texts in backticks, separated by commas."""
    return ", ".join(quoted(text) for text in texts)


def dotted(path: Path) -> str:
    """Return a path as people write it: `grants[1].role`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{plain(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def nearest(word: str, options: Iterable[str], count: int = 1) -> Sequence[str]:
    """Return the options that the word is most likely a slip for, best first."""
    slip = word[:_COMPARED].casefold()
    folded = {option.casefold(): option for option in options}
    if len(folded) > _CANDIDATES:  # comparing takes long: only with what begins alike
        alike = (option for option in folded if option[:1] == slip[:1])
        folded = {option: folded[option] for option in islice(alike, _CANDIDATES)}
    close = get_close_matches(slip, sorted(folded), n=count, cutoff=0.6)
    return [folded[match] for match in close]


def one_of(texts: Iterable[object]) -> str:
    """Return the remedy for a word that must be one of these."""
    words = list(texts)
    return f"use one of {listed(words)}" if len(words) > 1 else f"use {listed(words)}"


def instead(word: str, options: Iterable[str], otherwise: str) -> str:
    """Return the remedy for an unknown word: what was probably meant, else `otherwise`."""
    meant = nearest(word, options)
    return f"did you mean {quoted(meant[0])}?" if meant else otherwise


def character(char: str) -> str:
    """Return how one character is called, so that a confusable one is seen for what it is."""
    return f"{quoted(char)} (U+{ord(char):04X} {unicodedata.name(char, 'without a name')})"
