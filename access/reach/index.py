"""The world by account, by name and by what bears on what: look-ups instead of searches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from access.arn import account_of
from access.catalogue.step import Target
from access.label import bare, bound
from access.reach.trusts import openness
from access.world import Credential, Grants, Group, Role, User, World


@dataclass
class Index:
    """Look-ups into a world.

    Attributes:
        targets: `{(sort, account): ARNs}`.
        members: `{group: users}`.
        holders: `{managed policy: principals and groups that it is attached to, or bounds}`.
        mentioned: `{ARN: roles whose trust policy may admit it by name}`.
        mentioned_in: `{account: ARNs of it that trust policies name}`.
        open_to: `{account: {trust text: roles}}` of trusts that may admit any of the account.
        open_to_all: `{trust text: roles}` of trusts that may admit anybody.
        open_to_all_in: `{account: roles}` of it whose trust may admit anybody.
        served: `{(account, service): roles that may trust it}`.
        vouched: `{provider: roles that may trust it}`.
        credentials: `{secret or key: credentials that it is part of}`.
        ids: `{unique id: ARN}`; `ids_complete` says whether every principal's is known.
    """

    world: World
    targets: dict[tuple[Target, str], list[str]] = field(
        default_factory=lambda: defaultdict(list[str])
    )
    members: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    holders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    mentioned: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    mentioned_in: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set[str]))
    open_to: dict[str, dict[str | None, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set[str]))
    )
    open_to_all: dict[str | None, set[str]] = field(default_factory=lambda: defaultdict(set[str]))
    open_to_all_in: dict[str, dict[str, None]] = field(
        default_factory=lambda: defaultdict(dict[str, None])
    )
    served: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    vouched: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    credentials: dict[str, list[Credential]] = field(
        default_factory=lambda: defaultdict(list[Credential])
    )
    ids: dict[str, str] = field(default_factory=dict[str, str])
    ids_complete: bool = True

    def __post_init__(self) -> None:
        world = self.world
        for principal in (*world.users.values(), *world.roles.values()):
            if principal.unique_id:
                self.ids[principal.unique_id] = principal.arn
            else:
                self.ids_complete = False
            self._hold(principal.arn, principal.grants, principal.boundary)
        for group in world.groups.values():
            self._hold(group.arn, group.grants, None)
        for user in world.users.values():
            for group in user.groups:
                self.members[group].append(user.arn)
        for credential in world.credentials:
            self.credentials[credential.secret].append(credential)
            if credential.key:
                self.credentials[credential.key].append(credential)
        for role in world.roles.values():
            self._trust(role)
        self._place()

    def _place(self) -> None:
        """Sort everything that a step can be done to by the account that it is in."""
        world = self.world
        sorts: Iterable[tuple[Target, Iterable[str]]] = (
            (Target.USER, world.users),
            (Target.ROLE, world.roles),
            (Target.GROUP, world.groups),
            (Target.POLICY, world.policies),
            (Target.STORE, dict.fromkeys(one.secret for one in world.credentials)),
            (Target.KEY, dict.fromkeys(one.key for one in world.credentials if one.key)),
        )
        for sort, arns in sorts:
            for arn in arns:
                self.targets[sort, self.owner(arn)].append(arn)
        for provider in self.vouched:
            account = account_of(provider) if provider.startswith("arn:") else ""
            self.targets[Target.PROVIDER, account].append(provider)

    def owner(self, arn: str) -> str:
        """Return the account that a resource is in; "" if that is not known."""
        return account_of(arn) or self.world.owner(arn)

    @cached_property
    def users(self) -> frozenset[str]:
        """The users whose names nobody else can come to have."""
        return frozenset(self.world.users) - self.world.passing

    def is_stored(self, arn: str) -> bool:
        """Whether it is what holds a credential, or a key, or has a policy of its own."""
        return arn in self.credentials or arn in self.world.resources

    def principal(self, arn: str) -> User | Role | None:
        """Return a user or role by its label, if it exists."""
        found = self.world.users.get(bare(arn)) or self.world.roles.get(bare(arn))
        boundary = bound(arn)
        return found if found is None or boundary is None else replace(found, boundary=boundary)

    def texts(self) -> Iterator[str | None]:
        """Yield the text of every policy, as often as there is one."""
        world = self.world
        for role in world.roles.values():
            yield role.trust.text
        for holder in (*world.users.values(), *world.roles.values(), *world.groups.values()):
            yield from (document.text for document in holder.grants.inline)
        for document in (*world.policies.values(), *world.resources.values()):
            yield document.text
        for account in world.accounts.values():
            for level in (*account.scps, *account.rcps):
                yield from (document.text for document in level)

    def partition(self, account: str) -> str:
        """Return the partition that the account's ARNs are of."""
        for sort in (Target.ROLE, Target.USER, Target.POLICY):
            for arn in self.targets.get((sort, account), ())[:1]:
                return arn.split(":", 2)[1]
        return "aws"

    def move(self, world: World, arns: Iterable[str]) -> None:
        """Look into another world from now on, in which these principals and groups are other."""
        before, self.world = self.world, world
        for arn in arns:
            for one, sign in ((before, False), (world, True)):
                holder = one.users.get(arn) or one.roles.get(arn) or one.groups[arn]
                boundary = None if isinstance(holder, Group) else holder.boundary
                for policy in (*holder.grants.managed, *([boundary] if boundary else [])):
                    _put(self.holders[policy], arn, there=sign)
                for group in holder.groups if isinstance(holder, User) else ():
                    _put(self.members[group], arn, there=sign)
            if arn in world.roles:
                self._untrust(before.roles[arn])
                self._trust(world.roles[arn])

    def _untrust(self, role: Role) -> None:
        admits = openness(role.trust.text)
        for word in admits.words:
            _put(self.mentioned[self.ids.get(word, word)], role.arn, there=False)
        for account in admits.accounts:
            self.open_to[account][role.trust.text].discard(role.arn)
        self.open_to_all.get(role.trust.text, set[str]()).discard(role.arn)
        self.open_to_all_in.get(account_of(role.arn), dict[str, None]()).pop(role.arn, None)
        for service in admits.services:
            _put(self.served[account_of(role.arn), service], role.arn, there=False)
        for provider in admits.providers:
            _put(self.vouched[provider], role.arn, there=False)

    def _open_to_all(self, role: Role) -> None:
        self.open_to_all[role.trust.text].add(role.arn)
        self.open_to_all_in[account_of(role.arn)][role.arn] = None

    def _hold(self, holder: str, grants: Grants, boundary: str | None) -> None:
        for policy in (*grants.managed, *([boundary] if boundary else [])):
            self.holders[policy].append(holder)

    def _trust(self, role: Role) -> None:
        text = role.trust.text
        admits = openness(text)
        for word in admits.words:
            arn = self.ids.get(word, word)
            if not arn.startswith("arn:"):
                # A unique id that is not known: it may be anybody's whose id is not known either.
                if not self.ids_complete:
                    self._open_to_all(role)
                continue
            self.mentioned[arn].append(role.arn)
            self.mentioned_in[account_of(arn)].add(arn)
        for account in admits.accounts:
            self.open_to[account][text].add(role.arn)
        if admits.everyone:
            self._open_to_all(role)
        for service in admits.services:
            self.served[account_of(role.arn), service].append(role.arn)
        for provider in admits.providers:
            self.vouched[provider].append(role.arn)
            account = account_of(role.arn)
            if (
                provider.startswith("arn:")
                and provider not in self.targets[Target.PROVIDER, account]
            ):
                self.targets[Target.PROVIDER, account_of(provider)].append(provider)


def _put(into: list[str], arn: str, *, there: bool) -> None:
    if there:
        into.append(arn)
    elif arn in into:
        into.remove(arn)
