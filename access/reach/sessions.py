"""The steps by which AWS STS hands out sessions: whose, to whom."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from access.carried import ways
from access.catalogue.step import Gain, Target
from access.effort import spend
from access.facts import TAGGED, Fact, Facts
from access.principal import Kind
from access.reach.judge import ASSUME, Judge
from access.reach.left import Due
from access.reach.profile import Profile, looks
from access.reach.standing import Standing
from access.reach.trusts import openness
from access.reach.units import Unit

Found = tuple[str, Gain, list[str]]
"""A step's id, what it gains, and of what."""

_BY_PROVIDER = {
    "sts:assumerolewithwebidentity": "sts-assume-role-with-web-identity",
    "sts:assumerolewithsaml": "sts-assume-role-with-saml",
}


class Sessions:
    """Finds the roles whose sessions a unit may get, looking only where there may be one."""

    def __init__(self, judge: Judge, facts: Facts, due: Due) -> None:
        self._judge = judge
        self._facts = facts
        self._due = due
        self._index = judge.index
        self._asked: dict[str | None, set[tuple[object, ...]]] = defaultdict(set)
        # Roles still worth asking for, by trust text, where the trust may admit more than names.
        self._open_to: dict[str, dict[str | None, set[str]]] = {
            account: {text: set(roles) for text, roles in trusts.items()}
            for account, trusts in self._index.open_to.items()
        }
        self._open_to_all = {text: set(roles) for text, roles in self._index.open_to_all.items()}
        self._beginning: dict[str, dict[str, list[str | None]]] = {}
        self.tags_matter = any(map(looks_at_tags, set(self._index.texts())))

    def taken(self, role: str) -> None:
        """Ask no more for a role of which nothing is left to be had."""
        record = self._index.world.roles.get(role)
        if record is None or not self._is_taken(role):
            return
        text = record.trust.text
        admits = openness(text)
        for account in admits.accounts:
            self._open_to[account][text].discard(role)
        if text in self._open_to_all:
            self._open_to_all[text].discard(role)

    def reopen(self, role: str) -> None:
        """Ask again for a role: something of it is left to be had after all."""
        text = self._index.world.roles[role].trust.text
        for account in openness(text).accounts:
            self._open_to.setdefault(account, {}).setdefault(text, set()).add(role)
            self._beginning.pop(account, None)
        if role in self._index.open_to_all.get(text, ()):
            self._open_to_all.setdefault(text, set()).add(role)
        self._asked.pop(text, None)

    def retrusted(self, role: str, before: str | None) -> None:
        """Note that a role's trust policy was another."""
        for trusts in self._open_to.values():
            trusts.get(before, set[str]()).discard(role)
        self._open_to_all.get(before, set[str]()).discard(role)
        self._judge.confirmed.clear()
        self.reopen(role)

    def _is_taken(self, role: str) -> bool:
        gains = (Gain.CONTROL, Gain.SESSION) if self.tags_matter else (Gain.CONTROL,)
        return all(Fact(gain, role) in self._facts for gain in gains)

    def _wanted(self, role: str, cost: int) -> bool:
        """Whether something of a role is left to be had at this cost."""
        due = self._due
        if due.get(Fact(Gain.CONTROL, role), cost + 1) > cost:
            return True
        return self.tags_matter and due.get(Fact(Gain.SESSION, role), cost + 1) > cost

    def of(self, unit: Unit, standing: Standing, cost: int) -> Iterator[Found]:
        """Yield what the unit gets by AssumeRole; STS takes no such call from a federated user."""
        if unit.kind is Kind.FEDERATED_USER:
            return
        found = list(dict.fromkeys(self._assumable(unit, standing, cost)))
        if not found:
            return
        yield "sts-assume-role", Gain.CONTROL, found
        if self.tags_matter:
            tagged = [
                role
                for role in found
                if self._judge.may_assume(unit, standing, role, self._facts, tagging=True)
            ]
            yield TAGGED, Gain.SESSION, tagged

    def _assumable(self, unit: Unit, standing: Standing, cost: int) -> Iterator[str]:
        judge, facts = self._judge, self._facts
        words = standing.permit(ASSUME).words
        spend(len(words or ()))
        for role in dict.fromkeys(self._named(unit, standing, words)):
            if self._wanted(role, cost) and judge.may_assume(unit, standing, role, facts):
                yield role
        for text, roles in self._open(unit):
            if not roles:
                continue
            # Where each role asked for is named, only grants within the account are left to find.
            near = roles if words is None else self._near(unit, roles)
            spend(len(near))
            if near and self._is_new(unit, standing, text, near):
                for role in near:
                    if self._wanted(role, cost) and judge.may_assume(unit, standing, role, facts):
                        yield role

    def forget(self) -> None:
        """Ask everything again: what limited everybody is gone."""
        self._asked.clear()
        self._judge.confirmed.clear()

    def _named(self, unit: Unit, standing: Standing, words: frozenset[str] | None) -> Iterator[str]:
        """Yield the roles that the unit names, and those that name the unit."""
        roles = self._index.world.roles
        if words is not None:
            yield from (word for word in sorted(words) if word in roles)
        if isinstance(unit.name, str):
            yield from self._index.mentioned.get(unit.name, ())
            return
        former = standing.profile.formerly
        mentioned = self._index.mentioned_in.get(unit.account, ())
        named = (arn for arn in mentioned if arn in former or arn in unit.name)
        yield from dict.fromkeys(role for arn in named for role in self._index.mentioned[arn])

    def _open(self, unit: Unit) -> Iterator[tuple[str | None, set[str]]]:
        trusts = self._open_to.get(unit.account, {})
        if isinstance(unit.name, str):
            yield from ((text, trusts[text]) for text in self._open_to_name(unit, unit.name))
        else:
            yield from trusts.items()
        yield from self._open_to_all.items()

    def _open_to_name(self, unit: Unit, name: str) -> Iterable[str | None]:
        """Return the trusts open to the unit's account that may admit its name."""
        beginning = self._beginning.get(unit.account)
        if beginning is None:
            beginning = self._beginning[unit.account] = defaultdict(list)
            for text in self._open_to.get(unit.account, ()):
                prefixes = openness(text).prefixes
                for prefix in ("",) if prefixes is None else prefixes:
                    beginning[prefix].append(text)
        lengths = sorted(set(map(len, beginning)))
        found = (beginning.get(name[:length], ()) for length in lengths if length <= len(name))
        return dict.fromkeys(text for texts in found for text in texts)

    def _near(self, unit: Unit, roles: set[str]) -> set[str]:
        here = self._index.targets.get((Target.ROLE, unit.account), ())
        return {role for role in here if role in roles}

    def _is_new(
        self, unit: Unit, standing: Standing, text: str | None, roles: Iterable[str]
    ) -> bool:
        """Whether nobody alike has asked the same trust policy before, and it may let the unit in.

        INVARIANT: roles are only ever taken off those worth asking for, so that who is alike and
        comes later finds nothing more.
        """
        key: tuple[object, ...] = (id(standing), text, unit.label)
        if not (standing.sees_owner or text is None or looks(text).owner):
            # The answer is the same for every role, and perhaps for every caller.
            role = next(iter(roles))
            clauses = self._judge.trusting(standing, role, ASSUME)
            if not any(clause.allow and clause.may_be_by(unit.name) for clause in clauses):
                return False
            if all(self._is_anybodys(standing, role, one) for one in self._actions(text)):
                key = (id(standing), text)
        known = key in self._asked[text]
        self._asked[text].add(key)
        return not known

    def _actions(self, text: str | None) -> Iterator[str]:
        """Yield what may be asked of a trust policy: what a request carries takes more."""
        yield ASSUME
        for tagging in (False, True) if self.tags_matter else (False,):
            for way in ways(text, user=True, tagging=tagging):
                yield from map(str.lower, way.also)

    def _is_anybodys(self, standing: Standing, role: str, action: str) -> bool:
        clauses = self._judge.trusting(standing, role, action)
        return all(one.anybody for one in clauses) and standing.permit(action).anybody

    def vouched(self, provider: str) -> dict[str, list[str]]:
        """Return the roles whose sessions an identity provider's user may get, by step."""
        profile = Profile(Kind.FEDERATED, "", name=provider)
        anybody = (role for roles in self._index.open_to_all.values() for role in roles)
        trusting = dict.fromkeys((*self._index.vouched.get(provider, ()), *anybody))
        return {
            step: [
                role
                for role in trusting
                if self._judge.admits(profile, provider, role, action, self._facts)
            ]
            for action, step in _BY_PROVIDER.items()
        }


def looks_at_tags(text: str | None) -> bool:
    """Whether a policy may look at the tags of who calls."""
    return text is not None and ("principaltag" in text.lower() or "\\u" in text)
