"""The verdict on all stacks together, and who gains or loses which access by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from access.world import World
from iam_profiles.model import Profiles
from iam_profiles.world import joined
from pipeline.access_diff import Change, access_diff
from pipeline.findings import Finding, of_broken
from pipeline.together import AllStacks, Stage, Together
from policies.checkpoint import Deployed
from policies.every_account import locks
from policies.told import is_refuted

Stacks = Mapping[str, Deployed | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of the proof.

    Attributes:
        verdict: `proved`, `refused` or `undecided`.
        order: stages of the accounts that change; of nothing if it is not proved.
    """

    verdict: str
    findings: tuple[Finding, ...]
    access: tuple[Change, ...]
    order: tuple[Stage, ...]
    rules: tuple[str, ...]


def judge(profiles: Profiles, deployed: Stacks, planned: Stacks) -> Judged:
    """Prove the roll-out of these stacks; one that is not planned stays as it is deployed."""
    every = AllStacks(profiles)
    rollout = every.together(deployed, planned)
    rollout = replace(rollout, tightening=frozenset(_tightening(rollout, profiles)))
    broken = rollout.refused()
    urns = every.urns(deployed, planned)
    findings = (
        *of_broken(broken, urns, profiles),
        *of_broken(() if broken else rollout.noted(), urns, profiles, noted=True),
    )
    refuted = any(map(is_refuted, broken))
    return Judged(
        verdict="refused" if refuted else "undecided" if broken else "proved",
        findings=findings,
        access=access_diff(rollout.deployed, rollout.planned),
        order=() if broken else rollout.stages() or (),
        rules=tuple(map(str, rollout.rules)),
    )


def _tightening(rollout: Together, profiles: Profiles) -> Iterator[str]:
    """Yield the accounts whose change, by itself, lets nobody do more on either side."""
    sides = locks(profiles.organization).values()
    holders = frozenset(name for name, one in rollout.before.items() if one.users)
    holders |= {name for name, one in rollout.after.items() if one.users}
    for name in sorted(rollout.changing):
        others = [rollout.before[one] for one in sorted(holders - {name})]
        before, after = (joined([*others, of[name]]) for of in (rollout.before, rollout.after))
        if not any(_gains(side(before), side(after)) for side in sides) and not _grows(
            before, after
        ):
            yield name


def _gains(before: World, after: World) -> bool:
    return any(change.gains for change in access_diff(before, after))


def _grows(before: World, after: World) -> bool:
    """Whether a role's or group's own policies are others, or a principal is new."""
    for old, new in ((before.roles, after.roles), (before.groups, after.groups)):
        for arn, one in new.items():
            there = old.get(arn)
            if there is None or there.grants != one.grants:
                return True
            # A group's documents are decided on by who may assume what.
            if arn in after.roles and any(
                before.managed(policy) != after.managed(policy) for policy in one.grants.managed
            ):
                return True
    return bool(after.users.keys() - before.users.keys())
