"""A few lines of IAM, written apart from the renderer: enough to try the documents it makes.

It knows the operators and elements that we render, and raises on anything else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True)
class Caller:
    """A principal as a request shows it; a role session's `arn` is its role's."""

    arn: str
    mfa: bool = False
    now: str = "2026-06-01T12:00:00Z"
    context: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    def keys(self) -> dict[str, str]:
        mfa = {"aws:MultiFactorAuthPresent": "true"} if self.mfa else {}
        name = {"aws:username": self.arn.rsplit("/", 1)[-1]} if ":user/" in self.arn else {}
        return {
            "aws:PrincipalArn": self.arn,
            "aws:CurrentTime": self.now,
            **mfa,
            **name,
            **self.context,
        }


def may_assume(
    caller: Caller, role: str, *, trust: str, policies: Iterable[str], boundary: str | None
) -> bool:
    """Whether both ends let the caller assume the role."""
    identity = identity_allows(caller, "sts:AssumeRole", role, policies, boundary)
    return identity and trust_admits(caller, trust)


def identity_allows(
    caller: Caller, action: str, resource: str, policies: Iterable[str], boundary: str | None
) -> bool:
    statements = [entry for text in policies for entry in json.loads(text)["Statement"]]
    ceiling = json.loads(boundary)["Statement"] if boundary else None
    granted = _decide(statements, caller, action, resource)
    return granted and (ceiling is None or _decide(ceiling, caller, action, resource))


def trust_admits(caller: Caller, trust: str) -> bool:
    return _decide(json.loads(trust)["Statement"], caller, "sts:AssumeRole", None)


def _decide(
    statements: list[dict[str, Any]], caller: Caller, action: str, resource: str | None
) -> bool:
    hits = {
        statement["Effect"]
        for statement in statements
        if _applies(statement, caller, action, resource)
    }
    return hits == {"Allow"}


def _applies(statement: dict[str, Any], caller: Caller, action: str, resource: str | None) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
    assert not unknown, f"this evaluator does not know {unknown}"
    keys = caller.keys()
    if not any(fnmatchcase(action.lower(), pattern.lower()) for pattern in statement["Action"]):
        return False
    if resource is not None and not any(
        fnmatchcase(resource, _substitute(pattern, keys)) for pattern in statement["Resource"]
    ):
        return False
    if resource is None and not _is_principal(statement["Principal"], caller):
        return False
    return all(
        _holds(operator, keys.get(key), values)
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


def _substitute(pattern: str, keys: Mapping[str, str]) -> str:
    if "${aws:username}" not in pattern:
        return pattern
    return pattern.replace("${aws:username}", keys.get("aws:username", "\0absent"))


def _is_principal(principal: str | dict[str, str], caller: Caller) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    kind, value = next(iter(principal.items()))
    if kind == "Service":
        return False
    assert kind == "AWS"
    return caller.account == value.split(":")[4] and value.endswith(":root")


def _holds(operator: str, actual: str | None, values: list[str]) -> bool:
    if actual is None:
        return False
    match operator:
        case "ArnEquals" | "ArnLike":
            return any(fnmatchcase(actual, value) for value in values)
        case "Bool" | "StringEquals":
            return actual in values
        case "DateLessThan":
            return all(actual < value for value in values)
        case _:
            raise AssertionError(f"this evaluator does not know `{operator}`")
