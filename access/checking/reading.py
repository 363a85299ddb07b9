"""What policies can allow at most, read off their texts: what is outside of it need not be asked.

INVARIANT: whatever is said here is wider than the truth; only the exact decision says what is had.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from access.arn import Arn, is_account
from access.document import PolicyDocument, PrincipalEntry, Statement
from access.errors import ArnParseError
from access.evidence import everything
from access.pattern import Language
from access.world import Unreadable, read

_PINNING = ("stringequals", "stringlike", "arnequals", "arnlike")
_WILD = frozenset("*?$")
_USERNAME = re.compile(r"\$\{aws:username\s*(,[^}]*)?\}", re.IGNORECASE)
_FIRST_WILD = re.compile(r"[*?$]")
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
def _glob(pattern: str) -> Language:
    return Language.glob(pattern)


@lru_cache(maxsize=1 << 16)
def _means(pattern: str, action: str) -> bool:
    return pattern == "*" or action in _glob(pattern.lower())


def acts(statement: Statement, action: str) -> bool:
    """Whether a statement may be about an action, in lower case."""
    element = statement.actions
    if not element.negated:
        return any(_means(value, action) for value in element.values)
    # INVARIANT: AWS takes no wildcard in a service's name but `*` alone: such a name in a
    # NotAction takes nothing out.
    plain = (one for one in element.values if one == "*" or not _WILD & set(one.partition(":")[0]))
    return not any(_means(value, action) for value in plain)


@dataclass(slots=True)
class Means:
    """What the identity-based policies of a principal may allow; equal policies share one."""

    statements: tuple[Statement, ...]
    _of: dict[str, tuple[Statement, ...]] = field(default_factory=dict[str, tuple[Statement, ...]])

    def of(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that may allow an action."""
        action = action.lower()
        if action not in self._of:
            self._of[action] = tuple(one for one in self.statements if acts(one, action))
        return self._of[action]

    def names(self, action: str) -> tuple[frozenset[str], bool]:
        """Return the resources that are named in full for an action, and whether that is all."""
        found: set[str] = set()
        whole = True
        for statement in self.of(action):
            element = statement.resources
            if element is None or element.negated:
                return frozenset(), False
            full = [value for value in element.values if not _WILD & set(value)]
            found.update(full)
            whole = whole and len(full) == len(element.values)
        return frozenset(found), whole

    def named(self, action: str, actor: str) -> frozenset[str] | None:
        """Return all that may be allowed to somebody, where each is named in full."""
        found: set[str] = set()
        for statement in self.of(action):
            element = statement.resources
            if element is None or element.negated:
                return None
            values = [_filled_in(value, actor) for value in element.values]
            if any(_WILD & set(value) for value in values):
                return None
            found.update(values)
        return frozenset(found)

    def may_on(self, action: str, target: str, actor: str) -> bool:
        """Whether an action may be allowed to somebody on a target, an ARN or a pattern of ARNs."""
        return any(_may_be_on(statement, target, actor) for statement in self.of(action))


def _may_be_on(statement: Statement, target: str, actor: str) -> bool:
    element = statement.resources
    if element is None or element.negated or not target.startswith("arn:"):
        return True
    return any(_may_name(value, target, actor) for value in element.values)


def _may_name(value: str, target: str, actor: str) -> bool:
    if value in ("*", target):
        return True
    if _WILD & set(target):
        return _meet(_filled_in(value, actor), target)
    return bool(_WILD & set(value)) and target in _glob(_filled_in(value, actor))


@lru_cache(maxsize=1 << 16)
def _meet(one: str, two: str) -> bool:
    return not _glob(one).is_disjoint(_glob(two))


