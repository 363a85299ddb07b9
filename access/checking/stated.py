"""What a certificate states is about the world, and the world lacks nothing for a proof."""

from collections.abc import Iterable, Iterator
from itertools import chain

from access.catalogue import readable, unclassified
from access.catalogue.step import Gain
from access.checking.closed import Closed
from access.checking.reading import account_of
from access.facts import Fact
from access.label import bare, taken_apart
from access.rule import WebIdentity

_SORTS = {"iam": ("user/", "role/"), "sts": ("federated-user/",)}
_COMPONENTS = 6


def unknown(closed: Closed) -> Iterator[str]:
    """Yield facts about what is neither in the input nor can be made."""
    known = frozenset(chain(closed.places.labels, _beyond(closed)))
    made = frozenset(map(bare, chain(closed.all(Gain.MINT), closed.all(Gain.RENAME))))
    for fact in closed.facts:
        of = taken_apart(fact.of)[0] if fact.gain is Gain.ATTACH else fact.of
        label = bare(of)
        if label not in known and label not in made and not _may_be_made(closed, fact):
            yield f"`{fact.of}`, of which it states {fact.gain.value}, is not in the input"


def _beyond(closed: Closed) -> Iterator[str]:
    """Yield what facts may be about besides what steps are done to: accounts, and who starts."""
    accounts = closed.world.accounts
    yield from accounts
    yield from (one.organization for one in accounts.values() if one.organization)
    yield from map(closed.administrator, closed.all(Gain.ADMINISTER))
    for pattern in (str(one) for one in closed.rule.from_ if not isinstance(one, WebIdentity)):
        *head, _, resource = pattern.split(":", 5)
        yield from (":".join((*head, account, resource)) for account in accounts)


def _may_be_made(closed: Closed, fact: Fact) -> bool:
    if fact.gain not in (Gain.MINT, Gain.RENAME):
        return False
    parts = bare(fact.of).split(":", 5)
    if len(parts) != _COMPONENTS or account_of(fact.of) not in closed.world.accounts:
        return False
    return parts[5].startswith(_SORTS.get(parts[2], ()))


def missing(closed: Closed) -> Iterator[str]:
    """Yield what the input lacks: nothing is proved without it."""
    yield from (f"the input lacks `{one.arn}`: {one.what}" for one in closed.world.missing)
    for one in closed.world.credentials:
        if not readable(one.secret):
            yield f"`{one.secret}` holds a credential, and no step of the catalogue reads it"


def newer(closed: Closed) -> Iterator[str]:
    """Yield actions that somebody in the set is allowed and that the catalogue does not know."""
    for action in unclassified(set(_allowed(closed))):
        yield f"`{action}` is allowed, and is not in the catalogue of steps"


def _allowed(closed: Closed) -> Iterable[str]:
    for alike in closed.alike:
        for statement in alike.means.statements:
            if not statement.actions.negated:
                yield from statement.actions.values
