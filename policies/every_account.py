"""A part of `prod_isolation`: the proof over all accounts, this stack's as it is registered."""

from collections.abc import Iterator
from typing import Final

from access.prove import Proof, Refuted, Undecided, prove
from iam_profiles.model import Account, Profiles
from iam_profiles.world import rules
from policies.finding import Finding
from policies.registered import Registered
from policies.whole_world import declaring, whole_world

_SHOWN: Final = 12
"""Steps of a path that a finding spells out."""


def every_account(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    """Find each isolation rule that is refuted, or cannot be decided, over all accounts."""
    world = whole_world(stack, profiles, account)
    for result in prove(world, rules(profiles.organization)).results:
        if isinstance(result, Proof):
            continue
        who = ", ".join(f"`{pattern}`" for pattern in result.rule.from_)
        if isinstance(result, Refuted):
            remedy = str(result.remedy) if result.remedy else "shut one step of the path"
            yield Finding(
                declaring(stack, profiles, account, remedy),
                f"{who} can reach `{result.reached}`: {_steps(result)}",
                remedy,
            )
        else:
            yield Finding(
                declaring(stack, profiles, account, " ".join(result.why)),
                f"whether {who} can reach another account is undecided: {_why(result)}",
                "write what is named from the model, as plain strings",
            )


def _steps(result: Refuted) -> str:
    told = [f"{number}. {hop}" for number, hop in enumerate(result.path[:_SHOWN], 1)]
    return " ".join((*told, "…") if len(result.path) > _SHOWN else told)


def _why(result: Undecided) -> str:
    return "; ".join(result.why[:_SHOWN])
