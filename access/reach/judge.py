"""AWS's rule for one action on one resource, over clauses: as `access.layers`, for names."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from access.arn import account_of
from access.carried import ways
from access.catalogue.step import Need
from access.decide import limited_by_rcps
from access.effort import spend
from access.evidence import Evidence, Put
from access.facts import Facts
from access.given import Given
from access.principal import Grant
from access.principal import Kind as Caller
from access.reach.clauses import EVERYTHING_ALLOWED, Asked, Clause
from access.reach.index import Index
from access.reach.profile import Looks, Owner, Profile, looks
from access.reach.standing import Permit, Standing, Text
from access.reach.texts import Name, named
from access.reach.units import Standings, Unit, is_linked, is_unlocked, texts
from access.verdict import Allowed, Denied
from access.world import Account, Document

ASSUME = "sts:assumerole"

TextLevels = tuple[tuple[Text, ...], ...]
"""The texts of SCPs or RCPs, by level."""

_UNKNOWN = Account()


@dataclass(frozen=True, slots=True)
class Judge:
    """Says whether a unit may do something, under the facts that have come to be.

    Attributes:
        sure: whether what cannot be decided on counts as refused.
        wide: whether what is said of principals by a pattern need not be exact, but no less.
    """

    index: Index
    standings: Standings
    sure: bool
    wide: bool = False
    confirmed: dict[tuple[object, ...], bool] = field(
        default_factory=dict[tuple[object, ...], bool]
    )
    served: dict[tuple[str, str], bool] = field(default_factory=dict[tuple[str, str], bool])
    _trusts: dict[tuple[object, ...], tuple[Clause, ...]] = field(
        default_factory=dict[tuple[object, ...], tuple[Clause, ...]]
    )
    _levels: dict[str, tuple[TextLevels, Looks]] = field(
        default_factory=dict[str, tuple[TextLevels, Looks]]
    )
    _limits: dict[tuple[object, ...], tuple[tuple[Clause, ...], ...]] = field(
        default_factory=dict[tuple[object, ...], tuple[tuple[Clause, ...], ...]]
    )
    _owners: dict[str, Owner] = field(default_factory=dict[str, Owner])
    _guarding: dict[str, tuple[Document, ...]] = field(
        default_factory=dict[str, tuple[Document, ...]]
    )

    def may_assume(
        self, unit: Unit, standing: Standing, role: str, facts: Facts, *, tagging: bool = False
    ) -> bool:
        """Whether the role hands out its sessions to the unit; if `tagging`, with any tags."""
        trust = self.index.world.roles[role].trust.text
        asked = ways(trust, user=unit.kind is Caller.USER, tagging=tagging)
        return any(
            all(
                self._may_ask(
                    unit, standing, Put(unit.label, action, role, way.given, trust=True), facts
                )
                for action in (ASSUME, *way.also)
            )
            for way in asked
        )

    def _may_ask(self, unit: Unit, standing: Standing, put: Put, facts: Facts) -> bool:
        action, role = put.action.lower(), put.resource
        permit = standing.permit(action, self.owner(role), put.given)
        across = account_of(role) != unit.account
        # The identity's side is asked first: it is the same for all that stand alike.
        if across and not permit.identity_allows(unit.name, role):
            return False
        clauses = self.trusting(standing, role, action, put.given)
        found = self._decide(unit, permit, role, clauses, must_say_so=True) and self._rcps_allow(
            unit, standing.profile, role, action, facts
        )
        if not found or self.wide or isinstance(unit.name, str):
            return found
        return self._is_confirmed(unit, standing, put, facts)

    def _is_confirmed(self, unit: Unit, standing: Standing, put: Put, facts: Facts) -> bool:
        """Whether the exact decision agrees, of principals that are known by a pattern only.

        Clause by clause, one policy may let in some of them and another keep out just those.
        """
        text = self.index.world.roles[put.resource].trust.text
        key = unit.label, id(standing), text, account_of(put.resource), put.action, put.given
        if key not in self.confirmed:
            self.confirmed[key] = self._agrees(put, facts)
        return self.confirmed[key]

    def _agrees(self, put: Put, facts: Facts) -> bool:
        verdict = Evidence(self.index.world).decide(put, facts)
        return isinstance(verdict, Allowed) or not (self.sure or isinstance(verdict, Denied))

    def admits(self, profile: Profile, name: Name, role: str, action: str, facts: Facts) -> bool:
        """Whether the role's trust policy lets in a service, or an identity provider's user."""
        clauses = self.trust(profile, role, action)
        if any(clause.denies(name, role, sure=self.sure) for clause in clauses):
            return False
        if not any(clause.allows(name, role, sure=self.sure) for clause in clauses):
            return False
        unit = Unit(str(profile.name), name, profile.kind, "")
        return self._rcps_allow(unit, profile, role, action, facts)

    def serves(self, role: str, service: str, facts: Facts) -> bool:
        """Whether the role's trust policy lets in a service of AWS."""
        key = role, service
        if key not in self.served:
            profile = Profile(Caller.SERVICE, "", name=service)
            self.served[key] = self.admits(profile, service, role, ASSUME, facts)
        return self.served[key]

    def trust(
        self, profile: Profile, role: str, action: str, given: Given = ()
    ) -> tuple[Clause, ...]:
        """Return what the role's trust policy says to callers of this profile."""
        asked = Asked(action, profile, self.owner(role), given, trust=True)
        return self.standings.clauses.of(self.index.world.roles[role].trust.text, asked)

    def trusting(
        self, standing: Standing, role: str, action: str, given: Given = ()
    ) -> tuple[Clause, ...]:
        """Return what the role's trust policy says to whoever has this standing."""
        text = self.index.world.roles[role].trust.text
        # Standings are kept: none takes another's id.
        owner = self.owner(role) if text is None or looks(text).owner else None
        key = id(standing), text, action, owner, given
        if key not in self._trusts:
            self._trusts[key] = self.trust(standing.profile, role, action, given)
        return self._trusts[key]

    def may(  # noqa: PLR0913 -- the question in full
        self,
        unit: Unit,
        standing: Standing,
        need: Need,
        label: str,
        facts: Facts,
        *,
        rewritten: bool,
    ) -> bool:
        """Whether the unit may do what a step needs to what is no role to be assumed.

        If it is `rewritten`, the policy of what it is done to allows everything.
        """
        asked = replace(need, action=need.action.lower())
        return any(
            self._may_on(unit, standing, asked, target, facts, rewritten=rewritten)
            for target in need.resources(label)
        )

    def _may_on(  # noqa: PLR0913 -- the question in full
        self,
        unit: Unit,
        standing: Standing,
        need: Need,
        target: str,
        facts: Facts,
        *,
        rewritten: bool,
    ) -> bool:
        action, given = need.action, need.context
        permit = standing.permit(action, self.owner(target), given)
        asked = Asked(action, standing.profile, self.owner(target), given, trust=True)
        if rewritten:
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
        resource: Sequence[Clause],
        *,
        must_say_so: bool,
    ) -> bool:
        """Put the layers together.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
        """
        spend(1 + len(resource))
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
        if (self.index.owner(target) or unit.account) != unit.account:
            return bool(grants) and identity
        if Grant.DIRECT in grants or (Grant.ROLE in grants and limits):
            return True
        return identity and (not must_say_so or Grant.ACCOUNT in grants)

    def owner(self, target: str) -> Owner:
        """Return whose the resource is."""
        account = self.index.owner(target)
        owner = self._owners.get(account)
        if owner is None:
            organization = self.index.world.accounts.get(account, _UNKNOWN).organization
            owner = self._owners[account] = Owner(account, organization)
        return owner

    def policies(self, target: str) -> tuple[Document, ...]:
        """Return the resource-based policies of a target; an object has its bucket's."""
        if target not in self._guarding:
            self._guarding[target] = self._policies(target)
        return self._guarding[target]

    def _policies(self, target: str) -> tuple[Document, ...]:
        resources = self.index.world.resources
        if target in resources:
            return (resources[target],)
        name = named(target)
        bucket = target.partition("/")[0] if ":s3:" in target else ""
        if isinstance(name, str):
            return (resources[bucket],) if bucket in resources else ()
        return tuple(doc for arn, doc in resources.items() if arn == bucket or arn in name)

    def _rcps_allow(
        self, unit: Unit, profile: Profile, target: str, action: str, facts: Facts
    ) -> bool:
        owner = self.index.owner(target)
        account = self.index.world.accounts.get(owner, _UNKNOWN)
        if not account.rcps or not limited_by_rcps(action):
            return True
        if is_unlocked(owner, account, facts) or is_linked(unit):
            return True
        name = named(target)
        for clauses in self._rcps(owner, profile, action):
            if any(clause.denies(unit.name, name, sure=self.sure) for clause in clauses):
                return False
            if not any(clause.allows(unit.name, name, sure=self.sure) for clause in clauses):
                return False
        return True

    def _rcps(self, owner: str, profile: Profile, action: str) -> tuple[tuple[Clause, ...], ...]:
        """Return what the RCPs of an account say to callers of this profile, level by level."""
        if owner not in self._levels:
            levels = texts(self.index.world.accounts[owner].rcps)
            known = [text for level in levels for text in level if text is not None]
            self._levels[owner] = levels, Looks.together(map(looks, known))
        levels, seeing = self._levels[owner]
        whose = self.owner(owner)
        key = levels, action, seeing.seen(profile, whose, kind=True)
        if key not in self._limits:
            asked = Asked(action, profile, whose, trust=True)
            of = self.standings.clauses.of
            self._limits[key] = tuple(
                tuple(clause for text in level for clause in of(text, asked)) for level in levels
            )
        return self._limits[key]
