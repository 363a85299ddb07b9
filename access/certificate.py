"""What a proof leaves behind: enough for a checker that knows nothing of how it was found."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from access.catalogue.step import Gain, Step
from access.facts import Fact
from access.rule import Rule
from access.world import Document, Grants, World

ASSUMPTIONS = (
    "the root users of the accounts are not in the starting principals' hands",
    "identity providers vouch for nobody but their own users, unless a step changes one",
    "no account manages others, but those of which the input says so",
    "principals, policies and stored credentials that the input lacks do not exist",
    "a starting principal that does not exist yet is made without policies",
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
    """Return the digest of everything in a world."""
    total = sha256()
    for line in _lines(world):
        total.update(line.encode())
        total.update(b"\n")
    return f"sha256:{total.hexdigest()}"


def _lines(world: World) -> Iterator[str]:
    for id_, account in sorted(world.accounts.items()):
        scps, rcps = (";".join(map(_texts, levels)) for levels in (account.scps, account.rcps))
        own = f"{account.organization} {account.management} {account.delegated}"
        yield f"account {id_} {own} {scps} | {rcps}"
    for arn, user in sorted(world.users.items()):
        own = f"{user.boundary} {user.tags} {user.unique_id} {user.mfa} {user.groups}"
        yield f"user {arn} {_grants(user.grants)} {own}"
    for arn, role in sorted(world.roles.items()):
        own = f"{role.boundary} {role.tags} {role.unique_id} {role.trust.digest}"
        yield f"role {arn} {_grants(role.grants)} {own}"
    for arn, group in sorted(world.groups.items()):
        yield f"group {arn} {_grants(group.grants)}"
    for title, documents in (("policy", world.policies), ("resource", world.resources)):
        yield from (f"{title} {arn} {one.digest}" for arn, one in sorted(documents.items()))
    yield from sorted(
        f"credential {one.secret} {one.principal} {one.key} {one.account}"
        for one in world.credentials
    )
    yield from sorted(f"missing {one.arn} {one.what}" for one in world.missing)


def _texts(documents: Iterable[Document]) -> str:
    return ",".join(document.digest for document in documents)


def _grants(one: Grants) -> str:
    return f"{_texts(one.inline)};{','.join(one.managed)}"
