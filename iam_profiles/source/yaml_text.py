"""Bytes to text: refuses what is not plain, readable UTF-8 before any YAML is parsed."""

import codecs
import re

from iam_profiles.source.wording import character

MOST_BYTES = 256 * 1024
"""Largest file that is read; an organisation's whole access fits many times over."""

_UNREADABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    # What shows a reviewer another text than the parser reads: breaks, reordering, zero width.
    "|[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


class UnreadableError(Exception):
    """A file's bytes are no text to parse; `line` is 0 where the file as a whole is meant."""

    def __init__(self, line: int, found: str, remedy: str) -> None:
        super().__init__(line, found, remedy)
        self.line = line
        self.found = found
        self.remedy = remedy


def decode(raw: bytes) -> str:
    """Return the file's text.

    Raises:
        UnreadableError: too large, binary, with a byte order mark, not UTF-8, or with characters
            that cannot be seen.
    """
    if len(raw) > MOST_BYTES:
        raise UnreadableError(
            0, f"larger than {MOST_BYTES // 1024} KiB", "split it over several files"
        )
    if raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableError(1, "a byte order mark", "save the file as UTF-8 without BOM")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise UnreadableError(line, "a NUL byte: the file is binary", "save it as UTF-8 text")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02X}, which is not UTF-8"
        raise UnreadableError(line, found, "save the file as UTF-8") from None
    if hidden := _UNREADABLE.search(text):
        line = text.count("\n", 0, hidden.start()) + 1
        found = f"the character {character(hidden[0])}, which cannot be seen"
        raise UnreadableError(line, found, "take it out")
    return text
