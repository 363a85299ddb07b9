"""One statement's conditions in a context: absent keys, sets of values, and what is not known."""

from dataclasses import dataclass

from access.condition.operators import Operator, Quantifier, Reading, read
from access.context import Absent, Among, Anything, Context, Exactly
from access.document import Condition, Version
from access.keys import CATALOGUE
from access.pattern import NOTHING, Language
from access.span import EVERYTHING, Span, union
from access.template import unresolved
from access.truth import Truth, every, some

PRINCIPAL_ARN = "aws:principalarn"
"""The key that says who asks: conditions on it narrow the callers, exactly."""


DOUBT = "in doubt"
"""The operator, none of AWS's, of a condition that stands for a doubt: its key says which."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What conditions come to: of callers in `callers`, `truth`; `unsupported` says what is not."""

    truth: Truth = Truth.ALWAYS
    callers: Span = EVERYTHING
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _UnsupportedError(Exception):
    """A condition that cannot be evaluated."""

    why: str


def test(conditions: tuple[Condition, ...], context: Context, version: Version) -> Tested:
    """Return what all the conditions together come to.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
    """
    total = Tested()
    for condition in conditions:
        try:
            total = _and(total, _one(condition, context, version))
        except _UnsupportedError as error:
            asked = f"`{condition.operator}` on `{condition.key}`: {error.why}"
            why = condition.key if condition.operator == DOUBT else asked
            total = _and(total, Tested(Truth.SOMETIMES, unsupported=(why,)))
    return total


def _and(one: Tested, two: Tested) -> Tested:
    return Tested(
        every((one.truth, two.truth)),
        one.callers & two.callers,
        one.unsupported + two.unsupported,
    )


def _one(condition: Condition, context: Context, version: Version) -> Tested:
    reading = read(condition.operator)
    if reading is None:
        raise _UnsupportedError("no such operator is supported")
    if reading.operator is None:
        return Tested(_null(condition, context.value(condition.key)))
    several = CATALOGUE.get(condition.key.lower())
    if several and several.multivalued and reading.quantifier is Quantifier.NONE:
        raise _UnsupportedError("a multivalued key, without ForAllValues or ForAnyValue")
    found = _tested(
        condition, _Tester(reading, reading.operator, condition.values, context, version)
    )
    if any(unresolved(text, context, version) for text in condition.values):
        # It may void the statement: then an Allow may still hold, and no Deny does for certain.
        return Tested(every((found.truth, Truth.SOMETIMES)), Span(found.callers.may, NOTHING))
    return found


def _tested(condition: Condition, tester: "_Tester") -> Tested:
    value, operator = tester.context.value(condition.key), tester.operator
    if (
        condition.key.lower() == PRINCIPAL_ARN
        and isinstance(value, Among)
        and operator.accepts is not None
    ):
        accepted = tester.accepted(value.values)
        return Tested(callers=~accepted if operator.negated else accepted)
    return Tested(tester.truth(value))


def _null(condition: Condition, value: Absent | Exactly | Among | Anything) -> Truth:
    wanted = {text.lower() for text in condition.values}
    if not wanted <= {"true", "false"}:
        raise _UnsupportedError("its values are neither `true` nor `false`")
    if len(wanted) > 1:
        return Truth.ALWAYS
    match value:
        case Absent() | Exactly(()):
            absent = Truth.ALWAYS
        case Exactly() | Among(optional=False):
            absent = Truth.NEVER
        case _:
            absent = Truth.SOMETIMES
    return absent if wanted == {"true"} else ~absent


@dataclass(frozen=True, slots=True)
class _Tester:
    """One condition, ready to be put to values."""

    reading: Reading
    operator: Operator
    stated: tuple[str, ...]
    context: Context
    version: Version

    def truth(self, value: Absent | Exactly | Among | Anything) -> Truth:
        """Return what the condition comes to if its key has `value`."""
        match value:
            case Absent() | Exactly(()):
                return self._absent()
            case Exactly(texts):
                return self._set(texts)
            case Among(language, optional):
                found = self._some_of(language)
                return found if not optional or found is self._absent() else Truth.SOMETIMES
            case Anything():
                return Truth.SOMETIMES

    def accepted(self, asked: Language) -> Span:
        """Return the texts of `asked` that match a stated value, before any negation."""
        accepts = self.operator.accepts
        if accepts is None:
            raise _UnsupportedError("the operator does not compare texts")
        return union((accepts(value, self.context, self.version) for value in self.stated), asked)

    def _absent(self) -> Truth:
        """Return what the condition comes to if its key is not in the request."""
        if self.reading.quantifier is Quantifier.ANY:
            # ForAnyValue needs a value and IfExists needs none: AWS does not say which prevails.
            return Truth.SOMETIMES if self.reading.if_exists else Truth.NEVER
        if self.reading.if_exists or self.reading.quantifier is Quantifier.ALL:
            return Truth.ALWAYS
        return Truth.of(self.operator.negated)

    def _set(self, texts: tuple[str, ...]) -> Truth:
        quantifier = self.reading.quantifier
        if quantifier is Quantifier.NONE:
            return self._agreed([self._single(text) for text in texts])
        # Empty text is a null data set: every value of it matches, and none does.
        found = [self._single(text) for text in texts] if any(texts) else []
        return every(found) if quantifier is Quantifier.ALL else some(found)

    def _agreed(self, found: list[Truth]) -> Truth:
        if len(set(found)) > 1:
            raise _UnsupportedError("several values in the request, no ForAllValues or ForAnyValue")
        return found[0]

    def _single(self, text: str) -> Truth:
        if self.operator.accepts is not None:
            return self._some_of(Language.literal(text))
        compares = self.operator.compares
        outcomes = [compares(text, value) if compares else None for value in self.stated]
        if None in outcomes:
            raise _UnsupportedError(f"`{text[:80]}` and the policy's values cannot be compared")
        return Truth.of(any(outcomes) != self.operator.negated)

    def _some_of(self, asked: Language) -> Truth:
        """Return what the condition comes to for one value out of `asked`."""
        if self.operator.accepts is None:
            return Truth.SOMETIMES
        found = self.accepted(asked).truth(asked)
        return ~found if self.operator.negated else found
