"""A checker of certificates: no search, no code of the search; only what must hold of a closed set.

It asks `decide` about each way out of the set that plain comparison of texts does not shut.
"""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache

from access.catalogue.step import Gain, Kind, Step, Target
from access.certificate import Certificate, catalogue_version, fingerprint
from access.document import PolicyDocument, Statement
from access.evidence import Evidence, Put
from access.facts import Fact
from access.pattern import Language
from access.verdict import Denied
from access.world import Unreadable, World

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_PINNING = ("stringequals", "stringlike", "arnequals", "arnlike")


def check(world: World, certificate: Certificate, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return what is wrong with a certificate: nothing, if the rule holds in the world."""
    if certificate.world != fingerprint(world):
        return ("the certificate is about another input",)
    if certificate.catalogue != catalogue_version(steps):
        return ("the certificate is about another catalogue of steps",)
    return tuple(dict.fromkeys(_Check(world, certificate, steps).faults()))


class _Check:
    def __init__(self, world: World, certificate: Certificate, steps: Sequence[Step]) -> None:
        self.world = world
        self.rule = certificate.rule
        self.facts = frozenset(certificate.facts)
        self.steps = [step for step in steps if step.needs[0].action not in _ASSUMING]
        self.evidence = Evidence(world)
        self.stores = {one.secret for one in world.credentials}
        self.stores |= {one.key for one in world.credentials if one.key}
        self.providers = {
            entry.value
            for role in world.roles.values()
            for statement in _allowing(role.trust.read())
            for entry in (statement.principals.entries if statement.principals else ())
            if entry.kind == "Federated"
        }
        self.may = cache(self._may)
        self.outside = self._outside(Gain.CONTROL, world.roles)
        self._pinned: dict[str | None, frozenset[str] | None] = {}

    def faults(self) -> Iterator[str]:
        yield from self._starts()
        yield from self._target()
        yield from self._implied()
        for actor in self._actors():
            yield from self._sessions(actor)
            yield from self._steps(actor)

    def holds(self, gain: Gain, of: str) -> bool:
        """Whether a fact is in the set: by itself, or as its account is administered."""
        administered = Fact(Gain.ADMINISTER, _account(of)) in self.facts
        return Fact(gain, of) in self.facts or (administered and gain is not Gain.UNLOCK)

    def _all(self, gain: Gain) -> list[str]:
        return [fact.of for fact in self.facts if fact.gain is gain]

    def _made(self) -> list[str]:
        return [*self._all(Gain.MINT), *self._all(Gain.RENAME)]

    def _actors(self) -> Iterator[str]:
        yield from (label for label in self._all(Gain.CONTROL) if label not in self.stores)
        yield from map(self._administrator, self._all(Gain.ADMINISTER))

    def _administrator(self, account: str) -> str:
        principals = (*self.world.roles, *self.world.users)
        partition = next((a.split(":")[1] for a in principals if _account(a) == account), "aws")
        return f"arn:{partition}:iam::{account}:*"

    # The set holds the start, not the target, and what facts imply by themselves.

    def _starts(self) -> Iterator[str]:
        for pattern in map(str, self.rule.from_):
            *head, account, resource = pattern.split(":", 5)
            matching = Language.glob(pattern)
            for principal in (*self.world.users, *self.world.roles):
                if principal in matching and not self.holds(Gain.CONTROL, principal):
                    yield f"`{principal}` is where one starts, and not in the set"
            for known in self.world.accounts:
                label = ":".join((*head, known, resource))
                exists = label in self.world.users or label in self.world.roles
                named = known in Language.glob(account)
                if named and not exists and not self.holds(Gain.CONTROL, label):
                    yield f"`{label}` is where one starts, and not in the set"

    def _target(self) -> Iterator[str]:
        for label in self._actors():
            for pattern in map(str, self.rule.never_reach):
                meets = not Language.glob(label).is_disjoint(Language.glob(pattern))
                if meets and not self._is_spared(label):
                    yield f"`{label}` is in the set, and must never be reached"

    def _is_spared(self, label: str) -> bool:
        named = Language.glob(label)
        spared = map(str, self.rule.apart_from)
        return any(named.is_subset(Language.glob(pattern)) for pattern in spared)

    def _implied(self) -> Iterator[str]:
        for gain in (Gain.RETRUST, Gain.MINT, Gain.RENAME):
            for label in self._all(gain):
                made = gain is not Gain.MINT or ":role/" in label
                if made and not self.holds(Gain.CONTROL, label):
                    yield f"`{label}` can be assumed, and is not in the set"
        yield from self._stored()
        for provider in self.providers:
            if self.holds(Gain.VOUCH, provider):
                yield from self._vouched(provider)

    def _stored(self) -> Iterator[str]:
        for credential in self.world.credentials:
            parts = (credential.secret, *([credential.key] if credential.key else []))
            read = all(self.holds(Gain.CONTROL, part) for part in parts)
            if read and not self.holds(Gain.CONTROL, credential.principal):
                yield f"the key of `{credential.principal}` can be read, and it is not in the set"

    def _vouched(self, provider: str) -> Iterator[str]:
        for role in self._outside(Gain.CONTROL, self.world.roles):
            for action in _ASSUMING[1:]:
                if self.may(Put(provider, action, role, (), trust=True, as_kind="federated")):
                    yield f"`{provider}` can vouch for sessions of `{role}`"

    def _outside(self, gain: Gain, labels: Iterable[str]) -> list[str]:
        return [label for label in labels if not self.holds(gain, label)]

    def _may(self, put: Put) -> bool:
        return not isinstance(self.evidence.decide(put, self.facts), Denied)

    # Nothing leads out of the set: no session, and no step of the catalogue.
    def _sessions(self, actor: str) -> Iterator[str]:
        named = self._resources(actor, "sts:assumerole")
        for role in self.outside:
            if named is not None and role not in named and _account(role) != _account(actor):
                continue
            if self._is_named(actor, role) and self.may(
                Put(actor, "sts:AssumeRole", role, (), trust=True)
            ):
                yield f"`{actor}` can assume `{role}`, which is not in the set"

    def _is_named(self, actor: str, role: str) -> bool:
        """Whether the trust policy may let the actor in, as far as the ARNs in it go."""
        pins = self._pins(role)
        if pins is None or "*" in actor or "?" in actor:
            return True
        return actor in pins

    def _pins(self, role: str) -> frozenset[str] | None:
        trust = self.world.roles[role].trust
        if trust.text not in self._pinned:
            self._pinned[trust.text] = _pinned(trust.read())
        return self._pinned[trust.text]

    def _steps(self, actor: str) -> Iterator[str]:
        allowed = [
            value
            for document in (*self._documents(actor), *self._of_stores())
            for statement in _allowing(document)
            for value in (("*",) if statement.actions.negated else statement.actions.values)
        ]
        for step in self.steps:
            own = [need.action for need in step.needs if not need.by_anyone]
            if all(any(_matches(value, action) for value in allowed) for action in own):
                yield from self._step(actor, step)

    def _step(self, actor: str, step: Step) -> Iterator[str]:
        if step.gain in (Gain.MINT, Gain.RENAME):
            yield from self._mint(actor, step)
            return
        for target in self._outside(step.gain, self._targets(actor, step)):
            if all(map(self._is_had, self._puts(actor, step, target))):
                yield f"`{actor}` can `{step.id}` on `{target}`, which is not in the set"

    def _is_had(self, puts: Sequence[Put]) -> bool:
        return any(map(self.may, puts))

    def _puts(self, actor: str, step: Step, target: str) -> Iterator[list[Put]]:
        """Yield what is needed: of each list, one."""
        for need in step.needs:
            resource = need.resource(target)
            here = [one for one in self._actors() if _account(one) == _account(actor)]
            callers = here if need.by_anyone else [actor]
            yield [Put(caller, need.action, resource, need.context) for caller in callers]
        if step.kind is Kind.PASS:
            yield [
                Put(service, "sts:AssumeRole", target, (), trust=True, as_kind="service")
                for service in step.services
            ]

    def _targets(self, actor: str, step: Step) -> Iterator[str]:
        account, world = _account(actor), self.world
        own = world.accounts.get(account)
        makes = step.target in (Target.USER, Target.ROLE) and step.kind is not Kind.PASS
        places: dict[Target, Iterable[str]] = {
            Target.USER: world.users,
            Target.ROLE: world.roles,
            Target.GROUP: world.groups,
            Target.POLICY: world.policies,
            Target.PROVIDER: self.providers,
            Target.STORE: {one.secret for one in world.credentials},
            Target.KEY: {one.key for one in world.credentials if one.key},
        }
        if step.target in places:
            made = [one for one in self._made() if f":{step.target.value}/" in one]
            for label in (*places[step.target], *(made if makes else ())):
                near = world.owner(label) in (account, "") or step.cross_account
                if near and step.concerns(label):
                    yield label
        elif step.target is Target.ACCOUNT:
            yield account
        elif step.gain is Gain.UNLOCK:
            if own and own.organization and own.manages:
                yield own.organization
        elif own and own.manages:
            same = own.organization
            yield from (id_ for id_, one in world.accounts.items() if one.organization == same)

    def _mint(self, actor: str, step: Step) -> Iterator[str]:
        action = step.needs[0].action
        where = "sts" if action.startswith("sts:") else "iam"
        sort = "federated-user" if where == "sts" else step.target.value
        base = f"arn:{actor.split(':')[1]}:{where}::{_account(actor)}:{sort}/*"
        if self.holds(Gain.ADMINISTER, base) or not self.may(Put(actor, action, base)):
            return
        known = Language.words((*self.world.users, *self.world.roles))
        for label in self._all(step.gain):
            known |= Language.glob(label)
        named = self._resources(actor, action.lower(), patterns=True)
        for pattern in ("*",) if named is None else named:
            if not (Language.glob(pattern) & Language.glob(base)).is_subset(known):
                yield f"`{actor}` can make `{pattern}` by `{step.id}`, which is not in the set"

    def _of_stores(self) -> Iterator[PolicyDocument | Unreadable]:
        """Yield the policies of secrets and keys: they may let in whom no other policy does."""
        yield from (document.read() for document in self.world.resources.values())

    def _documents(self, actor: str) -> Iterator[PolicyDocument]:
        yield from self.evidence.identity(actor, self.evidence.record(actor), self.facts)

    def _resources(
        self, actor: str, action: str, *, patterns: bool = False
    ) -> frozenset[str] | None:
        """Return the resources that the actor's policies name for an action; `None`: any."""
        found: set[str] = set()
        for document in self._documents(actor):
            for statement in _allowing(document):
                acts = any(_matches(value, action) for value in statement.actions.values)
                if not acts and not statement.actions.negated:
                    continue
                element = statement.resources
                if element is None or element.negated or "${" in "".join(element.values):
                    return None
                if not patterns and set("*?") & set("".join(element.values)):
                    return None
                found.update(element.values)
        return frozenset(found)


def _allowing(document: PolicyDocument | Unreadable) -> Iterator[Statement]:
    if not isinstance(document, Unreadable):
        yield from (one for one in document.statements if one.effect == "Allow")


@cache
def _matches(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def _pinned(trust: PolicyDocument | Unreadable) -> frozenset[str] | None:
    """Return the ARNs that a trust policy names, if it lets in nobody else; else `None`."""
    if isinstance(trust, Unreadable):
        return None
    found: set[str] = set()
    for statement in _allowing(trust):
        pins = [
            condition.values
            for condition in statement.conditions
            if condition.key.lower() == "aws:principalarn"
            and condition.operator.lower() in _PINNING
            and not set("*?$") & set("".join(condition.values))
        ]
        if pins:
            found.update(pins[0])
        elif statement.principals is None or any(
            entry.kind not in ("Service", "Federated") for entry in statement.principals.entries
        ):
            return None
    return frozenset(found)


def _account(arn: str) -> str:
    return arn.split(":", 5)[4] if arn.count(":") >= 5 else arn  # noqa: PLR2004 -- an ARN's colons
