"""A step put to `decide` over whole documents, under the facts that have come to be.

Whatever found the step, this decides on it: each hop of a path is explained, and each way out of a
proof is tried, by the same code as any single request.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from access.arn import account_of
from access.catalogue.step import Gain
from access.condition import DOUBT
from access.context import Absent, Among, Context, Exactly, Value
from access.decide import Hierarchy, Policies, decide
from access.document import (
    Condition,
    Element,
    PolicyDocument,
    PrincipalEntry,
    Principals,
    Statement,
)
from access.facts import Fact, Facts
from access.given import Given
from access.given import values as given_values
from access.iam_keys import IamKeys, iam_keys
from access.label import ANY, bare, bound, given, maker
from access.pattern import Language
from access.principal import LINKED, Caller
from access.request import Request
from access.verdict import Verdict
from access.world import Account, Document, Grants, Levels, Role, Unreadable, User, World

_UNKNOWN = Account()
_TAG = re.compile(r'aws:principaltag/([^"},\s\'\\]+)')


@dataclass(frozen=True, slots=True)
class Put:
    """The question that a step comes down to.

    Attributes:
        by: the ARN, or pattern of ARNs, of who asks; what names a service or identity provider.
        resource: an ARN, a pattern, or `*` for anything at all.
        given: condition keys that the step itself sets.
        trust: whether the resource is a role that is to be assumed.
        as_kind: "service" or "federated", where `by` is no principal of IAM.
    """

    by: str
    action: str
    resource: str
    given: Given = ()
    trust: bool = False
    as_kind: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Decides on steps in one world."""

    world: World

    def decide(self, put: Put, facts: Facts) -> Verdict:
        """Return whether it is allowed, and by which statements."""
        return decide(*self.question(put, facts))

    def question(self, put: Put, facts: Facts) -> tuple[Request, Policies]:
        """Return the request that is put, and every policy that applies to it."""
        caller = self._caller(put, facts)
        owner = self.world.owner(put.resource) or caller.account
        policies = self.policies(put, facts)
        context = self._context(put, caller, owner, policies, facts)
        return Request(caller, put.action, bare(put.resource), owner, context), policies

    def policies(self, put: Put, facts: Facts) -> Policies:
        """Return all policies that apply to it, as the facts have made them."""
        caller, record = self._caller(put, facts), self.record(put.by)
        owner = self.world.owner(put.resource) or caller.account or ""
        theirs = self.world.accounts.get(owner, _UNKNOWN)
        return Policies(
            identity=tuple(self.identity(put.by, record, facts)) if caller.in_iam else (),
            boundary=self._boundary(put.by, record, facts),
            session=None if maker(put.by) is None else (_PASSED,),
            resource=self._resource(put, facts),
            scps=_levels(self.scps(caller.account, facts)),
            rcps=() if _unlocked(owner, theirs, facts) else _levels(theirs.rcps),
        )

    def scps(self, account: str | None, facts: Facts) -> Levels:
        """Return the SCPs that limit an account's principals, but for its linked roles."""
        own = self.world.accounts.get(account or "", _UNKNOWN)
        return () if _unlocked(account, own, facts) else own.scps

    def record(self, arn: str) -> User | Role | None:
        """Return the user or role of a label, if it exists."""
        found = self.world.users.get(bare(arn)) or self.world.roles.get(bare(arn))
        boundary = bound(arn)
        return found if found is None or boundary is None else replace(found, boundary=boundary)

    def _caller(self, put: Put, facts: Facts) -> Caller:
        if put.as_kind == "service":
            return Caller.service(put.by)
        if put.as_kind == "federated":
            return Caller.federated(put.by)
        record = self.record(put.by)
        caller = Caller.of(bare(put.by), unique_id=record.unique_id if record else None)
        names = caller.names
        if record is None and caller.in_iam and {"*", "?"} & set(put.by):
            names -= LINKED  # such roles are made by AWS, for its own services' use
        formerly = frozenset(
            word for user, _ in self._formerly(put.by, facts) for word in _words(user)
        )
        user = maker(put.by)
        if user is not None:
            theirs = self._caller(replace(put, by=user), facts)
            formerly = theirs.formerly.union(_words(self.record(user)))
        made = record is None and ":user/" in bare(put.by)
        taken = self.keys.users if made else frozenset[str]()
        account = account_of(put.by)
        return replace(caller, account=account, names=names, formerly=formerly, taken=taken)

    def _formerly(self, arn: str, facts: Facts) -> Iterator[tuple[User, str]]:
        """Yield the users, with their labels, that one under a new name may be.

        Any that is controlled, and has the same boundary.
        """
        if Fact(Gain.RENAME, arn) not in facts:
            return
        for user in self.world.users.values():
            if account_of(user.arn) == account_of(arn):
                for label in self.keys.labels(user.arn):
                    if Fact(Gain.CONTROL, label) in facts and (
                        self._bounding(label, facts) == bound(arn)
                    ):
                        yield user, label

    def _bounding(self, label: str, facts: Facts) -> str | None:
        record = self.record(label)
        if record is None or Fact(Gain.UNBIND, label) in facts:
            return None
        return record.boundary

    @property
    def keys(self) -> IamKeys:
        """What the world's policies look at in IAM's own requests."""
        return iam_keys(self.world)

    def identity(
        self, arn: str, record: User | Role | None, facts: Facts
    ) -> Iterator[PolicyDocument]:
        """Yield the identity-based policies of a principal, as the facts have made them."""
        user = maker(arn)
        if user is not None:
            yield from self.identity(user, self.record(user), facts)
            return
        account = account_of(arn)
        labels = self.keys.states(arn, facts)
        if _holds(Gain.GRANT, labels, facts) or (
            record is None and Fact(Gain.ADMINISTER, account) in facts and arn.endswith(":*")
        ):
            yield everything("a policy that the caller gives it")
        if record is not None:
            loose = _holds(Gain.DETACH, labels, facts)
            yield from self._granted(record.grants, facts, loose=loose)
        for user, label in self._formerly(arn, facts):
            for document in self.identity(label, user, facts):
                yield _allowing(document)
        groups = tuple(self._groups(arn, record, facts))
        yield from self._attached((*labels, *groups), account, facts)
        for group in groups:
            if Fact(Gain.GRANT, group) in facts:
                yield everything(f"a policy that the caller gives group `{group}`")
            known = self.world.groups.get(group)
            if known is None:
                yield everything(f"group `{group}`", doubt="the group is not in the input")
                continue
            loose = any(Fact(gain, group) in facts for gain in (Gain.DETACH, Gain.LEAVE))
            yield from self._granted(known.grants, facts, loose=loose)

    def _attached(
        self, holders: Iterable[str], account: str, facts: Facts
    ) -> Iterator[PolicyDocument]:
        """Yield the managed policies that somebody has attached: no Denies, they need not be."""
        if self.keys.see_policies:
            attached = (
                policy
                for policy in self.keys.attachable(account)
                if any(Fact(Gain.ATTACH, given(holder, policy)) in facts for holder in holders)
            )
            yield from self._granted(Grants(managed=tuple(attached)), facts, loose=True)

    def _groups(self, arn: str, record: User | Role | None, facts: Facts) -> Iterable[str]:
        own = record.groups if isinstance(record, User) else ()
        if ":user/" not in arn:
            return own
        account = account_of(arn)
        joined = (
            group
            for group in self.world.groups
            if account_of(group) == account and Fact(Gain.JOIN, group) in facts
        )
        return dict.fromkeys((*own, *joined))

    def _granted(self, grants: Grants, facts: Facts, *, loose: bool) -> Iterator[PolicyDocument]:
        for document in grants.inline:
            yield _readable(document, loose=loose)
        for arn in grants.managed:
            if Fact(Gain.REWRITE, arn) in facts:
                yield everything(f"policy `{arn}`, rewritten")
            else:
                yield _readable(self.world.managed(arn), loose=loose)

    def _boundary(
        self, label: str, record: User | Role | None, facts: Facts
    ) -> PolicyDocument | None:
        user = maker(label)
        if user is not None:
            return self._boundary(user, self.record(user), facts)
        arn = bound(label) if record is None else record.boundary
        if arn is None or arn == ANY:
            return None
        if Fact(Gain.UNBIND, label) in facts or Fact(Gain.REWRITE, arn) in facts:
            return None
        return _readable(self.world.managed(arn))

    def _resource(self, put: Put, facts: Facts) -> PolicyDocument | None:
        role = self.world.roles.get(put.resource) if put.trust else None
        if role is not None:
            if Fact(Gain.RETRUST, role.arn) in facts:
                return everything("its trust policy, rewritten", principal=True)
            return _readable(role.trust, principal=True)
        if Fact(Gain.REWRITE, put.resource) in facts:
            return everything("its policy, rewritten", principal=True)
        found = [_readable(one, principal=True) for one in self._about(put)]
        if not found:
            return None
        statements = tuple(statement for document in found for statement in document.statements)
        return replace(found[0], statements=statements)

    def _about(self, put: Put) -> Iterable[Document]:
        if put.resource != "*":
            return self.of_resource(put.resource)
        # Of anything at all: a policy speaks for what is of its own service.
        service = put.action.partition(":")[0].lower()
        every = self.world.resources.items()
        return (document for arn, document in every if arn.split(":", 3)[2] == service)

    def of_resource(self, target: str) -> list[Document]:
        """Return the policies that what is stored has, or that what a pattern names has."""
        resources = self.world.resources
        if target in resources:
            return [resources[target]]
        bucket = target.partition("/")[0] if ":s3:" in target else None
        language = Language.glob(target) if {"*", "?"} & set(target) else None
        return [
            document
            for arn, document in resources.items()
            if arn == bucket or (language is not None and arn in language)
        ]

    def _context(
        self, put: Put, caller: Caller, owner: str | None, policies: Policies, facts: Facts
    ) -> Context:
        record = self.record(put.by)
        values: dict[str, Value] = {}
        own = self.world.accounts.get(caller.account or "", _UNKNOWN)
        theirs = self.world.accounts.get(owner or "", _UNKNOWN)
        if theirs.organization:
            values["aws:resourceorgid"] = Exactly((theirs.organization,))
        if caller.in_iam and own.organization:
            values["aws:principalorgid"] = Exactly((own.organization,))
        labels = self.keys.states(put.by, facts)
        if record is not None and not any(
            _holds(gain, labels, facts) for gain in (Gain.TAG, Gain.SESSION)
        ):
            values.update(_tags(record, policies))
        if isinstance(record, User) and not (record.mfa or _holds(Gain.ENROL, labels, facts)):
            never = Among(Language.literal("false"), optional=True)
            values["aws:multifactorauthpresent"] = never
        return Context({**values, **given_values(put.given)})


