"""What of a planned stack is in the account already, and under which id the engine imports it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from access.arn import account_of
from access.world import Grants, World
from iam_profiles.model import Profiles
from iam_profiles.names import UserName
from iam_profiles.paths import own_group
from pipeline.adopt.found import name_of
from pipeline.adopt.identities import carriers

Inputs = Mapping[str, Any]

ROLE: Final = "aws:iam/role:Role"
USER: Final = "aws:iam/user:User"
GROUP: Final = "aws:iam/group:Group"
POLICY: Final = "aws:iam/policy:Policy"
MEMBERSHIP: Final = "aws:iam/groupMembership:GroupMembership"
SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 -- a type
KEY: Final = "aws:kms/key:Key"
ALIAS: Final = "aws:kms/alias:Alias"
ISSUER: Final = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
_ATTACHED: Final = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
_JOINED: Final = "aws:iam/userGroupMembership:UserGroupMembership"
_EXCLUSIVE: Final = {
    f"aws:iam/{kind}{what}Exclusive:{kind.title()}{what}Exclusive": f"{kind}Name"
    for kind in ("role", "user", "group")
    for what in ("Policies", "PolicyAttachments")
}

RECORDED: Final[Mapping[str, frozenset[str]]] = {
    ROLE: frozenset({"forceDetachPolicies"}),
    USER: frozenset({"forceDestroy"}),
    SECRET: frozenset({"recoveryWindowInDays", "forceOverwriteReplicaSecret"}),
    KEY: frozenset({"deletionWindowInDays", "bypassPolicyLockoutSafetyCheck"}),
}
"""Properties that say how the engine deletes: AWS has none of them, so no import does."""


@dataclass(frozen=True)
class Counterparts:
    """One account as it is, asked by what a stack would make there.

    Attributes:
        others: `{(type, name): id}` of what is in no inventory of IAM.
    """

    account: str
    partition: str
    world: World
    renamed: Mapping[str, str]
    """`{own group of a machine: the group that becomes it}`."""
    others: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def of(self, type_: str, inputs: Inputs) -> str | None:
        """Return the id of what is there, if it is."""
        if type_ in _EXCLUSIVE:
            owner = _EXCLUSIVE[type_]
            kind = self._users if owner == "userName" else self._groups
            name = inputs.get(owner)
            there = self._role(name) if owner == "roleName" else name in kind
            return name if isinstance(name, str) and there else None
        ask = self._asked.get(type_)
        return ask(inputs) if ask else None

    @property
    def _asked(self) -> Mapping[str, Callable[[Inputs], str | None]]:
        return {
            ROLE: lambda inputs: self._at("role", inputs, self.world.roles, named=True),
            POLICY: lambda inputs: self._at("policy", inputs, self.world.policies, named=False),
            USER: lambda inputs: _among(inputs.get("name"), self._users),
            GROUP: self._group,
            _ATTACHED: self._attachment,
            _JOINED: self._joined,
            SECRET: lambda inputs: self.others.get((SECRET, str(inputs.get("name")))),
            ALIAS: lambda inputs: self.others.get((ALIAS, str(inputs.get("name")))),
            ISSUER: lambda inputs: self.others.get((ISSUER, str(inputs.get("url")))),
        }

    def has_members(self, inputs: Inputs) -> bool:
        """Whether a group has exactly the members that a membership would give it."""
        group, users = inputs.get("group"), inputs.get("users")
        arn = self._groups.get(group) if isinstance(group, str) else None
        there = {name_of(one.arn) for one in self.world.users.values() if arn in one.groups}
        return arn is not None and isinstance(users, list) and set(map(str, users)) == there  # pyright: ignore[reportUnknownArgumentType] -- JSON

    def _at(
        self, kind: str, inputs: Inputs, there: Mapping[str, object], *, named: bool
    ) -> str | None:
        name = inputs.get("name")
        arn = f"arn:{self.partition}:iam::{self.account}:{kind}{inputs.get('path') or '/'}{name}"
        return (str(name) if named else arn) if arn in there else None

    def _role(self, name: object) -> bool:
        return any(
            name_of(arn) == name for arn in self.world.roles if account_of(arn) == self.account
        )

    def _group(self, inputs: Inputs) -> str | None:
        name = str(inputs.get("name"))
        return name if name in self._groups else self.renamed.get(name)

    def _attachment(self, inputs: Inputs) -> str | None:
        group, policy = str(inputs.get("group")), str(inputs.get("policyArn"))
        arn = self._groups.get(group)
        held = self.world.groups[arn].grants if arn else Grants()
        return f"{group}/{policy}" if policy in held.managed else None

    def _joined(self, inputs: Inputs) -> str | None:
        user, groups = str(inputs.get("user")), [str(one) for one in inputs.get("groups") or ()]
        arn = self._users.get(user)
        there = self.world.users[arn].groups if arn else ()
        joined = bool(groups) and all(self._groups.get(one) in there for one in groups)
        return "/".join((user, *groups)) if joined else None

    @cached_property
    def _users(self) -> Mapping[str, str]:
        return _by_name(self.world.users, self.account)

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        return _by_name(self.world.groups, self.account)


def renamed(profiles: Profiles, world: World) -> dict[str, str]:
    """Return `{own group of a machine: the group that becomes it}`."""
    machines = {str(one.name) for one in profiles.service_users if one.federation is None}
    return {
        str(own_group(UserName(machine))): group
        for machine, group in carriers(profiles, world, machines).items()
    }


def _by_name(arns: Mapping[str, object], account: str) -> Mapping[str, str]:
    return {name_of(arn): arn for arn in arns if account_of(arn) == account}


def _among(name: object, there: Mapping[str, str]) -> str | None:
    return name if isinstance(name, str) and name in there else None
