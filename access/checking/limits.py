"""The set holds where one starts, and not what must never be reached."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from access.catalogue.step import Gain
from access.checking.admitted import admitted
from access.checking.closed import Closed
from access.checking.reading import account_of
from access.evidence import Put
from access.facts import Fact
from access.pattern import Language
from access.rule import WebIdentity
from access.world import World

_WILDCARDS = frozenset("*?")
_GIVEN = "sts:AssumeRoleWithWebIdentity"


def starts(closed: Closed) -> Iterator[str]:
    """Yield who starts, or may yet be made where one starts, and is not in the set."""
    world = closed.world
    for pattern in (str(one) for one in closed.rule.from_ if not isinstance(one, WebIdentity)):
        *head, account, resource = pattern.split(":", 5)
        matching, accounts = Language.glob(pattern), Language.glob(account)
        for principal in (*world.users, *world.roles):
            if principal in matching and not closed.holds(Gain.CONTROL, principal):
                yield f"`{principal}` is where one starts, and not in the set"
        for known in world.accounts if resource == "root" else ():
            if known in accounts and Fact(Gain.ADMINISTER, known) not in closed.facts:
                yield f"the root user of `{known}` is where one starts, and does not administer it"
        for known in world.accounts:
            label = ":".join((*head, known, resource))
            exists = label in world.users or label in world.roles
            if known in accounts and not exists and not closed.holds(Gain.CONTROL, label):
                yield f"`{label}` is where one starts, and not in the set"


def given_sessions(closed: Closed) -> Iterator[str]:
    """Yield the roles that a web identity may assume, and that are not in the set."""
    for identity in (one for one in closed.rule.from_ if isinstance(one, WebIdentity)):
        for role in closed.outside:
            found = admitted(closed.world.roles[role].trust.text)
            # INVARIANT: a trust policy lets in the providers that it names, or anybody.
            providers = {*filter(identity.is_vouched_for_by, found.providers)}
            providers |= {identity.provider(role)} if found.anybody else set()
            for provider in sorted(providers):
                put = Put(provider, _GIVEN, role, identity.given, trust=True, as_kind="federated")
                if closed.may(put):
                    yield f"`{role}` is assumed by a {identity}, and not in the set"


def target(closed: Closed) -> Iterator[str]:
    """Yield who is in the set and must never be reached."""
    anywhere: list[Language] = []
    within: dict[str, list[Language]] = defaultdict(list)
    for pattern in map(str, closed.rule.never_reach):
        # INVARIANT: what matches a pattern whose wildcards are all in the resource is of the
        # account that the pattern says.
        fixed = _is_fixed(pattern)
        (within[account_of(pattern)] if fixed else anywhere).append(Language.glob(pattern))
    spared = [Language.glob(str(pattern)) for pattern in closed.rule.apart_from]
    for label in (one.name for one in closed.actors):
        named = Language.glob(label)
        near = within.get(account_of(label), ()) if _is_fixed(label) else chain(*within.values())
        # INVARIANT: who stays is in the set under their ARN; nobody is made under another's.
        new = bool(_WILDCARDS & set(label)) and not label.endswith(":*")
        asked = (one for one in (*near, *anywhere) if not (new and _stay(one, closed.world)))
        if any(not named.is_disjoint(pattern) for pattern in asked) and not any(
            named.is_subset(pattern) for pattern in spared
        ):
            yield f"`{label}` is in the set, and must never be reached"


def _stay(named: Language, world: World) -> bool:
    """Whether those are named in full whose ARNs nobody else can come to have."""
    words = named.finite
    return words is not None and all(map(world.stays, words))


def _is_fixed(pattern: str) -> bool:
    return not _WILDCARDS & set("".join(pattern.split(":", 5)[:5]))
