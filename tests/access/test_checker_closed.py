"""The checker takes a set exactly if no step leads out of it: in small worlds, by brute force."""

from hypothesis import given
from hypothesis import strategies as st

from access.catalogue import Gain
from access.certificate import Certificate, catalogue_version, fingerprint
from access.checker import check
from access.facts import Fact
from access.prove import Rule
from access.world import World
from tests.access.test_reach_worlds import (
    BOUNDARY,
    ROLES,
    STEPS,
    USERS,
    brute_force,
    grown,
    laws,
    worlds,
)

START = Fact(Gain.CONTROL, USERS[0])
RULE = Rule.of((USERS[0],), ("arn:aws:iam::999999999999:*",))
"""Nobody of that account is ever reached: whether the set is closed is all that counts."""
EVERY = (
    *(Fact(gain, one) for gain in (Gain.CONTROL, Gain.TAG) for one in (*USERS, *ROLES)),
    *(Fact(gain, one) for gain in (Gain.GRANT, Gain.DETACH, Gain.UNBIND) for one in USERS),
    *(Fact(gain, one) for gain in (Gain.RETRUST, Gain.SESSION) for one in ROLES),
    Fact(Gain.REWRITE, BOUNDARY),
)


def faults(one: World, facts: frozenset[Fact]) -> tuple[str, ...]:
    stated = Certificate(RULE, tuple(facts), fingerprint(one), catalogue_version(STEPS))
    return check(one, stated, STEPS)


def leaves(one: World, facts: frozenset[Fact]) -> frozenset[Fact]:
    """Return what leads out of a set: of the tags of sessions, only if somebody looks at them."""
    found = grown(one, STEPS, facts) | {START}
    if any(fact.gain is Gain.RETRUST for fact in facts):
        found |= {Fact(Gain.SESSION, one.of) for one in facts if one.gain is Gain.RETRUST}
    looked_at = "PrincipalTag" in repr(one)
    return frozenset(fact for fact in found - facts if looked_at or fact.gain is not Gain.SESSION)


@laws
@given(worlds(), st.data())
def test_what_brute_force_finds_is_taken_and_no_part_of_it(one: World, data: st.DataObject) -> None:
    every = brute_force(one, STEPS)
    every |= leaves(one, every)
    assert faults(one, every) == ()
    gone = data.draw(st.sets(st.sampled_from(sorted(every, key=repr)), min_size=1))
    part = every - gone
    assert bool(faults(one, part)) == bool(leaves(one, part))


@laws
@given(worlds(), st.sets(st.sampled_from(EVERY), max_size=6))
def test_a_set_is_taken_exactly_if_nothing_leads_out_of_it(one: World, more: set[Fact]) -> None:
    some = frozenset({START, *more})
    assert bool(faults(one, some)) == bool(leaves(one, some))
