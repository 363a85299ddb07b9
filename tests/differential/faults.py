"""One-line faults put into the engine: each must be seen by the comparison."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from access import decide, layers, match, principal, template
from access.condition import Tested, evaluate, operators
from access.context import Absent
from access.document import PrincipalEntry, Statement
from access.match import Attached
from access.pattern import Language
from access.principal import Caller, Grant, Named
from access.region import Region
from access.request import Ask
from access.span import EVERYTHING, Span, union
from access.truth import Truth

Fault = Callable[[pytest.MonkeyPatch], None]


def _setting(module: Any, name: str, value: object) -> Fault:
    return lambda patch: patch.setattr(module, name, value)


def _operator(name: str, like: str) -> Fault:
    table = operators.OPERATORS
    return lambda patch: patch.setitem(table, name, table[like])


def _stated(negated_too: bool) -> Fault:  # noqa: FBT001 - one of the two faults
    """Read NotAction or NotResource as if it were not negated."""
    name = "actions" if negated_too else "resources"
    real = match._matches  # noqa: SLF001 - the fault goes inside

    def matches(policy: str, statement: Statement, attached: Attached, ask: Ask) -> Any:
        element = getattr(statement, name)
        plain = None if element is None else replace(element, negated=False)
        yield from real(policy, replace(statement, **{name: plain}), attached, ask)

    return _setting(match, "_matches", matches)


def _actions(element: Any, ask: Ask) -> Span:
    found = union((Span.exact(Language.glob(value)) for value in element.values), ask.actions)
    return ~found if element.negated else found


def _named(real: Callable[[PrincipalEntry, Caller], Named], grant: Grant, instead: Grant) -> Any:
    def named(entry: PrincipalEntry, caller: Caller) -> Named:
        found = real(entry, caller)
        return replace(found, grant=instead) if found.grant is grant else found

    return named


def _regrant(grant: Grant, instead: Grant) -> Fault:
    return _setting(match, "named", _named(match.named, grant, instead))


def _unconditional(*_: object) -> Tested:
    return Tested()


def _no_default(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda body, context: real(body.partition(",")[0], context)


def _facts(real: Callable[[Caller], Any], key: str) -> Callable[[Caller], Any]:
    return lambda caller: {**real(caller), key: Absent()}


FAULTS: dict[str, Fault] = {
    "a role is assumed without its trust": _setting(decide, "_RESOURCE_DECIDES", ()),
    "a key is used without its policy": _setting(
        decide, "_resource_decides", lambda action: action.startswith("sts:")
    ),
    "no Deny denies": _setting(layers.Layer, "denies", lambda *_, **__: Region()),
    "SCPs and RCPs do not count": _setting(decide, "_levels", lambda *_: ()),
    "a limit allows everything": _setting(
        layers.Layer, "limit", lambda title, *_: layers.Layer(title, open=True)
    ),
    "an account's root ARN grants by itself": _regrant(Grant.ACCOUNT, Grant.DIRECT),
    "a grant to everybody only delegates": _regrant(Grant.DIRECT, Grant.ACCOUNT),
    "a boundary does not limit a grant to a role": _regrant(Grant.ROLE, Grant.DIRECT),
    "an account's root ARN names everybody": _setting(
        principal, "_whole_account", lambda *_: EVERYTHING.may
    ),
    "a session is any session of its role": _setting(
        principal,
        "_session",
        lambda arn, _: Span.exact(principal._role_named(arn, "r")),  # noqa: SLF001
    ),
    "an action has case": _setting(match, "_actions", _actions),
    "NotAction is Action": _stated(negated_too=True),
    "NotResource is Resource": _stated(negated_too=False),
    "conditions do not count": _setting(match, "test", _unconditional),
    "NumericLessThan is the other way": _operator("numericlessthan", "numericgreaterthan"),
    "DateGreaterThan takes the instant": _operator("dategreaterthan", "dategreaterthanequals"),
    "StringLike takes no wildcards": _operator("stringlike", "stringequals"),
    "StringEqualsIgnoreCase minds case": _operator("stringequalsignorecase", "stringequals"),
    "ArnLike crosses colons": _operator("arnlike", "stringlike"),
    "NotIpAddress is IpAddress": _operator("notipaddress", "ipaddress"),
    "BinaryEquals always holds": _operator("binaryequals", "stringnotequals"),
    "a negated test fails on an absent key": _setting(
        evaluate._Tester,  # noqa: SLF001 - the fault goes inside
        "_absent",
        lambda *_: Truth.NEVER,
    ),
    "Null is the other way round": _setting(
        evaluate,
        "_null",
        lambda *args, real=evaluate._null: ~real(*args),  # noqa: SLF001
    ),
    "ForAllValues is ForAnyValue": _setting(evaluate, "every", evaluate.some),
    "a variable has no default": _setting(template, "_value", _no_default(template._value)),  # noqa: SLF001
    "no caller has a user name": _setting(Caller, "facts", _facts(Caller.facts, "aws:username")),
    "no caller has an ARN": _setting(Caller, "facts", _facts(Caller.facts, "aws:principalarn")),
}

SEEN_IN = {
    "a boundary does not limit a grant to a role": 650,
    "NumericLessThan is the other way": 824,
    "StringLike takes no wildcards": 246,
    "StringEqualsIgnoreCase minds case": 473,
    "ArnLike crosses colons": 1383,
    "NotIpAddress is IpAddress": 154,
    "no caller has a user name": 245,
}
"""Worlds of the suite's seed that rare faults were seen in: looked at first, to be quick."""
