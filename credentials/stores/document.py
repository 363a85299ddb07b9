"""The one document that a store without labels keeps per user: pure, from text and to text.

Its top level is what is current, in the form of every stored key, so that whoever reads the
document by other means finds the key where it is expected; the rest is below `iam-profiles`:

    {"access_key_id": "AKIA…", "created_at": "…", "secret_access_key": "…", "user_arn": "…",
     "iam-profiles": {"current": "key-AKIA…-1769860800-7", "generation": 7, "lease": {…},
                      "pending": null, "previous": {"value": {…}, "version": "…"},
                      "recorded": ["AKIA…"], "write": "…"}}
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any, cast

from credentials.keys import AccessKeyId
from credentials.secret import Secret
from credentials.store import EMPTY, Label, Lease, StoredKey, Version, VersionId

OURS = "iam-profiles"
_REMEMBERED = 24
"""Keys that a document remembers to have held, the newest last; AWS lets a user have two."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version with its value."""

    version: Version
    value: Secret

    @property
    def key(self) -> StoredKey | None:
        """The key, with its secret; None for the empty marker."""
        return StoredKey.from_json(self.value)


@dataclass(frozen=True, slots=True)
class Document:
    """What the labels name, the lease that was written last, and the keys that were held."""

    labels: dict[Label, Entry] = field(default_factory=dict[Label, Entry])
    generation: int = 0
    lease: Lease | None = None
    recorded: tuple[AccessKeyId, ...] = ()
    write: str = ""
    """Names the write that made it: two documents that say the same are told apart by it."""

    def version(self, label: Label) -> Version | None:
        """What a label names."""
        entry = self.labels.get(label)
        return None if entry is None else entry.version

    def entry(self, version: Version) -> Entry | None:
        """The entry of a version that a label names."""
        return next((e for e in self.labels.values() if e.version.id == version.id), None)

    def leased(self, generation: int, lease: Lease) -> "Document":
        """The same, with another lease."""
        return replace(self, generation=generation, lease=lease)

    def labelled(self, label: Label, entry: Entry | None) -> "Document":
        """The same, with a label moved to an entry, or taken off; its key is remembered."""
        labels = {name: at for name, at in self.labels.items() if name is not label}
        if entry is None:
            return replace(self, labels=labels)
        key = entry.version.access_key_id
        older = tuple(one for one in self.recorded if one != key)
        recorded = (*older, key)[-_REMEMBERED:] if key else older
        return replace(self, labels={**labels, label: entry}, recorded=recorded)

    def promoted(self, entry: Entry) -> "Document":
        """The same, with an entry current, and what was current previous."""
        was = self.labels.get(Label.CURRENT)
        pending = self.labels.get(Label.PENDING)
        after = self.labelled(Label.PREVIOUS, was).labelled(Label.CURRENT, entry)
        settled = pending is not None and pending.version.id == entry.version.id
        return after.labelled(Label.PENDING, None) if settled else after


def key_entry(key: StoredKey, generation: int) -> Entry:
    """The entry of a key that is stored under a lease."""
    seen = Version(VersionId(""), key.access_key_id, key.created_at)
    return _entry(key_version(seen, generation).id, key.to_json())


def key_version(version: Version, generation: int) -> Version:
    """A version's key as a version of its own, by the lease under which it is stored."""
    made = int(version.created_at.timestamp()) if version.created_at else 0
    name = f"key-{version.access_key_id}-{made:010d}-{generation}"
    return replace(version, id=VersionId(name))


def empty_entry(generation: int) -> Entry:
    """The entry of the empty marker."""
    return Entry(Version(VersionId(f"empty-{generation:026d}")), Secret(EMPTY))


def to_text(document: Document, write: str) -> Secret:
    """A document as one line of JSON."""
    current = document.labels.get(Label.CURRENT)
    lease = document.lease
    ours = {
        "current": current.version.id if current else None,
        "generation": document.generation,
        "lease": json.loads(lease.to_json()) if lease else None,
        "pending": _dumped(document.labels.get(Label.PENDING)),
        "previous": _dumped(document.labels.get(Label.PREVIOUS)),
        "recorded": document.recorded,
        "write": write,
    }
    value: dict[str, Any] = json.loads(current.value.reveal()) if current else {}
    return Secret(json.dumps({**value, OURS: ours}, sort_keys=True))


def from_text(text: Secret) -> Document:
    """The document that a text says.

    A key, or the empty marker, that somebody wrote by hand is what is current.

    Raises:
        ValueError: It says none. The text is not part of the message.
    """
    try:
        fields = cast("dict[str, Any]", json.loads(text.reveal()))
        ours = fields.pop(OURS, None)
        value = Secret(json.dumps(fields, sort_keys=True))
        document = _of_hand(value) if ours is None else _of_ours(value, ours)
    except (ValueError, LookupError, TypeError, AttributeError):
        fields = ours = None
    else:
        fields = ours = None
        return document
    raise ValueError("not a document of a stored access key")


def _of_hand(value: Secret) -> Document:
    key = StoredKey.from_json(value)
    made = f"{key.access_key_id}-{key.created_at:%Y%m%d%H%M%S}" if key else "empty"
    entry = _entry(VersionId(f"by-hand-{made}"), value)
    return Document().labelled(Label.CURRENT, entry)


def _of_ours(value: Secret, ours: dict[str, Any]) -> Document:
    labels: dict[Label, Entry] = {}
    if ours["current"] is not None:
        labels[Label.CURRENT] = _entry(ours["current"], value)
    for label in (Label.PENDING, Label.PREVIOUS):
        if (dumped := ours[label.value]) is not None:
            content = Secret(json.dumps(dumped.pop("value"), sort_keys=True))
            labels[label] = _entry(dumped["version"], content)
    lease = ours["lease"]
    return Document(
        labels=labels,
        generation=int(ours["generation"]),
        lease=None if lease is None else Lease.from_json(json.dumps(lease)),
        recorded=tuple(AccessKeyId(str(key)) for key in ours["recorded"]),
        write=str(ours["write"]),
    )


def _entry(version: VersionId, value: Secret) -> Entry:
    key = StoredKey.from_json(value)
    if key is None:
        return Entry(Version(VersionId(str(version))), Secret(EMPTY))
    if key.access_key_id not in version:
        raise ValueError("the key was changed by hand, its version was not")
    return Entry(Version(VersionId(str(version)), key.access_key_id, key.created_at), key.to_json())


def _dumped(entry: Entry | None) -> object:
    if entry is None:
        return None
    return {"value": json.loads(entry.value.reveal()), "version": entry.version.id}
