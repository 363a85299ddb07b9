"""AWS's rule for one action on one resource, over clauses: as `access.layers`, for names."""

from collections.abc import Iterable
from dataclasses import dataclass

from access.catalogue.step import Gain
from access.facts import Fact, Facts
from access.principal import Grant
from access.reach.clauses import EVERYTHING_ALLOWED, Asked, Clause, Given
from access.reach.index import Index, account_of
from access.reach.profile import Owner, Profile
from access.reach.standing import Permit, Standing
from access.reach.texts import Name, named
from access.reach.units import Standings, Unit, is_unlocked, texts
from access.world import Account, Document

ASSUME = "sts:assumerole"
TAG_SESSION = "sts:tagsession"

_UNKNOWN = Account()


@dataclass(frozen=True, slots=True)
class Judge:
    """Says whether a unit may do something, under the facts that have come to be."""

    index: Index
    standings: Standings
    sure: bool

    def may_assume(
        self, unit: Unit, standing: Standing, role: str, facts: Facts, action: str = ASSUME
    ) -> bool:
        """Whether the role hands out its sessions to the unit."""
        permit = standing.permit(action, self.owner(role))
        across = account_of(role) != unit.account
        # The identity's side is asked first: it is the same for all that stand alike.
        if across and not permit.identity_allows(unit.name, role):
            return False
        clauses = self.trust(standing.profile, role, action)
        return self._decide(unit, permit, role, clauses, must_say_so=True) and self._rcps_allow(
            unit, standing.profile, role, action, facts
        )

    def admits(self, profile: Profile, name: Name, role: str, action: str, facts: Facts) -> bool:
        """Whether the role's trust policy lets in a service, or an identity provider's user."""
        clauses = self.trust(profile, role, action)
        if any(clause.denies(name, role, sure=self.sure) for clause in clauses):
            return False
        if not any(clause.allows(name, role, sure=self.sure) for clause in clauses):
            return False
        unit = Unit(str(profile.name), name, profile.kind, "")
        return self._rcps_allow(unit, profile, role, action, facts)

    def trust(self, profile: Profile, role: str, action: str) -> tuple[Clause, ...]:
        """Return what the role's trust policy says to callers of this profile."""
        asked = Asked(action, profile, self.owner(role), trust=True)
        return self.standings.clauses.of(self.index.world.roles[role].trust.text, asked)

    def may(  # noqa: PLR0913 -- one question, with the parts that it has
        self,
        unit: Unit,
        standing: Standing,
        action: str,
        target: str,
        facts: Facts,
        given: Given = (),
    ) -> bool:
        """Whether the unit may do something to what is no role to be assumed."""
        permit = standing.permit(action, self.owner(target), given)
        asked = Asked(action, standing.profile, self.owner(target), given, trust=True)
        if Fact(Gain.REWRITE, target) in facts:
            clauses = EVERYTHING_ALLOWED
        else:
            clauses = tuple(
                clause
                for policy in self.policies(target)
                for clause in self.standings.clauses.of(policy.text, asked)
            )
        must_say_so = action.startswith("kms:") and bool(clauses)
        return self._decide(
            unit, permit, target, clauses, must_say_so=must_say_so
        ) and self._rcps_allow(unit, standing.profile, target, action, facts)

    def _decide(
        self,
        unit: Unit,
        permit: Permit,
        target: str,
        resource: Iterable[Clause],
        *,
        must_say_so: bool,
    ) -> bool:
        """Put the layers together.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
        """
        caller, name = unit.name, named(target)
        grants: set[Grant] = set()
        for clause in resource:
            if clause.allows(caller, name, sure=self.sure):
                grants.add(clause.grant)
            elif clause.denies(caller, name, sure=self.sure):
                return False
        if not permit.scps_allow(caller, name) or permit.denies(caller, name):
            return False
        limits = permit.boundary_allows(caller, name)
        identity = limits and permit.identity_allows(caller, name)
        if (account_of(target) or unit.account) != unit.account:
            return bool(grants) and identity
        if Grant.DIRECT in grants or (Grant.ROLE in grants and limits):
            return True
        return identity and (not must_say_so or Grant.ACCOUNT in grants)

    def owner(self, target: str) -> Owner:
        """Return whose the resource is."""
        account = account_of(target)
        return Owner(account, self.index.world.accounts.get(account, _UNKNOWN).organization)

    def policies(self, target: str) -> tuple[Document, ...]:
        """Return the resource-based policies of a target; an object has its bucket's."""
        resources = self.index.world.resources
        if target in resources:
            return (resources[target],)
        name = named(target)
        if isinstance(name, str) and ":s3:" not in target:
            return ()
        bucket = target.partition("/")[0] if ":s3:" in target else ""
        return tuple(
            document
            for arn, document in resources.items()
            if arn == bucket or (not isinstance(name, str) and arn in name)
        )

    def _rcps_allow(
        self, unit: Unit, profile: Profile, target: str, action: str, facts: Facts
    ) -> bool:
        account = self.index.world.accounts.get(account_of(target), _UNKNOWN)
        if not account.rcps or is_unlocked(account, facts):
            return True
        asked = Asked(action, profile, self.owner(target), trust=True)
        name = named(target)
        for level in texts(account.rcps):
            clauses = [
                clause for text in level for clause in self.standings.clauses.of(text, asked)
            ]
            if any(clause.denies(unit.name, name, sure=self.sure) for clause in clauses):
                return False
            if not any(clause.allows(unit.name, name, sure=self.sure) for clause in clauses):
                return False
        return True
