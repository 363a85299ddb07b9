"""What is left out of a look at a state of a roll-out is what the look would not have found."""

from itertools import chain, combinations

import pytest

from iam_profiles.world import rules, world
from policies.account_world import account_world
from policies.every_account import Isolation, locks
from policies.rollout import Rollout
from policies.states import Asked, Turned
from tests.policies.checkpoints import as_deployed
from tests.policies.test_rollout import ACCOUNTS, leaking, trusting
from tests.policies.worlds import World, profiles

NONPROD_ROOT = "arn:aws:iam::333333333333:root"


class Exhaustive(Rollout):
    """Looks at each rule with each lock, in each state by itself."""

    def _asked(self, one: Turned, two: Turned) -> Asked:
        del one, two
        return frozenset((opened, rule) for opened in self.ajar for rule in self.rules)

    @property
    def _no_worse(self) -> tuple[tuple[Turned, Turned], ...]:  # pyright: ignore[reportIncompatibleVariableOverride] -- none, where there is a cache
        return ()


def odd() -> World:
    """A stack with something that no rule can read."""
    found = World("sandbox")
    found.add("SamlProvider", "ci", url="https://ci.example.com")
    return found


def rollout_of(kind: type[Rollout], own: str, *deployed: World) -> Rollout:
    model = profiles()
    before = Isolation(model).before(as_deployed(*deployed))
    after = {
        name: account_world(World(name).registered(), model, World(name).account)
        for name in ACCOUNTS
    }
    return kind(before, after, own, rules(model), locks(model.organization))


@pytest.mark.parametrize(
    ("own", "deployed"),
    [
        ("prod", [leaking()]),
        ("state", [trusting("prod", NONPROD_ROOT), trusting("state", NONPROD_ROOT), odd()]),
    ],
    ids=["an old grant in state", "trusts that are open, and what cannot be read"],
)
def test_no_state_is_worse_or_better_for_what_is_left_out(own: str, deployed: list[World]) -> None:
    quick, slow = (rollout_of(kind, own, *deployed) for kind in (Rollout, Exhaustive))
    changing = sorted(slow.all_turned)
    assert len(changing) == len(ACCOUNTS)
    sizes = range(len(changing) + 1)
    states = chain.from_iterable(combinations(changing, size) for size in sizes)
    for turned in map(frozenset, states):
        assert quick.worse(turned, turned) == slow.worse(turned, turned), sorted(turned)
    assert quick.judge() == slow.judge()


def test_where_nothing_changes_nothing_is_asked_twice() -> None:
    rollout = Rollout({"prod": world([])}, {"prod": world([])}, "prod", rules(profiles()), {})
    assert rollout.all_turned == frozenset()
    assert rollout.worse(frozenset(), frozenset()) == frozenset()
