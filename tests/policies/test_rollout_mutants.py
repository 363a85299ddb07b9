"""Each part of the proof of a roll-out, taken out: what it refuses would pass."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import pytest

from access.world import World as AwsWorld
from iam_profiles.world import joined
from policies import every_account as telling
from policies import states as judging
from policies.every_account import Proved, every_account
from tests.policies.cases import STATE_ROOT, trust
from tests.policies.checkpoints import as_deployed
from tests.policies.test_rollout import ACCOUNTS, NONPROD, changing, denying, leaking, proved
from tests.policies.worlds import World, profiles


def one_lock_open() -> Proved:
    world = World("prod")
    world.change("Role", "AuditRole", assumeRolePolicy=trust({"AWS": STATE_ROOT}))
    return proved(world, *map(World, ACCOUNTS))


def an_old_grant() -> Proved:
    return proved(World("prod"), leaking())


def a_deny_that_is_gone_for_a_moment() -> Proved:
    old, new = denying("ArnLike", NONPROD), denying("ArnLike", NONPROD.replace("/*", "*"))
    return proved(new, old, *map(World, ACCOUNTS[:3]))


def a_trust_that_is_being_opened() -> Proved:
    world = World("state")
    there = as_deployed(World("nonprod")) | {"prod": changing("prod", pending=True)}
    return every_account(world.registered(), profiles(), world.account, there)


def an_identity_provider_elsewhere() -> Proved:
    odd = World("sandbox")
    odd.add("SamlProvider", "ci", url="https://ci.example.com")
    return proved(World("prod"), odd)


def none(*_: object) -> tuple[()]:
    return ()


def no_locks(*_: object) -> dict[str, object]:
    return {}


def nothing(*_: object) -> AwsWorld:
    return joined([])


def the_first(one: AwsWorld, _: AwsWorld) -> AwsWorld:
    return one


def the_last(_: AwsWorld, two: AwsWorld) -> AwsWorld:
    return two


@dataclass(frozen=True)
class Mutant:
    """A part of the proof, what it is replaced by, and what then passes."""

    module: ModuleType
    part: str
    instead: Callable[..., object]
    refused: Callable[[], Proved]

    def __str__(self) -> str:
        return self.refused.__name__


MUTANTS = [
    Mutant(telling, "locks", no_locks, one_lock_open),
    Mutant(telling, "_as_deployed", nothing, an_old_grant),
    Mutant(judging, "either", the_last, a_deny_that_is_gone_for_a_moment),
    Mutant(telling, "either", the_first, a_trust_that_is_being_opened),
    Mutant(telling, "unread", none, an_identity_provider_elsewhere),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_without_a_part_of_the_proof_what_it_refuses_would_pass(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mutant.refused().findings
    monkeypatch.setattr(mutant.module, mutant.part, mutant.instead)
    assert mutant.refused().findings == ()
