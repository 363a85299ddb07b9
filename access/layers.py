"""The layers of policies a request passes, and AWS's rule that puts them together."""

from collections.abc import Iterator
from dataclasses import dataclass

from access.document import PolicyDocument
from access.match import Attached, Match, matches
from access.principal import LINKED, Grant, Kind
from access.region import Box, Region
from access.request import Ask


@dataclass(frozen=True, slots=True)
class Layer:
    """All policies of one kind; an `open` one limits nothing, as where there is no boundary."""

    title: str
    matches: tuple[Match, ...] = ()
    open: bool = False

    @classmethod
    def of(
        cls,
        title: str,
        documents: tuple[PolicyDocument, ...],
        ask: Ask,
        attached: Attached = Attached.IDENTITY,
    ) -> "Layer":
        """Return the layer that these policies make for what is asked."""
        found = (match for document in documents for match in matches(document, attached, ask))
        return cls(title, tuple(found))

    @classmethod
    def limit(cls, title: str, documents: tuple[PolicyDocument, ...] | None, ask: Ask) -> "Layer":
        """Return the layer of policies that only limit: open if there are none."""
        return cls(title, open=True) if documents is None else cls.of(title, documents, ask)

    def allows(self, world: Region, grants: tuple[Grant, ...], *, sure: bool) -> Region:
        """Return what Allow statements give by these grants; if `sure`, no doubtful one counts."""
        if self.open:
            return world
        total = Region()
        for match in self.matches:
            counts = match.statement.effect == "Allow" and match.grant in grants
            if counts and not (sure and match.unsupported):
                total |= match.may
        return total

    def denies(self, *, sure: bool) -> Region:
        """Return what Deny statements take; if `sure`, doubtful ones take all they may be about."""
        total = Region()
        for match in self.matches:
            if match.statement.effect == "Deny":
                total |= match.may if sure and match.unsupported else match.must
        return total


_ALL = tuple(Grant)


@dataclass(frozen=True, slots=True)
class Layers:
    """Every layer that a request passes, and how the resource's own policy counts.

    Attributes:
        same_account: whether caller and resource may be of one account; what is allowed across
            accounts is allowed within one too.
        resource_decides: whether the resource's policy must allow even within one account.
        refused: whether AWS refuses it to such a caller, whatever policies say.
    """

    ask: Ask
    identity: Layer
    boundary: Layer
    session: Layer
    resource: Layer
    scps: tuple[Layer, ...]
    rcps: tuple[Layer, ...]
    same_account: bool
    resource_decides: bool
    refused: bool = False

    def __iter__(self) -> Iterator[Layer]:
        yield from (self.identity, self.boundary, self.session, self.resource)
        yield from (*self.scps, *self.rcps)

    @property
    def world(self) -> Region:
        """Everything that is asked about."""
        return Region.of([Box(self.ask.caller.names, self.ask.resources)])

    @property
    def _exempt(self) -> Region:
        """What the organisation's policies do not limit: what service-linked roles ask.

        Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        caller = self.ask.caller
        return Region.of([Box(caller.names & LINKED, self.ask.resources)] if caller.in_iam else [])

    def allowed(self, *, sure: bool) -> Region:
        """Return what is allowed in the end; if `sure`, doubtful statements count against it.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
        """
        left = self.granted(sure=sure)
        for layer in (self.identity, self.boundary, self.session, self.resource):
            left -= layer.denies(sure=sure)
        for layer in (*self.scps, *self.rcps):
            left -= layer.denies(sure=sure) - self._exempt
        return left

    def granted(self, *, sure: bool) -> Region:
        """Return what is allowed before any explicit Deny."""
        if self.refused:
            return Region()
        total = self._granted_by_account(sure=sure)
        for layer in (*self.scps, *self.rcps):
            total &= layer.allows(self.world, _ALL, sure=sure) | self._exempt
        return total

    def _granted_by_account(self, *, sure: bool) -> Region:
        world = self.world

        def resource(*grants: Grant) -> Region:
            return self.resource.allows(world, grants, sure=sure)

        if not self.ask.caller.in_iam:
            return resource(Grant.DIRECT)
        limits = self.boundary.allows(world, _ALL, sure=sure)
        limits &= self.session.allows(world, _ALL, sure=sure)
        identity = world
        if self.ask.caller.kind is not Kind.ROOT:
            identity = self.identity.allows(world, _ALL, sure=sure)
        identity &= limits
        if not self.same_account:
            return resource(*_ALL) & identity
        delegated = resource(Grant.ACCOUNT) & identity if self.resource_decides else identity
        return resource(Grant.DIRECT) | (resource(Grant.ROLE) & limits) | delegated