def everything(name: str, *, doubt: str = "", principal: bool = False) -> PolicyDocument:
    """Return a policy that allows everything or, with a doubt, may do so."""
    anybody = Principals((PrincipalEntry("*", "*"),)) if principal else None
    doubts = (Condition(DOUBT, doubt, ()),) if doubt else ()
    every = Element(("*",))
    statement = Statement(0, None, "Allow", anybody, every, every, doubts, "2012-10-17")
    return PolicyDocument("2012-10-17", (statement,), None, name)


_PASSED = everything("the session policy that the caller passes")
"""With it a federated user may do what its maker may, and no more."""


def _readable(
    document: Document, *, loose: bool = False, principal: bool = False
) -> PolicyDocument:
    """Return a document as it counts: without its Denies if they may come off."""
    found = document.read()
    if isinstance(found, Unreadable):
        return everything(document.name, doubt=found.why, principal=principal)
    return _allowing(found) if loose else found


def _allowing(policy: PolicyDocument) -> PolicyDocument:
    allows = tuple(one for one in policy.statements if one.effect == "Allow")
    return replace(policy, statements=allows)


def _words(principal: User | Role | None) -> Iterator[str]:
    """Yield what policies name a principal by."""
    if principal is not None:
        yield principal.arn
    if principal is not None and principal.unique_id:
        yield principal.unique_id


def _levels(levels: Levels) -> Hierarchy:
    return tuple(tuple(_readable(document) for document in level) for level in levels)


def _unlocked(id_: str | None, account: Account, facts: Facts) -> bool:
    freed = (Fact(Gain.UNLOCK, of) for of in (id_, account.organization) if of is not None)
    return account.management or any(fact in facts for fact in freed)


def _holds(gain: Gain, labels: Iterable[str], facts: Facts) -> bool:
    return any(Fact(gain, label) in facts for label in labels)


def _tags(record: User | Role, policies: Policies) -> Mapping[str, Value]:
    """Return the principal's tags, for each key that a policy looks at."""
    have = {key.lower(): value for key, value in record.tags}
    looked_at = _TAG.findall(repr(policies).lower())
    return {
        f"aws:principaltag/{key}": Exactly((have[key],)) if key in have else Absent()
        for key in looked_at
    }
