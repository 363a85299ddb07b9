"""A part of `prod_isolation`: the proof over all accounts, in every state of the roll-out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final

from access.prove import Refuted
from access.rollout import either
from access.world import Missing, World
from iam_profiles.locks import identity_side_opened, resource_side_opened
from iam_profiles.model import Account, Organization, Profiles
from iam_profiles.paths import account_root, state_account
from iam_profiles.render import render_all
from iam_profiles.world import rules, world
from policies.account_world import account_world, declared
from policies.checkpoint import Deployed
from policies.deployed import Stacks
from policies.finding import Finding
from policies.registered import Registered
from policies.rollout import Broken, Judged, Rollout
from policies.states import Known, Lock
from policies.told import found_in, listed, remedy_of
from policies.unjudged import unread

NOTHING_DEPLOYED: Final[Stacks] = MappingProxyType({})

_IDENTITY: Final = "were every identity allowed to assume any role, "
_RESOURCE: Final = "were every role to trust the whole state account, "


@dataclass(frozen=True, slots=True)
class Proved:
    """What the proof forbids, and what is wrong already, which this stack does not make worse."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()


class Isolation:
    """Proves each isolation rule over all accounts, from what is deployed to what is planned.

    The other accounts are planned as the model renders them; one that was never deployed is empty
    until then.
    """

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._known: list[Known] = []

    def judge(self, stack: Registered, account: Account, deployed: Stacks) -> Proved:
        """Prove the roll-out of this stack."""
        planned = account_world(stack, self._profiles, account)
        judged = self._rollout(account, deployed, {str(account.name): planned}).judge()
        urns = _urns(stack, self._profiles, account, deployed)
        return Proved(
            tuple(_told(one, judged, account, urns) for one in judged.broken),
            tuple(_told(one, judged, account, urns) for one in judged.noted),
        )

    def begin(self, account: Account, deployed: Stacks) -> None:
        """Prove the roll-out of what the model says, which is what will mostly be registered."""
        rollout = self._rollout(account, deployed, {})
        rollout.is_proved(rollout.everything)

    @cached_property
    def _modelled(self) -> Mapping[str, World]:
        found = render_all(self._profiles).documents.items()
        return {str(name): world([documents]) for name, documents in found}

    def _rollout(
        self, account: Account, deployed: Stacks, registered: Mapping[str, World]
    ) -> Rollout:
        planned = {**self._modelled, **registered}
        return Rollout(
            self.before(deployed),
            planned,
            str(account.name),
            rules(self._profiles),
            locks(self._profiles.organization),
            self._known,
            doubted=planned != self._modelled,
        )

    def before(self, deployed: Stacks) -> dict[str, World]:
        """Return `{account: its world as deployed}`; one that never was is empty."""
        return {
            str(one.name): _as_deployed(found, self._profiles, one)
            if (found := deployed.get(one.name))
            else world([])
            for one in self._profiles.organization.accounts
        }


def every_account(
    stack: Registered, profiles: Profiles, account: Account, deployed: Stacks = NOTHING_DEPLOYED
) -> Proved:
    """Prove each isolation rule over all accounts: see `Isolation`."""
    return Isolation(profiles).judge(stack, account, deployed)


def locks(organization: Organization) -> Mapping[str, Lock]:
    """Return what opens each side of the trusts, for the proof that either side is enough."""
    root = account_root(organization, state_account(organization).id)
    return {_IDENTITY: identity_side_opened, _RESOURCE: partial(resource_side_opened, trusted=root)}


def _as_deployed(deployed: Deployed, profiles: Profiles, account: Account) -> World:
    """The account as deployed; of an update that is under way, as it was or will have been."""
    settled = as_read(deployed.settled, profiles, account)
    if deployed.under_way is None:
        return settled
    return either(settled, as_read(deployed.under_way, profiles, account))


def as_read(stack: Registered, profiles: Profiles, account: Account) -> World:
    """Return the world of one account, what no rule can read of it as missing."""
    found = account_world(stack, profiles, account)
    # What no rule can read may grant anything.
    more = (Missing(one.urn or account.name, one.found) for one in unread(stack, account))
    return replace(found, missing=(*found.missing, *more))


_Urns = Mapping[str, tuple[str, str]]
"""`{ARN: (the stack's name, URN)}` of what is declared, here before elsewhere."""


def _urns(stack: Registered, profiles: Profiles, account: Account, deployed: Stacks) -> _Urns:
    found = {
        arn: (str(account.name), urn) for arn, urn in declared(stack, profiles, account).items()
    }
    for one in profiles.organization.accounts:
        there = deployed.get(one.name)
        if there is not None and one != account:
            of = declared(there.settled, profiles, one)
            found |= {arn: (str(one.name), urn) for arn, urn in of.items() if arn not in found}
    return found


def _told(broken: Broken, judged: Judged, account: Account, urns: _Urns) -> Finding:
    """Say what is broken and what mends it, at the resource to change if this stack has it."""
    found, steps = found_in(broken)
    if isinstance(broken.result, Refuted):
        culprit = remedy = remedy_of(broken.result)
    else:
        culprit, remedy = steps, "write what is named from the model, as plain strings"
    here, there = _declaring(culprit, steps, account, urns)
    if there:
        remedy = f"{remedy} ({there})"
    if judged.first:
        remedy = f"deploy {listed(judged.first)} first, or {remedy}"
    return Finding(here, found, remedy)


def _declaring(culprit: str, steps: str, account: Account, urns: _Urns) -> tuple[str | None, str]:
    """Return the URN to change, if it is of this stack, and where it is if of another one."""
    named = [where for arn, where in urns.items() if f"`{arn}`" in culprit]
    here, there = _mine(named, account), next(iter(named), None)
    if here or not there:
        passed = [where for arn, where in urns.items() if f"`{arn}`" in steps]
        return here or _mine(passed, account), ""
    stack, urn = there
    return None, f"`{urn}` of stack `{stack}`"


def _mine(named: Iterable[tuple[str, str]], account: Account) -> str | None:
    return next((urn for stack, urn in named if stack == account.name), None)
