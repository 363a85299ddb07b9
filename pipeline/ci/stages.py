"""Stages: which service user deploys which accounts, read off the access matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

from iam_profiles.model import Account, Profiles, ServiceUser
from pipeline.ci.errors import CiError

GUARDED_TIERS = frozenset({"state", "prod"})
"""Tiers behind an approval whatever the isolation rules say."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The accounts that one service user deploys, in one job with credentials of its own."""

    identity: ServiceUser
    accounts: tuple[str, ...]
    guarded: bool
    """Whether a person approves it."""


def guarded_tiers(profiles: Profiles) -> frozenset[str]:
    """Return the tiers that some identity class never reaches, and state and prod always."""
    return GUARDED_TIERS.union(*(rule.never_reaches for rule in profiles.organization.isolation))


def stages_of(profiles: Profiles, role: str) -> tuple[Stage, ...]:
    """Return who deploys what by `role`: for each account the identity that reaches fewest.

    What needs no approval goes first. No identity of such a stage is granted the role in an
    account behind an approval.

    Raises:
        CiError: nobody, or nobody in particular, deploys an account.
    """
    reached = _reached(profiles, role)
    problems: list[str] = []
    chosen: dict[str, list[Account]] = {}
    for account in profiles.organization.accounts:
        able = sorted((len(there), name) for name, there in reached.items() if account in there)
        if not able:
            problems.append(
                f"account `{account.name}`: no service user is granted `{role}` there; "
                "grant it in `profiles/teams/`, or name the role that deploys with `--role`"
            )
        elif len(able) > 1 and able[0][0] == able[1][0]:
            problems.append(
                f"account `{account.name}`: `{able[0][1]}` and `{able[1][1]}` may both deploy it; "
                f"grant `{role}` to one of them only"
            )
        else:
            chosen.setdefault(able[0][1], []).append(account)
    if problems:
        raise CiError(problems)
    users = {str(user.name): user for user in profiles.service_users}
    guarded = guarded_tiers(profiles)
    found = [
        Stage(
            users[name],
            tuple(str(account.name) for account in accounts),
            # INVARIANT: by what its identity reaches, not by what it is to do: a job that holds
            # an identity of production is behind the approval even where it deploys a sandbox.
            any(account.tier in guarded for account in reached[name]),
        )
        for name, accounts in chosen.items()
    ]
    return tuple(sorted(found, key=lambda stage: (stage.guarded, stage.identity.name)))


def previewer_of(profiles: Profiles, role: str) -> ServiceUser:
    """Return the service user that is granted `role` in every account, and nothing else.

    A pull request's job runs code that nobody has reviewed: what it holds must change nothing.

    Raises:
        CiError: there is none, or more than one.
    """
    everywhere = frozenset(profiles.organization.accounts)
    found = [
        user
        for user in profiles.service_users
        if {grant.role for grant in profiles.grants if grant.service_user == user.name} == {role}
        and _reached(profiles, role)[str(user.name)] == everywhere
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = " and ".join(f"`{user.name}`" for user in found)
        raise CiError([f"{listed} may all preview; keep one of them"])
    tiers = ", ".join(dict.fromkeys(account.tier for account in profiles.organization.accounts))
    said = (
        f"nobody can preview a pull request: no service user is granted `{role}` in every "
        "account and nothing else; add one of class `prod` to `profiles/teams/`, with "
        f"`{{service_user: NAME, role: {role}, on: [{tiers}]}}`, "
        "or name another reading role with `--preview-role`"
    )
    raise CiError([said])


def shards_of(stages: Sequence[Stage], count: int) -> tuple[tuple[Stage, tuple[str, ...]], ...]:
    """Deal the stages' accounts into `count` shards, in order; no shard has two identities.

    There are fewer where there are fewer accounts.

    Raises:
        ValueError: fewer shards than stages.
    """
    if count < len(stages):
        raise ValueError(
            f"{len(stages)} identities deploy, and none may do another's part; "
            f"ask for {len(stages)} shards or more, or for one identity's with `--identity`"
        )
    sizes = [1] * len(stages)
    for _ in range(count - len(stages)):
        loads = [len(stage.accounts) / size for stage, size in zip(stages, sizes, strict=True)]
        fullest = loads.index(max(loads))
        if loads[fullest] <= 1:
            break
        sizes[fullest] += 1
    return tuple(
        (stage, part)
        for stage, size in zip(stages, sizes, strict=True)
        for part in _dealt(stage.accounts, size)
    )


def _dealt(names: Sequence[str], size: int) -> tuple[tuple[str, ...], ...]:
    cuts = [len(names) * index // size for index in range(size + 1)]
    return tuple(tuple(names[cuts[i] : cuts[i + 1]]) for i in range(size))


def _reached(profiles: Profiles, role: str) -> dict[str, frozenset[Account]]:
    tiers: dict[str, set[str]] = {str(user.name): set() for user in profiles.service_users}
    for grant in profiles.grants:
        if grant.service_user is not None and grant.role == role:
            tiers[str(grant.service_user)].update(grant.on)
    return {
        name: frozenset(one for one in profiles.organization.accounts if one.tier in there)
        for name, there in tiers.items()
    }
