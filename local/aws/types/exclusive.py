"""The six `aws.iam.*Exclusive` types: what is attached to one owner, and nothing besides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import attachments, inline


@dataclass(frozen=True, slots=True)
class _Exclusive:
    """How one kind of attachment of one kind of owner is listed, added and taken off."""

    kind: str
    key: str
    listed: Callable[[Cloud, str, str], list[str]]
    add: Callable[[Cloud, str, str, str], None]
    remove: Callable[[Cloud, str, str, str], None]

    @property
    def owner(self) -> str:
        return f"{self.kind.lower()}Name"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        self._reconcile(cloud, inputs[self.owner], set(inputs[self.key]))
        return inputs[self.owner]

    def read(self, cloud: Cloud, identifier: str, _: Values) -> dict[str, Any]:
        return {self.owner: identifier, self.key: self.listed(cloud, self.kind, identifier)}

    def update(self, cloud: Cloud, identifier: str, _: Values, new: Values) -> None:
        self._reconcile(cloud, identifier, set(new[self.key]))

    def delete(self, _: Cloud, __: str, ___: Values) -> None:
        """Leave the attachments as they are: only their management ends."""

    def _reconcile(self, cloud: Cloud, owner: str, wanted: set[str]) -> None:
        there = set(self.listed(cloud, self.kind, owner))
        # What is in excess goes first, so that a full set can be exchanged within the quota.
        for one in sorted(there - wanted):
            self.remove(cloud, self.kind, owner, one)
        for one in sorted(wanted - there):
            self.add(cloud, self.kind, owner, one)


def _leave(_: Cloud, __: str, ___: str, ____: str) -> None:
    """Leave a missing inline policy out: it is more than its name, and cannot be added by it."""


def _attachments(kind: str) -> Resource:
    how = _Exclusive(kind, "policyArns", attachments.listed, attachments.attach, attachments.detach)
    return _resource(
        how,
        f"{kind}PolicyAttachmentsExclusive",
        f"IAM {kind} Policy Attachments Exclusive",
        Property(
            name="policyArns",
            kind=Kind.SET,
            shape=f"iam.Attach{kind}Policy.PolicyArn",
            rules=(rules.policy_arn,),
            required=True,
        ),
    )


def _inline(kind: str) -> Resource:
    how = _Exclusive(kind, "policyNames", inline.listed, _leave, inline.remove)
    return _resource(
        how,
        f"{kind}PoliciesExclusive",
        f"IAM {kind} Policies Exclusive",
        Property(
            name="policyNames",
            kind=Kind.SET,
            shape=f"iam.Put{kind}Policy.PolicyName",
            required=True,
        ),
    )


def _resource(how: _Exclusive, name: str, title: str, members: Property) -> Resource:
    owner = Property(
        name=how.owner,
        shape=f"iam.Attach{how.kind}Policy.{how.kind}Name",
        required=True,
        force_new=True,
    )
    return Resource(
        type=f"aws:iam/{name[0].lower()}{name[1:]}:{name}",
        title=title,
        properties=(members, owner),
        create=how.create,
        read=how.read,
        update=how.update,
        delete=how.delete,
    )


RESOURCES = tuple(
    make(kind) for kind in ("Role", "Group", "User") for make in (_attachments, _inline)
)
