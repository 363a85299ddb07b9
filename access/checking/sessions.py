"""No session leads out of the set: of no role outside it, and with no tags unreckoned with."""

from collections.abc import Iterator

from access.carried import ASSUME, TAG, requests
from access.catalogue.step import Gain
from access.checking.closed import Closed
from access.checking.doors import Doors
from access.checking.reading import trusts_for
from access.facts import Fact
from access.world import World


def assumed(closed: Closed) -> Iterator[str]:
    """Yield the roles outside that somebody in the set can assume."""
    for actor, role in _near(closed, closed.doors, ASSUME):
        if _may(closed, actor, role, tagging=False):
            yield f"`{actor}` can assume `{role}`, which is not in the set"


def tagged(closed: Closed) -> Iterator[str]:
    """Yield the roles whose sessions take any tags, where that is not in the set."""
    # INVARIANT: the tags of a session are seen by conditions and variables on principal tags only.
    if not any(map(_looks_at_tags, set(_texts(closed.world)))):
        return
    untagged = closed.lacking(Gain.SESSION, closed.world.roles)
    for role in untagged:
        if Fact(Gain.RETRUST, role) in closed.facts:
            yield f"sessions of `{role}` can be tagged by its new trust policy, and are not"
    asked = [role for role in untagged if trusts_for(closed.world.roles[role].trust.text, TAG)]
    for actor, role in _near(closed, closed.doors_of(asked), TAG):
        if _may(closed, actor, role, tagging=True):
            yield f"`{actor}` can tag sessions of `{role}`, and that is not in the set"


def _may(closed: Closed, actor: str, role: str, *, tagging: bool) -> bool:
    """Whether somebody may have a session of a role in one of the ways to ask for it."""
    asked = requests(closed.world, actor, role, tagging=tagging)
    return any(all(map(closed.may, puts)) for puts in asked)


def _near(closed: Closed, doors: Doors, action: str) -> Iterator[tuple[str, str]]:
    for alike in closed.alike:
        for actor in alike.actors:
            for role in doors.of(actor, alike.means, action):
                yield actor.label, role


def _looks_at_tags(text: str | None) -> bool:
    return text is not None and ("principaltag" in text.lower() or "\\u" in text)


def _texts(world: World) -> Iterator[str | None]:
    holders = (*world.users.values(), *world.roles.values(), *world.groups.values())
    yield from (role.trust.text for role in world.roles.values())
    yield from (document.text for one in holders for document in one.grants.inline)
    yield from (one.text for one in (*world.policies.values(), *world.resources.values()))
    for account in world.accounts.values():
        levels = (*account.scps, *account.rcps)
        yield from (document.text for level in levels for document in level)
