"""A store for places that keep one text per user: every change is one compare-and-set of it.

So nothing is ever half done: labels, lease and key change together or not at all, and whoever has
read an older document cannot write. What differs between places is only how that is had:

| place           | compare-and-set                                                             |
| --------------- | --------------------------------------------------------------------------- |
| Vault KV v2     | `cas`, the version that is replaced                                         |
| Parameter Store | a parameter of the next number, which can be created by one run only        |
| a command       | a lock on this machine, reading before and after                            |
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from credentials.errors import ServiceError, StoreClosedError, StoreConflictError
from credentials.keys import AccessKeyId
from credentials.secret import Secret
from credentials.store import Label, Lease, Snapshot, StoredKey, Version
from credentials.stores.document import (
    Document,
    Entry,
    empty_entry,
    from_text,
    key_entry,
    key_version,
    to_text,
)
from credentials.stores.errors import (
    SupersededError,
    UnreadableDocumentError,
)
from iam_profiles.names import Arn

_TRIES = 8
"""Other runs' changes between looking and writing; each is one of theirs that succeeded."""
_SENDS = 3


@dataclass(frozen=True, slots=True)
class Held:
    """What a place holds."""

    text: Secret | None
    """None: nothing yet."""
    token: int | str
    """Names exactly this state of the place."""
    closed: bool = False
    """Deleted, and can be restored."""