def _filled_in(value: str, actor: str) -> str:
    """Return a pattern with a user's own name in it; of other variables, anything at all."""
    plain = ":user/" in actor and not _WILD & set(actor)
    name = actor.rpartition("/")[2] if plain else "*"
    return _VARIABLE.sub("*", _USERNAME.sub(name, value))


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whom a trust policy may let in, as far as its ARNs say.

    Attributes:
        words: the principals that it names, or pins `aws:PrincipalArn` to.
        accounts: accounts any principal of which it may let in.
        anybody: whether it may let in principals of any account.
        providers: the identity providers that it names.
        beginnings: what the ARN of those begins with of whom only an account, or anybody, is
            named; `None` if it may begin with anything.
    """

    words: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    anybody: bool = False
    providers: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] | None = ()

    def may_be(self, actor: str) -> bool:
        """Whether it may let in somebody, or one of those that a pattern in one account names."""
        fixed = _FIRST_WILD.split(actor, maxsplit=1)[0]
        if any(word.startswith(fixed) for word in self.words) and fixed != actor:
            return True
        if actor in self.words:
            return True
        if not (self.anybody or account_of(actor) in self.accounts):
            return False
        begin = self.beginnings
        return begin is None or any(one.startswith(fixed) or fixed.startswith(one) for one in begin)


@lru_cache(maxsize=1 << 17)
def admitted(text: str | None) -> Admitted:
    """Return whom the trust policy of this text may let in."""
    found: dict[str, set[str]] = {
        "word": set(),
        "account": set(),
        "anybody": set(),
        "provider": set(),
    }
    beginnings: list[str] | None = []
    for statement in allowed_by(text):
        for kind, value in _admitted(statement):
            found[kind].add(value)
        mine = _beginnings(statement)
        beginnings = None if beginnings is None or mine is None else [*beginnings, *mine]
    return Admitted(
        frozenset(found["word"]),
        frozenset(found["account"]),
        bool(found["anybody"]),
        frozenset(found["provider"]),
        None if beginnings is None else tuple(dict.fromkeys(beginnings)),
    )


def _beginnings(statement: Statement) -> list[str] | None:
    for condition in statement.conditions:
        pins = condition.operator.lower() in _PINNING
        if pins and condition.key.lower() == "aws:principalarn":
            return [_FIRST_WILD.split(value, maxsplit=1)[0] for value in condition.values]
    return None


def _admitted(statement: Statement) -> Iterator[tuple[str, str]]:
    principals = statement.principals
    if principals is not None:
        yield from (
            ("provider", one.value) for one in principals.entries if one.kind == "Federated"
        )
    pins = [
        condition.values
        for condition in statement.conditions
        if condition.key.lower() == "aws:principalarn"
        and condition.operator.lower() in _PINNING
        and not _WILD & set("".join(condition.values))
    ]
    if principals is None or principals.negated:
        yield "anybody", ""
    elif pins:
        # INVARIANT: without IfExists, such a condition is false of whoever has another ARN.
        yield from (("word", value) for value in pins[0])
    else:
        yield from (found for one in principals.entries if (found := _named(one)) is not None)


def _named(entry: PrincipalEntry) -> tuple[str, str] | None:
    if entry.kind in ("Service", "Federated"):
        return None  # no principal of IAM
    if is_account(entry.value):
        return "account", entry.value
    try:
        arn = Arn.parse(entry.value)
    except ArnParseError:
        return "anybody", ""  # a unique id, or what cannot be told
    if _WILD & set(entry.value) or not is_account(arn.account):
        return "anybody", ""
    one = arn.service == "iam" and arn.kind in ("user", "role")
    return ("word", entry.value) if one else ("account", arn.account)


@lru_cache(maxsize=1 << 17)
def trusts_for(text: str | None, action: str) -> bool:
    """Whether a trust policy may let anybody do an action."""
    return any(acts(statement, action.lower()) for statement in allowed_by(text))


def account_of(arn: str) -> str:
    """Return the account in an ARN; the text itself if it is none."""
    return arn.split(":", 5)[4] if arn.count(":") >= 5 else arn  # noqa: PLR2004 -- an ARN's colons
