"""What policies can allow at most, read off their texts: what is outside of it need not be asked.

INVARIANT: whatever is said here is wider than the truth; only the exact decision says what is had.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from access.document import PolicyDocument, Statement
from access.evidence import everything
from access.label import bare
from access.pattern import Language
from access.world import Unreadable, read

WILD = frozenset("*?$")
_USERNAME = re.compile(r"\$\{aws:username\s*(,[^}]*)?\}", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[^}]*\}?")
_EVERYTHING = everything("a policy that cannot be read")


def allowing(documents: Iterable[PolicyDocument | Unreadable]) -> Iterator[Statement]:
    """Yield the Allow statements; a policy that cannot be read counts as allowing everything."""
    for document in documents:
        found = _EVERYTHING if isinstance(document, Unreadable) else document
        yield from (one for one in found.statements if one.effect == "Allow")


@lru_cache(maxsize=1 << 17)
def allowed_by(text: str | None) -> tuple[Statement, ...]:
    """Return the Allow statements of a policy's text; `None` is one that is not known."""
    return tuple(allowing([_EVERYTHING if text is None else read(text)]))


@lru_cache(maxsize=1 << 16)
def glob(pattern: str) -> Language:
    """Return what a pattern matches."""
    return Language.glob(pattern)


@lru_cache(maxsize=1 << 16)
def _meant(pattern: str, actions: frozenset[str]) -> frozenset[str]:
    """Return which of the actions, in lower case, a pattern matches."""
    if pattern == "*":
        return actions
    if not WILD & set(pattern):
        return frozenset((pattern.lower(),)) & actions
    matched = glob(pattern.lower())
    return frozenset(action for action in actions if action in matched)


def acts_among(statement: Statement, actions: frozenset[str]) -> frozenset[str]:
    """Return which of the actions, in lower case, a statement may be about."""
    element = statement.actions
    values = element.values
    if element.negated:
        # INVARIANT: AWS takes no wildcard in a service's name but `*` alone: such a name in a
        # NotAction takes nothing out.
        values = tuple(one for one in values if one == "*" or not WILD & set(one.partition(":")[0]))
    meant = frozenset[str]().union(*(_meant(value, actions) for value in values))
    return actions - meant if element.negated else meant


def acts(statement: Statement, action: str) -> bool:
    """Whether a statement may be about an action, in lower case."""
    return bool(acts_among(statement, frozenset((action,))))


@lru_cache(maxsize=1 << 17)
def denies_outright(text: str | None, action: str) -> bool:
    """Whether an SCP denies everybody an action, in lower case, on everything and regardless."""
    policy = None if text is None else read(text)
    return isinstance(policy, PolicyDocument) and any(
        statement.effect == "Deny"
        and not (statement.conditions or statement.principals or statement.actions.negated)
        and (element := statement.resources) is not None
        and not element.negated
        and "*" in element.values
        and any(_must_mean(value, action) for value in statement.actions.values)
        for statement in policy.statements
    )


def _must_mean(value: str, action: str) -> bool:
    plain = value == "*" or not WILD & set(value.partition(":")[0])
    return plain and action in glob(value.lower())


@dataclass(slots=True)
class Means:
    """What the identity-based policies of a principal may allow; equal policies share one."""

    statements: tuple[Statement, ...]
    _of: dict[str, tuple[Statement, ...]] = field(default_factory=dict[str, tuple[Statement, ...]])
    _names: dict[str, tuple[frozenset[str], bool]] = field(
        default_factory=dict[str, tuple[frozenset[str], bool]]
    )

    @property
    def tells_names(self) -> bool:
        """Whether what it allows depends on the name of the user who has it."""
        elements = (one.resources for one in self.statements)
        return any("$" in value for one in elements if one is not None for value in one.values)

    def among(self, actions: frozenset[str]) -> frozenset[str]:
        """Return which of the actions, in lower case, it may allow on something or other."""
        return frozenset[str]().union(*(acts_among(one, actions) for one in self.statements))

    def of(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that may allow an action."""
        action = action.lower()
        if action not in self._of:
            self._of[action] = tuple(one for one in self.statements if acts(one, action))
        return self._of[action]

    def names(self, action: str) -> tuple[frozenset[str], bool]:
        """Return the resources that are named in full for an action, and whether that is all."""
        if action not in self._names:
            elements = [one.resources for one in self.of(action)]
            open_ = any(one is None or one.negated for one in elements)
            values = {value for one in elements if one is not None for value in one.values}
            full = frozenset(value for value in values if not WILD & set(value))
            self._names[action] = full, not open_ and len(full) == len(values)
        return self._names[action]

    def named(self, action: str, actor: str) -> frozenset[str] | None:
        """Return all that may be allowed to somebody, where each is named in full."""
        full, whole = self.names(action)
        if whole:
            return full
        found: set[str] = set()
        for statement in self.of(action):
            element = statement.resources
            if element is None or element.negated:
                return None
            values = [_filled_in(value, actor) for value in element.values]
            if any(WILD & set(value) for value in values):
                return None
            found.update(values)
        return frozenset(found)

    def may_on(self, action: str, target: str, actor: str) -> bool:
        """Whether an action may be allowed to somebody on a target, an ARN or a pattern of ARNs."""
        return any(_may_be_on(statement, target, actor) for statement in self.of(action))


def _may_be_on(statement: Statement, target: str, actor: str) -> bool:
    element, target = statement.resources, bare(target)
    if element is None or element.negated or not target.startswith("arn:"):
        return True
    return any(_may_name(value, target, actor) for value in element.values)


def _may_name(value: str, target: str, actor: str) -> bool:
    if value in ("*", target):
        return True
    if WILD & set(target):
        return _meet(_filled_in(value, actor), target)
    return bool(WILD & set(value)) and target in glob(_filled_in(value, actor))


@lru_cache(maxsize=1 << 16)
def _meet(one: str, two: str) -> bool:
    return not glob(one).is_disjoint(glob(two))


def _filled_in(value: str, actor: str) -> str:
    """Return a pattern with a user's own name in it; of other variables, anything at all."""
    if "$" not in value:
        return value
    actor = bare(actor)
    plain = ":user/" in actor and not WILD & set(actor)
    name = actor.rpartition("/")[2] if plain else "*"
    return _VARIABLE.sub("*", _USERNAME.sub(name, value))


@lru_cache(maxsize=1 << 17)
def trusts_for(text: str | None, action: str) -> bool:
    """Whether a trust policy may let anybody do an action."""
    return any(acts(statement, action.lower()) for statement in allowed_by(text))


def account_of(arn: str) -> str:
    """Return the account in an ARN; the text itself if it is none."""
    return arn.split(":", 5)[4] if arn.count(":") >= 5 else arn  # noqa: PLR2004 -- an ARN's colons
