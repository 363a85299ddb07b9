"""An account's IAM as registered: who carries which policies, and what the stack leaves open."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from access.document import PolicyDocument, parse
from access.errors import PolicyParseError
from policies.finding import Finding
from policies.known_types import EXCLUSIVE, Kind
from policies.registered import Resource, Value


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A policy that the stack does not tell, or that AWS would not take."""

    why: str


Document: TypeAlias = PolicyDocument | Undetermined


@dataclass(frozen=True, slots=True)
class Carried:
    """A policy that somebody carries."""

    given_by: str
    """The URN of the resource that attaches it or writes it."""
    stated_by: str
    """The URN of the resource that has its text: the one to change."""
    name: str
    """Its ARN, or its name if it is written into its holder."""
    document: Document
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """A role, group or user, with all the policies that the stack gives it."""

    kind: Kind
    resource: Resource
    name: str
    path: str
    arn: str
    carried: tuple[Carried, ...]
    exclusive: frozenset[str]
    """The types of exclusive resources it has: they take off what comes from elsewhere."""

    @property
    def urn(self) -> str:
        """The resource that declares it."""
        return self.resource.urn

    @property
    def attached(self) -> frozenset[str]:
        """The ARNs of the managed policies it carries."""
        return frozenset(carried.name for carried in self.carried if not carried.inline)


@dataclass(frozen=True, slots=True)
class Gap:
    """What the stack leaves open about roles, groups or users: no rule may assume the best."""

    kind: Kind
    urn: str
    why: str

    def finding(self) -> Finding:
        """Return it as a reason to refuse."""
        return Finding(self.urn, self.why, "write it from the model, as a plain string")


@dataclass(frozen=True, slots=True)
class Iam:
    """The roles, groups, users, policies and memberships of one stack."""

    holders: tuple[Holder, ...]
    policies: Mapping[str, tuple[Resource, ...]]
    """Customer-managed policies, by ARN; a stack should declare each once."""
    members: Mapping[str, tuple[tuple[str, str], ...]]
    """`{user: ((group, urn of the membership), …)}`."""
    gaps: tuple[Gap, ...]

    def of_kind(self, kind: Kind) -> tuple[Holder, ...]:
        """Return the roles, the groups or the users."""
        return tuple(holder for holder in self.holders if holder.kind is kind)

    def gaps_of(self, *kinds: Kind) -> tuple[Finding, ...]:
        """Return what is left open about these kinds, as reasons to refuse."""
        return tuple(gap.finding() for gap in self.gaps if gap.kind in kinds)

    def reaching(self, user: Holder) -> tuple[Carried, ...]:
        """Return all that a user carries: policies of its own, and those of its groups."""
        groups = {group.name: group for group in self.of_kind(Kind.GROUP)}
        found = list(user.carried)
        for name, urn in self.members.get(user.name, ()):
            if name in groups:
                found.extend(groups[name].carried)
            else:
                unseen = Undetermined(f"group `{name}` is not registered in this stack")
                found.append(Carried(urn, urn, name, unseen))
        return tuple(found)

    def attached(self, given_by: str, arn: str) -> Carried:
        """Return the managed policy of this ARN as `given_by` attaches it."""
        declared = self.policies.get(arn, ())
        if len(declared) != 1:
            times = "not" if not declared else f"`{len(declared)}` times"
            unseen = Undetermined(f"`{arn}` is {times} registered in this stack")
            return Carried(given_by, given_by, arn, unseen)
        document = read(declared[0].inputs.get("policy"), arn)
        return Carried(given_by, declared[0].urn, arn, document)


def arn(partition: str, account_id: str, resource: str) -> str:
    """Return an IAM ARN: it follows from account, path and name, and nothing waits for AWS."""
    return f"arn:{partition}:iam::{account_id}:{resource}"


def read(value: Value, name: str) -> Document:
    """Return the policy that an input states, called `name`, or why it cannot be told."""
    if value is None:
        return Undetermined(f"`{name}` has no document")
    try:
        return _parsed(value if isinstance(value, str) else json.dumps(_thawed(value)), name)
    except TypeError:
        return Undetermined(f"`{name}` is unknown until the update")


@lru_cache(maxsize=4096)
def _parsed(text: str, name: str) -> Document:
    try:
        return parse(text, name=name)
    except PolicyParseError as error:
        return Undetermined(f"`{name}` is no policy that AWS would take: {error}")


def unsealed(holder: Holder) -> Iterator[Finding]:
    """Find what is missing to take off again whatever others attach to the holder."""
    wanted = {attachment.type for attachment in EXCLUSIVE if attachment.kind is holder.kind}
    for missing in sorted(wanted - holder.exclusive):
        yield Finding(
            holder.urn,
            f"{holder.kind} `{holder.name}` keeps what is attached to it by other means",
            f"register its `{missing.rpartition(':')[2]}`",
        )


def same_document(declared: Value, expected: str) -> bool:
    """Whether an input states the same JSON as `expected`, however it is laid out."""
    try:
        stated = json.loads(declared) if isinstance(declared, str) else _thawed(declared)
        return bool(stated == json.loads(expected))
    except ValueError:
        return False


def _thawed(value: Value) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_thawed(item) for item in value]
    return value
