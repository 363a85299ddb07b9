"""The ways in which a step of IAM's may be taken: what its requests say, and what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from access.catalogue.step import Gain, Need, On
from access.given import Given
from access.label import given, taken_apart

BOUNDARY = "iam:PermissionsBoundary"
POLICY = "iam:PolicyARN"

CREATE_POLICY = Need("iam:CreatePolicy", On.ANY, by_anyone=True)
"""What it takes for a policy to be there that the input does not have."""

MAKE = {"iam:createrole", "iam:createuser"}
SET = MAKE | {"iam:putrolepermissionsboundary", "iam:putuserpermissionsboundary"}
ATTACH = {"iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:attachuserpolicy"}
DETACH = {"iam:detachgrouppolicy", "iam:detachrolepolicy", "iam:detachuserpolicy"}
OF_TARGET = {
    *("iam:attachrolepolicy", "iam:attachuserpolicy"),
    *("iam:detachrolepolicy", "iam:detachuserpolicy"),
    *("iam:putrolepolicy", "iam:putuserpolicy", "iam:deleterolepolicy", "iam:deleteuserpolicy"),
    *("iam:deleterolepermissionsboundary", "iam:deleteuserpermissionsboundary"),
    *("iam:deleterole", "iam:updateassumerolepolicy"),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which a step may be taken.

    Attributes:
        gain, of: what comes of it.
        said: of the key's actions, what their requests say.
        also: what somebody must be allowed besides.
        alike: of a policy that is attached, others that may be if it may.
    """

    gain: Gain
    of: str
    said: Given = ()
    also: Need | None = None
    alike: tuple[str, ...] = ()

    @property
    def every(self) -> Iterator["Variant"]:
        """This way, and those that are allowed if it is."""
        yield self if not self.alike else replace(self, alike=())
        holder, policy = taken_apart(self.of) if self.alike else ("", "")
        about = tuple(one for one in self.said if one != (POLICY, policy))
        for one in self.alike:
            yield Variant(self.gain, given(holder, one), (*about, (POLICY, one)), self.also)

    @property
    def comes_to(self) -> Iterator[str]:
        """What comes of all of these."""
        yield self.of
        holder = taken_apart(self.of)[0] if self.alike else ""
        yield from (given(holder, one) for one in self.alike)

    def given(self, need: Need) -> Given:
        """Return the keys that the step sets in a request for one of its needs."""
        if need.by_anyone:
            return need.context
        return (*need.context, *self.said) if need.action.lower() in KEYED else need.context


KEYED = frozenset(SET | ATTACH | DETACH | OF_TARGET)
"""The actions whose requests have one of the keys, in lower case."""
