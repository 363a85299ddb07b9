"""One request context in which all statements say what each was taken to say by itself.

Conditions are read one by one: two of them may each hold for some value of a key, and for no value
both. What a decision rests on is confirmed by values for the keys that more than one of them is on.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from itertools import islice, product

from access.condition.operators import read
from access.context import Absent, Among, Anything, Context, Exactly, Value
from access.decide import Policies, decide, layers
from access.document import Condition, Statement, Version
from access.pattern import ANYTHING, Language
from access.request import Request
from access.verdict import Allowed

TRIES = 2_000
"""Contexts tried, at most."""

_CELLS = 48
_VARIABLE = re.compile(r"\$\{\s*([^\s,{}]{2,})[^{}]*\}")
_OF_CALLER = frozenset(
    f"aws:{name}"
    for name in (
        *("principalarn", "principalaccount", "principaltype", "principalisawsservice"),
        *("principalservicename", "principalservicenameslist", "userid", "username"),
    )
)
"""What follows from who calls: decided on exactly, with the caller."""


@dataclass(frozen=True, slots=True)
class _Test:
    """A condition, or a variable, that is on a key."""

    condition: Condition | None
    version: Version


@dataclass(frozen=True, slots=True)
class Clash:
    """No context was found in which the request is allowed: who asks for two values of `keys`."""

    keys: tuple[str, ...]
    statements: tuple[str, ...]

    def __str__(self) -> str:
        keys = ", ".join(f"`{key}`" for key in self.keys)
        return (
            f"{', '.join(self.statements)}: no request was found that has for {keys} what all ask"
        )


def witness(request: Request, policies: Policies) -> Context | Clash:
    """Return a context in which a request that may be allowed is, or what stands in the way.

    Keys that one condition alone is on stay open in it: that one can be met by itself.
    """
    asked = layers(request, policies)
    found: dict[int, tuple[str, Statement]] = {}
    for layer in asked:
        for match in layer.matches:
            found.setdefault(id(match.statement), (match.title, match.statement))
    tests = _tests(statement for _, statement in found.values())
    context = asked.ask.context
    shared = {
        key: some
        for key, some in tests.items()
        if len(some) > 1 and key not in _OF_CALLER and _is_open(context.value(key))
    }
    if not shared:
        return request.context
    choices = [tuple(_values(some, context.value(key), context)) for key, some in shared.items()]
    for chosen in islice(product(*choices), TRIES):
        tried = request.context.given(dict(zip(shared, chosen, strict=True)))
        if isinstance(decide(replace(request, context=tried), policies), Allowed):
            return tried
    named = (title for title, one in found.values() if shared.keys() & _tests([one]).keys())
    return Clash(tuple(shared), tuple(dict.fromkeys(named)))


def _is_open(value: Value) -> bool:
    return not isinstance(value, Absent | Exactly)


def _tests(statements: Iterable[Statement]) -> Mapping[str, list[_Test]]:
    """Return what is on each key, in lower case."""
    found: dict[str, list[_Test]] = defaultdict(list)
    for statement in statements:
        texts = list(statement.resources.values) if statement.resources else []
        for condition in statement.conditions:
            found[condition.key.lower()].append(_Test(condition, statement.version))
            texts += condition.values
        for text in texts:
            for variable in _VARIABLE.finditer(text):
                found[variable[1].lower()].append(_Test(None, statement.version))
    return found


def _values(tests: Iterable[_Test], known: Value, context: Context) -> Iterator[Value]:
    """Yield values of a key that the tests on it tell apart, those that most ask for first."""
    tests = list(tests)
    base = known.values if isinstance(known, Among) else ANYTHING
    texts = [text for text in _texts(tests, base, context) if text in base]
    yield from (Exactly((text,)) for text in texts)
    if isinstance(known, Anything) and len(texts) > 1:
        yield Exactly(tuple(texts))
    if not isinstance(known, Among) or known.optional:
        yield Absent()


def _texts(tests: list[_Test], base: Language, context: Context) -> Iterator[str]:
    cells = [base]
    points: dict[str, None] = {}
    for test in tests:
        condition = test.condition
        reading = None if condition is None else read(condition.operator)
        if condition is None or reading is None or reading.operator is None:
            continue
        accepts = reading.operator.accepts
        for value in condition.values:
            if accepts is None:
                points.update(dict.fromkeys(_points(condition.operator, value)))
                continue
            accepted = accepts(value, context, test.version).may
            parts = (part for cell in cells for part in (cell & accepted, cell - accepted))
            cells = [part for part in parts if not part.is_empty()][:_CELLS]
    yield from points
    for cell in cells:
        example = cell.example()
        if example is not None:
            yield example


def _points(operator: str, value: str) -> Iterator[str]:
    """Yield values on either side of one that is compared with."""
    lowered = operator.lower()
    if "ipaddress" in lowered:
        try:
            yield str(ip_network(value, strict=False)[0])
        except ValueError:
            return
        yield from ("198.51.100.7", "203.0.113.7")
    elif "numeric" in lowered:
        try:
            number = float(value)
        except ValueError:
            return
        yield from (value, f"{number + 1:g}", f"{number - 1:g}")
    elif "date" in lowered:
        yield from (value, "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
    else:
        yield value
