"""What forbids a roll-out, at the resource to change and the file of `profiles/` it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from access.path import Hop
from access.prove import Refuted
from iam_profiles.model import Profiles
from pipeline.job import Violation
from policies.rollout import Broken
from policies.told import found_in, is_refuted, remedy_of

TOGETHER: Final = "isolation_of_all_accounts"
"""The rule that the stacks break together."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse.

    Attributes:
        rule: the policy of the pack, or `TOGETHER`.
        stack: the stack that has the resource; "" if none is to blame alone.
        verdict: `refused`, `undecided` or `noted`; what is only noted forbids nothing.
        file: as from the project's folder, where it is known.
        path: the counterexample, step by step.
        undecided: what cannot be decided on, as `iam-profiles prove` says it.
    """

    rule: str
    stack: str
    verdict: str
    message: str
    urn: str | None = None
    file: str | None = None
    path: tuple[Hop, ...] = ()
    undecided: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "rule": self.rule,
            "stack": self.stack or None,
            "verdict": self.verdict,
            "message": self.message,
            "urn": self.urn,
            "file": self.file,
            "path": [hop.json() for hop in self.path],
            "undecided": list(self.undecided),
        }


def of_violation(stack: str, violation: Violation, profiles: Profiles) -> Finding:
    """Return what the policy pack said of one stack."""
    law, _, found = violation.message.partition("\n")  # as the engine puts the two together
    return Finding(
        violation.rule,
        stack,
        "refused" if violation.mandatory else "noted",
        f"{law}: {found}" if found else law,
        violation.urn,
        file_of(violation.urn, profiles),
    )


def of_broken(
    broken: Sequence[Broken], urns: Mapping[str, str], profiles: Profiles, *, noted: bool = False
) -> Iterator[Finding]:
    """Yield what the proof over all accounts found, with the way that it takes."""
    for one in broken:
        result = one.result
        told, culprit = _told(one)
        passed = [urn for arn, urn in urns.items() if f"`{arn}`" in culprit]
        urn = passed[0] if passed else None
        yield Finding(
            TOGETHER,
            urn.split(":")[2] if urn else "",
            "noted" if noted else "refused" if is_refuted(one) else "undecided",
            told,
            urn,
            file_of(urn, profiles),
            result.path,
            () if isinstance(result, Refuted) else result.why,
        )


def file_of(urn: str | None, profiles: Profiles) -> str | None:
    """Return the file that says of a resource what it is, if one alone does."""
    if urn is None:
        return None
    name = urn.rpartition("::")[2]
    for role in profiles.roles:
        if name == role.name or name.startswith(f"{role.name}Policy"):
            return f"profiles/roles/{role.name}.yaml"
    owners: list[tuple[str, str]] = [
        *((str(one.name), str(one.team)) for one in profiles.groups),
        *((str(one.name), str(one.team)) for one in profiles.people),
        *((str(one.name), str(one.team)) for one in profiles.service_users),
    ]
    known = [(one, team) for one, team in owners if name == one or name.startswith(f"{one}-")]
    if not known:
        return None
    return f"profiles/teams/{max(known)[1]}.yaml"


def words_of(broken: Broken) -> str:
    """Say what is broken, by which way, and what to change."""
    return _told(broken)[0]


def _told(broken: Broken) -> tuple[str, str]:
    """Say what is broken; and the texts that name who is to blame, the likeliest first."""
    found, steps = found_in(broken)
    if not isinstance(broken.result, Refuted):
        return found, steps
    remedy = remedy_of(broken.result)
    return f"{found}; {remedy}", remedy
