"""The organisation: its accounts, tiers and the isolation that it cannot drop."""

from collections.abc import Iterator

from iam_profiles.assemble import partition_of
from iam_profiles.consistency.world import ALWAYS_APART, World
from iam_profiles.errors import Problem
from iam_profiles.names import IdentityClass
from iam_profiles.source.wording import listed, quoted


def accounts(world: World) -> Iterator[Problem]:
    """Find two accounts with one id, and more or fewer than one state account."""
    source = world.sources.organization
    seen: dict[str, str] = {}
    state: list[str] = []
    for account in world.organization.accounts:
        path = ("accounts", account.name)
        if account.id in seen:
            found = f"{quoted(account.id)}, which is account {quoted(seen[account.id])}"
            yield source.problem((*path, "id"), found, "give each account its own id")
        seen.setdefault(account.id, account.name)
        if account.tier == "state" and state:
            found = f"a second account of tier `state` besides {quoted(state[0])}"
            remedy = "keep one: identities live in one account"
            yield source.problem((*path, "tier"), found, remedy)
        if account.tier == "state":
            state.append(account.name)
    if not state and source.whole("accounts"):
        remedy = "give one account `tier: state`: identities live in it"
        yield source.problem(("accounts",), "no account of tier `state`", remedy)


def tiers(world: World) -> Iterator[Problem]:
    """Find tiers that are not defined, and definitions that leave out those that must be there."""
    source = world.sources.organization
    for account in world.organization.accounts:
        path = ("accounts", account.name, "tier")
        yield from world.undefined("tier", account.tier, source, path)
    for place, rule in source.numbered("isolation"):
        for at, tier in enumerate(rule.never_reaches):
            yield from world.undefined("tier", tier, source, (*place, "never_reaches", at))
    missing = [tier for tier in sorted(ALWAYS_APART) if tier not in world.organization.tiers]
    if missing and source.whole("tiers"):
        yield source.problem(("tiers",), f"no tier {listed(missing)}", "add it")


def isolation(world: World) -> Iterator[Problem]:
    """Find an organisation that would let `nonprod` reach `prod` or `state`."""
    source = world.sources.organization
    apart = {
        tier
        for rule in world.organization.isolation
        if rule.identity_class is IdentityClass.NONPROD
        for tier in rule.never_reaches
    }
    reached = [tier for tier in sorted(ALWAYS_APART) if tier not in apart]
    if reached and source.whole("isolation"):
        found = f"no rule that class `nonprod` never reaches {listed(reached)}"
        remedy = "add `{class: nonprod, never_reaches: [prod, state]}`; it cannot be dropped"
        yield source.problem(("isolation",), found, remedy)


def partition(world: World) -> Iterator[Problem]:
    """Find a region that is not of the partition, or of one that is not supported."""
    source = world.sources.organization
    region, declared = world.organization.region, world.organization.partition
    if not source.whole("region"):
        return
    if "-iso" in region:
        remedy = "use a region of `aws`, `aws-cn` or `aws-us-gov`"
        yield source.problem(("region",), f"{quoted(region)}, in an isolated partition", remedy)
    elif declared != partition_of(region):
        found = f"{quoted(declared)}, but region {quoted(region)} is in another partition"
        remedy = f"write {quoted(partition_of(region))}, or take it out"
        yield source.problem(("partition",), found, remedy)
