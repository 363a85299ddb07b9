"""Keep secrets out of what a tool says: it may repeat its input, whole, in part or encoded."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from credentials.secret import Secret

_WINDOW = 8
"""So many characters in a row of a secret, and what a tool says is not shown at all."""
_LIKE_A_SECRET = re.compile(r"[A-Za-z0-9/+=]{40,}", re.ASCII)
"""A secret access key has forty characters; a path of that many is left out with it."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LENGTH = 300


def scrubbed(said: Secret, sent: Secret | None) -> str:
    """The end of what a tool said, on one line, or why it is not shown."""
    text = _CONTROL.sub(" ", said.reveal()).strip()
    if sent is not None and any(part in text for part in _parts(sent)):
        return "what it said repeats what was to be stored and is not shown"
    return _LIKE_A_SECRET.sub("…", text)[-_LENGTH:]


def _parts(sent: Secret) -> Iterator[str]:
    for secret in _secrets(json.loads(sent.reveal())):
        raw = secret.encode()
        forms = [secret, json.dumps(secret)[1:-1], quote(secret, safe=""), raw.hex()]
        # The three ways in which it can lie in a longer text; the ends depend on what is around.
        forms += [base64.b64encode(b"x" * at + raw).decode()[4:-4] for at in range(3)]
        for form in forms:
            yield from (form[at : at + _WINDOW] for at in range(len(form) - _WINDOW + 1))


def _secrets(value: object) -> Iterator[str]:
    """Each secret in a document, whoever's version it is."""
    if isinstance(value, dict):
        for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON
            if name == "secret_access_key" and isinstance(inner, str):
                yield inner
            else:
                yield from _secrets(inner)  # pyright: ignore[reportUnknownArgumentType] - JSON
