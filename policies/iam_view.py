"""From a stack to its IAM: every policy at whoever carries it, and every gap on the way."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from policies.iam import Carried, Gap, Holder, Iam, Undetermined, arn, read
from policies.known_types import (
    EXCLUSIVE,
    GROUP,
    GROUP_MEMBERSHIP,
    INLINE,
    INLINE_KEPT,
    MANAGED,
    POLICY,
    ROLE,
    USER,
    USER_GROUP_MEMBERSHIP,
    Attachment,
    Kind,
)
from policies.registered import UNKNOWN, Properties, Registered, Resource

_TYPES = ((ROLE, Kind.ROLE), (GROUP, Kind.GROUP), (USER, Kind.USER))
_MEMBERSHIPS = ((GROUP_MEMBERSHIP, "group", "users"), (USER_GROUP_MEMBERSHIP, "groups", "user"))


def view(stack: Registered, partition: str, account_id: str) -> Iam:
    """Return the stack's IAM; what it leaves open is in `gaps`, never left out."""
    return _Pass(stack, partition, account_id).iam()


class _Pass:
    """One pass over a stack."""

    def __init__(self, stack: Registered, partition: str, account_id: str) -> None:
        self.stack = stack
        self.prefix = (partition, account_id)
        self.gaps: dict[Gap, None] = {}
        self.carried: dict[tuple[Kind, str], list[Carried]] = {}

    def iam(self) -> Iam:
        policies = self._policies()
        known = Iam((), policies, {}, ())
        self._attached(known)
        self._written()
        self._kept()
        holders = tuple(self._holders())
        members = self._members()
        self._unseen(holders, members)
        return Iam(holders, policies, members, tuple(self.gaps))

    def _policies(self) -> dict[str, tuple[Resource, ...]]:
        found: dict[str, tuple[Resource, ...]] = {}
        for resource in self.stack.of_type(POLICY):
            name, path = resource.text("name"), resource.text("path")
            # One whose name is unknown has an unknown ARN: whatever attaches it is a gap.
            if isinstance(name, str) and path is not UNKNOWN:
                key = arn(*self.prefix, f"policy{path or '/'}{name}")
                found[key] = (*found.get(key, ()), resource)
        return found

    def _attached(self, known: Iam) -> None:
        for kind, holder, resource, policy in self._pairs(MANAGED):
            self._give(kind, holder, known.attached(resource.urn, policy))

    def _written(self) -> None:
        for attachment in INLINE:
            for resource in self.stack.of_type(attachment.type):
                for holder in self._names(resource, attachment.holders, attachment.kind):
                    carried = _inline(resource, resource.inputs)
                    self._give(attachment.kind, holder, carried)
        for resource in self.stack.of_type(ROLE):
            written = resource.inputs.get("inlinePolicies") or ()
            name = resource.text("name")
            if not isinstance(written, tuple):
                self._gap(Kind.ROLE, resource, "the role's inline policies are unknown")
            elif isinstance(name, str):
                for item in written:
                    fields = item if isinstance(item, Mapping) else {"policy": UNKNOWN}
                    self._give(Kind.ROLE, name, _inline(resource, fields))

    def _kept(self) -> None:
        for kind, holder, resource, name in self._pairs(INLINE_KEPT):
            if all(name != one.name for one in self.carried.get((kind, holder), ())):
                unseen = Undetermined(f"`{name}` is kept, and not registered in this stack")
                carried = Carried(resource.urn, resource.urn, name, unseen, inline=True)
                self._give(kind, holder, carried)

    def _holders(self) -> Iterator[Holder]:
        exclusive: dict[tuple[Kind, str], set[str]] = {}
        for attachment in EXCLUSIVE:
            for resource in self.stack.of_type(attachment.type):
                for holder in self._names(resource, attachment.holders, attachment.kind):
                    exclusive.setdefault((attachment.kind, holder), set()).add(attachment.type)
        for type_, kind in _TYPES:
            for resource in self.stack.of_type(type_):
                name, path = resource.text("name"), resource.text("path")
                if not isinstance(name, str) or path is UNKNOWN:
                    self._gap(kind, resource, f"the {kind}'s name or path is unknown")
                    continue
                carried = tuple(self.carried.get((kind, name), ()))
                owned = frozenset(exclusive.get((kind, name), ()))
                full = arn(*self.prefix, f"{kind}{path or '/'}{name}")
                yield Holder(kind, resource, name, path or "/", full, carried, owned)

    def _members(self) -> dict[str, tuple[tuple[str, str], ...]]:
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for type_, groups, users in _MEMBERSHIPS:
            for resource in self.stack.of_type(type_):
                in_groups = self._names(resource, groups, Kind.GROUP)
                for user in self._names(resource, users, Kind.USER):
                    more = ((group, resource.urn) for group in in_groups)
                    found[user] = (*found.get(user, ()), *more)
        return found

    def _unseen(
        self, holders: Iterable[Holder], members: Mapping[str, tuple[tuple[str, str], ...]]
    ) -> None:
        """Policies and groups of somebody who is not registered here, whoever that may be."""
        seen = {(holder.kind, holder.name) for holder in holders}
        about = {key: carried[0].given_by for key, carried in self.carried.items()}
        about |= {(Kind.USER, user): groups[0][1] for user, groups in members.items() if groups}
        for (kind, name), urn in about.items():
            if (kind, name) not in seen:
                why = f"{kind} `{name}` is not registered in this stack"
                self.gaps[Gap(kind, urn, why)] = None

    def _pairs(
        self, attachments: Iterable[Attachment]
    ) -> Iterator[tuple[Kind, str, Resource, str]]:
        for attachment in attachments:
            for resource in self.stack.of_type(attachment.type):
                holders = self._names(resource, attachment.holders, attachment.kind)
                policies = self._names(resource, attachment.policies, attachment.kind)
                for holder, policy in product(holders, policies):
                    yield attachment.kind, holder, resource, policy

    def _give(self, kind: Kind, holder: str, carried: Carried) -> None:
        self.carried.setdefault((kind, holder), []).append(carried)

    def _names(self, resource: Resource, key: str, kind: Kind) -> tuple[str, ...]:
        names = resource.texts(key)
        if names is UNKNOWN:
            self._gap(kind, resource, f"the input `{key}` is unknown until the update")
            return ()
        return names

    def _gap(self, kind: Kind, resource: Resource, why: str) -> None:
        self.gaps[Gap(kind, resource.urn, why)] = None


def _inline(resource: Resource, fields: Properties) -> Carried:
    name = fields.get("name")
    called = name if isinstance(name, str) else "an inline policy"
    document = read(fields.get("policy"), called)
    return Carried(resource.urn, resource.urn, called, document, inline=True)