class Place(Protocol):
    """Where one text is kept."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def arn(self) -> Arn:
        """Its ARN; outside AWS, what stands for one: `vault:secret/…`."""
        ...

    @property
    def mend(self) -> str:
        """What to do if it holds something that is not ours."""
        ...

    @property
    def reopen(self) -> str:
        """What to do if it was deleted."""
        ...

    def load(self) -> Held:
        """What it holds. Raises: ServiceError."""
        ...

    def save(self, text: Secret, held: Held) -> bool:
        """Replace what is held; False if the place holds something else by now.

        Called again with the same `held` after a lost answer, it takes effect once at most.
        Raises: ServiceError.
        """
        ...

    def discard(self) -> None:
        """Delete everything that is kept of this user, if there is any."""
        ...


class DocumentStore:
    """A store over a place. Implements `credentials.store.Store`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._leases: dict[int, Lease] = {}

    @property
    def name(self) -> str:
        """What people call it."""
        return self._place.name

    def read(self) -> Snapshot:
        """What the labels name."""
        held = self._place.load()
        document = Document() if held.closed else self._parsed(held)
        return Snapshot(
            arn=self._place.arn,
            current=document.version(Label.CURRENT),
            pending=document.version(Label.PENDING),
            previous=document.version(Label.PREVIOUS),
            generation=document.generation,
            closed=held.closed,
            reopen=self._place.reopen if held.closed else "",
        )

    def current(self) -> StoredKey | None:
        """The current key with its secret, by one look; None if there is none."""
        entry = self._document().labels.get(Label.CURRENT)
        return None if entry is None else entry.key

    def recorded(self) -> frozenset[AccessKeyId]:
        """Every key that the document remembers: more than any user has at a time."""
        held = self._place.load()
        return frozenset(() if held.closed else self._parsed(held).recorded)

    def fetch(self, version: Version) -> StoredKey:
        """The key of a version that a label still names."""
        entry = self._document().entry(version)
        if entry is None:
            raise SupersededError(self.name, "the version is not there any more")
        key = entry.key
        if key is None:
            raise UnreadableDocumentError(self.name, self._place.mend)
        return key

    def prepare(self) -> None:
        """Put the empty marker, unless something is current."""

        def edit(document: Document) -> Document:
            if Label.CURRENT in document.labels:
                return document
            return document.labelled(Label.CURRENT, empty_entry(0))

        self._change(edit)

    def lease(self, generation: int) -> Lease:
        """The lease of a generation that this store has seen: a lease never changes."""
        if generation not in self._leases:
            self._document()
        if generation not in self._leases:
            raise SupersededError(self.name, f"the lease {generation} was replaced")
        return self._leases[generation]

    def write_lease(self, generation: int, lease: Lease) -> bool:
        """Write the lease that follows the one that is there; False for any other."""

        def edit(document: Document) -> Document:
            if document.generation == generation - 1:
                return document.leased(generation, lease)
            return document

        after = self._change(edit)
        return after.generation == generation and after.lease == lease

    def add(self, key: StoredKey, generation: int) -> None:
        """Store a key as pending, unless it was stored before."""
        entry = key_entry(key, generation)

        def edit(document: Document) -> Document:
            if key.access_key_id in document.recorded:
                return document
            return document.labelled(Label.PENDING, entry)

        self._change(edit)

    def promote(self, version: Version, *, expected: Version) -> None:
        """Make a version current, if `expected` is."""

        def found(document: Document) -> Entry:
            entry = document.entry(version)
            if entry is None:
                raise SupersededError(self.name, "the version is not there any more")
            return entry

        self._replace(version, found, expected=expected)

    def restate(self, *, expected: Version, generation: int) -> Version:
        """Store the current value as a new version; what is previous stays so."""
        if expected.access_key_id is None:
            return self.empty(expected=expected, generation=generation)
        name = key_version(expected, generation)

        def edit(document: Document) -> Document:
            if document.version(Label.CURRENT) == name:
                return document
            self._check(document, expected)
            entry = document.labels[Label.CURRENT]
            return document.labelled(Label.CURRENT, replace(entry, version=name))

        self._change(edit)
        return name

    def empty(self, *, expected: Version, generation: int) -> Version:
        """Make the empty marker current, if `expected` is."""
        entry = empty_entry(generation)
        self._replace(entry.version, lambda _: entry, expected=expected)
        return entry.version

    def clear(self, label: Label, version: Version) -> None:
        """Take a label off a version; the current one can be replaced only."""

        def edit(document: Document) -> Document:
            at = document.version(label)
            if label is Label.CURRENT or at is None or at.id != version.id:
                return document
            return document.labelled(label, None)

        self._change(edit)

    def discard(self) -> None:
        """Delete everything that is kept of this user: only once it has no key any more."""
        self._place.discard()

    def _replace(
        self, version: Version, found: Callable[[Document], Entry], *, expected: Version
    ) -> None:
        def edit(document: Document) -> Document:
            at = document.version(Label.CURRENT)
            if at is not None and at.id == version.id:
                return document
            self._check(document, expected)
            return document.promoted(found(document))

        self._change(edit)

    def _check(self, document: Document, expected: Version) -> None:
        at = document.version(Label.CURRENT)
        if at is None or at.id != expected.id:
            raise SupersededError(self.name, "something else is current")

    def _change(self, edit: Callable[[Document], Document]) -> Document:
        """Change the document, again from scratch whenever another run was faster."""
        for _ in range(_TRIES):
            held = self._place.load()
            before = self._open(held)
            after = edit(before)
            if after == before or self._written(after, held):
                return after
        raise StoreConflictError(self.name, "iam-profiles")

    def _written(self, document: Document, held: Held) -> bool:
        """Write a document; after a lost answer, again, until it is known what became of it.

        False if another run wrote, before ours or over it: then a new look tells what to do.
        """
        write = uuid.uuid4().hex
        text = to_text(document, write)
        doubt: ServiceError | None = None
        for _ in range(_SENDS):
            try:
                if self._place.save(text, held):
                    self._note(document)
                    return True
            except ServiceError as error:
                if not (error.in_doubt or doubt):
                    raise
                doubt = doubt or error
            else:
                return doubt is not None and self._document().write == write
        raise doubt or AssertionError("a write ended without an answer or an error")

    def _document(self) -> Document:
        return self._open(self._place.load())

    def _open(self, held: Held) -> Document:
        if held.closed:
            raise StoreClosedError(self.name, self._place.reopen)
        return self._parsed(held)

    def _parsed(self, held: Held) -> Document:
        if held.text is None:
            return Document()
        try:
            document = from_text(held.text)
        except ValueError:
            raise UnreadableDocumentError(self.name, self._place.mend) from None
        self._note(document)
        return document

    def _note(self, document: Document) -> None:
        if document.lease is not None:
            self._leases[document.generation] = document.lease
