"""Bootstrap an organisation: from credentials and a model to stacks that can be deployed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from access.inquiry import Inquiry
from access.verdict import Allowed
from iam_profiles.load import load
from iam_profiles.model import Profiles
from iam_profiles.render import render_all
from iam_profiles.render_stores import keepers
from iam_profiles.world import world
from pipeline.backend import SERVICE, address_of, project_name, shown
from pipeline.command import EngineCommand
from pipeline.init import temporary
from pipeline.init.callers import callers
from pipeline.init.calls import Calls, Say
from pipeline.init.errors import InitInvalidError, InitRefusedError
from pipeline.init.policies import READ, WRITE, bucket_policy, statements_of
from pipeline.init.proof import ways_in
from pipeline.init.shares import DEPLOYS, READS, Shares
from pipeline.init.site import Site
from pipeline.init.stacks import ensure_stacks
from pipeline.init.state import ensure_state
from pipeline.job import StackJob

_SHOWN: Final = 5


@dataclass(frozen=True)
class Wish:
    """How to bootstrap.

    Attributes:
        profiles: the name of the AWS profiles to act with, with `{account}` in it; empty for the
            stacks' own.
        make_role: whether each account gets a temporary administrator's role.
        lasts: for how long.
        dry: whether nothing is to be changed.
    """

    profiles: str = ""
    make_role: bool = False
    lasts: timedelta = timedelta(hours=4)
    dry: bool = False


@dataclass(frozen=True)
class Plan:
    """What is bootstrapped: a project, its model, and where its state is to be."""

    project: Path
    profiles: Profiles
    site: Site
    shares: Shares

    @classmethod
    def of(cls, project: Path) -> "Plan":
        """Read the project, and refuse it where its state would be in the wrong hands.

        Raises:
            ProfilesInvalidError: `profiles/` is not valid.
            InitInvalidError: the backend is no bucket, or no role could keep a state in it.
            InitRefusedError: somebody who is kept out of an account would get at its state.
        """
        profiles = load(project / "profiles")
        job = StackJob("", project)
        address = address_of(job)
        if address != SERVICE and not address.startswith("s3://"):
            said = f"the backend `{shown(urlsplit(address))}` is no bucket, and needs none"
            remedy = "make its stacks by `pulumi stack init`, or name an `s3://…` as the backend"
            raise InitInvalidError([f"{said}; {remedy}"])
        site = Site.of(profiles, project_name(job), address)
        plan = cls(project, profiles, site, Shares.of(profiles))
        plan.check()
        return plan

    @property
    def names(self) -> tuple[str, ...]:
        """The stacks."""
        return tuple(str(account.name) for account in self.profiles.organization.accounts)

    @property
    def state_account(self) -> str:
        """The name of the account that the state is in."""
        accounts = self.profiles.organization.accounts
        return next(str(one.name) for one in accounts if one.tier == "state")

    def removal(self, wish: Wish) -> tuple[str, ...]:
        """Return the commands that remove the temporary role from every account."""
        return tuple(
            command
            for account in self.profiles.organization.accounts
            for command in temporary.commands(
                self.site.partition,
                wish.profiles.format(account=account.name) or f"iam-profiles-{account.name}",
            )
        )

    def check(self) -> None:
        """Refuse what would not work, and what would not be safe.

        Raises:
            InitInvalidError: a role lacks permissions that it needs.
            InitRefusedError: somebody who is kept out of an account would get at its state.
        """
        policy = bucket_policy(self.site, self.shares, (self.site.root,), self.site.keys)
        found = ways_in(self.profiles, self.site, self.shares, policy)
        if found:
            more = f"and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            remedy = "look at isolation in profiles/organization.yaml, and at profiles/roles/"
            raise InitRefusedError((*found[:_SHOWN], *filter(None, [more]), remedy))
        inquiry = Inquiry(world(render_all(self.profiles).documents.values()))
        problems: list[str] = []
        for role, actions in ((DEPLOYS, (*READ, *WRITE)), (READS, READ)):
            arns = [
                arn
                for share in self.shares.all
                for arn in (share.keepers if role == DEPLOYS else share.readers)
            ]
            if not all(
                arn in inquiry.world.roles
                and isinstance(inquiry.can(arn, action, f"{self.site.arn}/.pulumi/x"), Allowed)
                for arn in arns
                for action in actions
            ):
                lines = statements_of(self.site, writes=role == DEPLOYS)
                problems.append(
                    f"role `{role}` cannot {'keep' if role == DEPLOYS else 'read'} the engine's "
                    f"state; add this to profiles/roles/{role}.yaml:\n{lines}"
                )
        if problems:
            raise InitInvalidError(problems)


def bootstrap(plan: Plan, wish: Wish, command: EngineCommand, now: datetime, say: Say) -> None:
    """Make what lacks, and set right what differs; each step shows what it does.

    Interrupted or refused, it goes on where it was when it is run again. A run that finds all in
    order changes nothing.

    Raises:
        InitError: with all that is wrong; what could be known beforehand, before any change.
    """
    found = callers(plan.profiles, plan.project, wish.profiles, say, dry=wish.dry)
    _refuse_locked_out(plan, found, wish)
    if wish.make_role:
        for calls in found.values():
            temporary.ensure(calls, now, wish.lasts)
    acting = found[plan.state_account]
    if wish.make_role:
        acting = temporary.enter(acting)
    ensure_state(acting, plan.site, plan.shares, administrators(plan, found, wish))
    ensure_stacks(acting, plan.site, plan.project, plan.names, command)


def locked_out(profiles: Profiles, who: str) -> str | None:
    """Return why somebody must not deploy first: the keys that are made then would lock him out."""
    named = keepers(profiles.organization)
    if not named or who in named:
        return None
    said = f"`{who}` would deploy first, and could then neither mint a key nor mend its policy"
    return f"{said}; add it to `secrets_store.keepers`, and take it out once `state` is deployed"


def _refuse_locked_out(plan: Plan, found: Mapping[str, Calls], wish: Wish) -> None:
    why = locked_out(plan.profiles, administrators(plan, found, wish)[-1])
    state = found[plan.state_account]
    if why is not None and state.ask("iam", "get_role", RoleName=DEPLOYS) is None:
        raise InitInvalidError([why])


def administrators(plan: Plan, found: Mapping[str, Calls], wish: Wish) -> Sequence[str]:
    """Return who manages the bucket and the key: the account itself, and who bootstraps."""
    calls = found[plan.state_account]
    return (plan.site.root, temporary.role_arn_of(calls) if wish.make_role else calls.principal)


def sessions(plan: Plan, wish: Wish) -> str:
    """Return the `~/.aws/config` with which the first deployment is made; it holds no secret.

    The sessions are the temporary role's; of whoever made no such role, there are none.
    """
    entries: list[tuple[str, str, str]] = []
    for account in plan.profiles.organization.accounts if wish.make_role else ():
        name = str(account.name)
        role = f"arn:{plan.site.partition}:iam::{account.id}:role/{temporary.ROLE}"
        source = wish.profiles.format(account=name)
        if source:
            entries.append((f"iam-profiles-{name}", role, source))
        if name == plan.state_account:
            entries.append((plan.site.profile, role, source or f"iam-profiles-{name}"))
    return "\n".join(
        f"[profile {name}]\nregion = {plan.site.region}\nsource_profile = {source}\n"
        f"role_arn = {role}\nrole_session_name = iam-profiles-init\n"
        for name, role, source in entries
    )
