"""What a proof leaves behind: enough for a checker that knows nothing of how it was found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zlib import crc32

from access.catalogue.step import Gain, Step
from access.facts import Fact
from access.rule import Rule
from access.world import Document, Grants, Group, Role, User, World

_PARTS = 1024  # of the digest: a change makes one of them anew

Entry = tuple[str, str, User | Role | Group | Document]
"""An entry of a world: its sort, ARN and value."""

ASSUMPTIONS = (
    "the root users of the accounts are not in the starting principals' hands",
    "identity providers vouch for nobody but their own users, unless a step changes one",
    "no account manages others, but those of which the input says so",
    "principals, policies and stored credentials that the input lacks do not exist",
    "a starting principal that does not exist yet is made without policies",
    "service-linked roles are made by AWS, for its own services' use only",
    "AWS authorises as its documentation says",
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A closed set of facts without the target.

    Attributes:
        facts: everything that comes to be, but what an administered account implies of its own.
        world: the digest of the input.
        catalogue: the version of the catalogue of steps.
    """

    rule: Rule
    facts: tuple[Fact, ...]
    world: str
    catalogue: str
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "rule": self.rule.json(),
            "world": self.world,
            "catalogue": self.catalogue,
            "assumptions": list(self.assumptions),
            "controlled": self._of(Gain.CONTROL),
            "administered": self._of(Gain.ADMINISTER),
            "facts": [
                {"gain": fact.gain.value, "of": fact.of}
                for fact in self.facts
                if fact.gain not in (Gain.CONTROL, Gain.ADMINISTER)
            ],
        }

    def _of(self, gain: Gain) -> list[str]:
        return [fact.of for fact in self.facts if fact.gain is gain]


def catalogue_version(steps: Sequence[Step]) -> str:
    """Return the version of a catalogue: the digest of all that it says."""
    return f"sha256:{sha256(repr(tuple(steps)).encode()).hexdigest()}"


def compact(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts without those that an administered account implies, in order."""
    every = list(facts)
    administered = {fact.of for fact in every if fact.gain is Gain.ADMINISTER}
    kept = (
        fact
        for fact in every
        if fact.gain in (Gain.ADMINISTER, Gain.UNLOCK)
        or fact.of.split(":", 5)[4:5] == []
        or fact.of.split(":", 5)[4] not in administered
    )
    return tuple(sorted(kept, key=lambda fact: (fact.gain.value, fact.of)))


def fingerprint(world: World) -> str:
    """Return the digest of everything in a world: of its parts' digests, each of its entries."""
    return Digest(world).whole


class Digest:
    """The digest of a world, from which that of a world little changed follows at once."""

    def __init__(self, world: World) -> None:
        self._parts: dict[int, dict[str, str]] = {}
        for key, line in _lines(world):
            self._parts.setdefault(_part(key), {})[key] = line
        self._digests = {part: _digest(lines) for part, lines in self._parts.items()}

    @property
    def whole(self) -> str:
        """The digest of the world."""
        total = sha256(repr(sorted(self._digests.items())).encode())
        return f"sha256:{total.hexdigest()}"

    def change(self, entries: Iterable[Entry]) -> None:
        """Take account of entries that are other than they were."""
        for entry in entries:
            key, line = _line(*entry)
            part = _part(key)
            self._parts.setdefault(part, {})[key] = line
            self._digests[part] = _digest(self._parts[part])


def _part(key: str) -> int:
    return crc32(key.encode()) % _PARTS


def _digest(lines: Mapping[str, str]) -> str:
    return sha256("\n".join(lines[key] for key in sorted(lines)).encode()).hexdigest()


def _lines(world: World) -> Iterator[tuple[str, str]]:
    for id_, account in world.accounts.items():
        scps, rcps = (";".join(map(_texts, levels)) for levels in (account.scps, account.rcps))
        own = f"{account.organization} {account.management} {account.delegated}"
        yield f"account {id_}", f"account {id_} {own} {scps} | {rcps}"
    for title, entries in (
        ("user", world.users),
        ("role", world.roles),
        ("group", world.groups),
        ("policy", world.policies),
        ("resource", world.resources),
    ):
        for arn, entry in entries.items():
            yield _line(title, arn, entry)
    credentials = sorted(
        f"credential {one.secret} {one.principal} {one.key} {one.account}"
        for one in world.credentials
    )
    yield "credentials", "\n".join(credentials)
    yield "missing", "\n".join(sorted(f"missing {one.arn} {one.what}" for one in world.missing))
    yield "passing", " ".join(sorted(world.passing))


def _line(title: str, arn: str, entry: User | Role | Group | Document) -> tuple[str, str]:
    match entry:
        case User():
            own = f"{entry.boundary} {entry.tags} {entry.unique_id} {entry.mfa} {entry.groups}"
            own = f"{_grants(entry.grants)} {own}"
        case Role():
            own = f"{entry.boundary} {entry.tags} {entry.unique_id} {entry.trust.digest}"
            own = f"{_grants(entry.grants)} {own}"
        case Group():
            own = _grants(entry.grants)
        case Document():
            own = entry.digest
    return f"{title} {arn}", f"{title} {arn} {own}"


def _texts(documents: Iterable[Document]) -> str:
    return ",".join(document.digest for document in documents)


def _grants(one: Grants) -> str:
    return f"{_texts(one.inline)};{','.join(one.managed)}"
