"""From what a step asks, with much unknown, to questions with every value known."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import chain, product
from math import prod
from random import Random
from typing import Any

from access.arn import NO_RESOURCE
from access.context import Absent, Among, Anything, Context, Exactly
from access.decide import Policies
from access.document import Condition, PolicyDocument, Statement
from access.principal import Kind
from access.request import Request, ask
from tests.differential.question import Document, Question

_DERIVED = frozenset(
    f"aws:{name}"
    for name in (
        *("principalarn", "principalaccount", "principaltype", "principalisawsservice"),
        *("principalservicename", "principalservicenameslist", "userid", "username"),
        "resourceaccount",
    )
)
_SESSION = re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/[^'\"\s]+")
_PRINCIPAL = re.compile(r"arn:[^:\"]+:(?:iam|sts)::\d{12}:(?:user|role|federated-user)/[^'\"\s]+")
_VARIABLE = re.compile(r"\$\{([^\s,{}]{2,})(?:,\s*'([^']*)'\s*)?\}")
_FIRST = 8
Values = list[str] | str | None
"""A condition key's value or values; `None` for a key that is not in the request."""


@dataclass(frozen=True, slots=True)
class Concrete:
    """Makes questions of a request whose caller and context are not known in full."""

    request: Request
    policies: Policies
    by: str
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - nothing secret

    def questions(self, count: int) -> Iterator[Question]:
        """Yield questions that the request stands for: all that differ, or so many at random."""
        callers, keys, documents = list(self._callers()), self._keys(), self._documents()
        total = len(callers) * prod(len(values) for values in keys.values())
        every = product(callers, product(*keys.values()))
        some = (
            (callers[at % len(callers)], tuple(self._pick(values, at) for values in keys.values()))
            for at in range(count)
        )
        for caller, chosen in every if total <= count else some:
            context = {key: one for key, one in zip(keys, chosen, strict=True) if one is not None}
            yield Question(
                **caller,
                action=self.request.action,
                resource="*" if self.request.resource == NO_RESOURCE else self.request.resource,
                account=self.request.account or "111111111111",
                context=context,
                **documents,
            )

    def _pick(self, values: list[Values], at: int) -> Values:
        """Pick what a policy names at first, and then anything."""
        return values[0] if at < _FIRST else self.random.choice(values)

    def _documents(self) -> dict[str, Any]:
        one = self.policies
        session = one.session
        return {
            "identity": [as_json(document) for document in one.identity],
            "boundary": None if one.boundary is None else as_json(one.boundary),
            "session": None if session is None else _together(session),
            "policy": None if one.resource is None else as_json(one.resource),
            "scps": [[as_json(document) for document in level] for level in one.scps],
            # What allows everything is added by whoever reads the question.
            "rcps": [[_denies(document) for document in level] for level in one.rcps],
        }

    def _written(self) -> list[PolicyDocument]:
        one = self.policies
        levels = (document for level in (*one.scps, *one.rcps) for document in level)
        single = (document for document in (one.boundary, one.resource) if document)
        return [*one.identity, *single, *(one.session or ()), *levels]

    def _callers(self) -> Iterator[dict[str, str]]:
        """Yield who the caller may be, as a question names it."""
        caller = self.request.caller
        if not caller.in_iam:
            yield {"caller": caller.name or ""}
            return
        text = repr(self._written())
        found = [self.by, *_PRINCIPAL.findall(text)] if _is_pattern(self.by) else [self.by]
        if self.by.endswith(":*"):  # anybody of an account, also who is yet to be made
            found += [f"{self.by.removesuffix('*')}{kind}/new" for kind in ("role", "user")]
        if _is_pattern(self.by):
            sessions = (one.split("/")[0:2] for one in _SESSION.findall(text))
            found += [f"{head}/{name}".replace(":sts:", ":iam:") for head, name in sessions]
        named = (plain(one).replace(":assumed-role/", ":role/") for one in found)
        unique = caller.unique_id or ""
        for arn in dict.fromkeys(named):
            if arn not in caller.names:
                continue
            if ":role/" in arn:
                yield from self._sessions(arn, text, unique)
            elif caller.kind is not Kind.SESSION:
                yield {"caller": arn, "unique_id": unique or "AIDAEXAMPLEUSERUSER09"}

    def _sessions(self, role: str, text: str, unique: str) -> Iterator[dict[str, str]]:
        name = role.rpartition("/")[2]
        head = role.replace(":iam:", ":sts:").partition(":role/")[0]
        chosen = [one.rpartition("/")[2] for one in _SESSION.findall(text) if f"/{name}/" in one]
        if self.request.caller.session:
            chosen = [self.request.caller.session]
        for session in dict.fromkeys((*(plain(one) for one in chosen), "session")):
            yield {
                "caller": f"{head}:assumed-role/{name}/{session}",
                "role": role,
                "unique_id": unique or "AROAEXAMPLEROLEROLE09",
            }

    def _keys(self) -> dict[str, list[Values]]:
        """Return what each condition key may have, what the policies name first."""
        context = ask(self.request).context
        stated: dict[str, list[Condition]] = {}
        for document in self._written():
            for statement in document.statements:
                for one in statement.conditions:
                    stated.setdefault(one.key.lower(), []).append(one)
        for key in context.values:
            stated.setdefault(key, [])
        named = [*self._in_resources(), *_in_conditions(chain(*stated.values()))]
        for key, _ in named:
            stated.setdefault(key, [])
        found: dict[str, list[Values]] = {}
        for key, conditions in stated.items():
            near = [text for one in conditions for text in _near(one, context)]
            texts = list(dict.fromkeys([*near, *(one for at, one in named if at == key)]))
            if key not in _DERIVED:
                found[key] = list(_values(key, texts, context)) or [None]
        return found

    def _in_resources(self) -> Iterator[tuple[str, str]]:
        """Yield, of variables in resources, the value by which this request's is matched."""
        statements = (one for document in self._written() for one in document.statements)
        elements = (one.resources for one in statements if one.resources is not None)
        for pattern in (value for element in elements for value in element.values):
            for variable in _VARIABLE.finditer(pattern):
                head, tail = pattern[: variable.start()], pattern[variable.end() :]
                around = "(.+)".join(_expression(_VARIABLE.sub("*", one)) for one in (head, tail))
                matched = re.fullmatch(around, self.request.resource)
                if matched:
                    yield variable[1].lower(), matched[1]


def _in_conditions(conditions: Iterable[Condition]) -> list[tuple[str, str]]:
    """Return, of variables in conditions, the value that a test of them is put with."""
    values = (value for one in conditions for value in one.values)
    found = (variable for value in values for variable in _VARIABLE.finditer(value))
    return [(variable[1].lower(), variable[2] or "other") for variable in found]


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def _values(key: str, texts: list[str], context: Context) -> Iterator[Values]:
    known = context.value(key)
    several = key in ("aws:tagkeys", "sts:transitivetagkeys", "aws:calledvia")
    match known:
        case Absent():
            yield None
        case Exactly(values):
            yield list(values) if several else values[0]
        case Among(language, optional):
            rest = () if any(text.startswith("arn:") for text in texts) else ("other",)
            inside = [text for text in (*texts, *rest) if text in language]
            example = language.example()
            for text in inside or ([] if example is None else [example]):
                yield [text] if several else text
            if optional:
                yield None
        case Anything():
            yield from ([text] if several else text for text in (*texts, "other"))
            yield None


def _near(condition: Condition, context: Context) -> Iterator[str]:
    """Yield texts that a test accepts or just does not."""

    def resolved(variable: re.Match[str]) -> str:
        match context.value(variable[1]):
            case Exactly((single,)):
                return single
            case _:
                return variable[2] or "other"

    operator = condition.operator.rpartition(":")[2].removesuffix("IfExists")
    for value in condition.values:
        if operator == "Null":
            continue
        if "IpAddress" in operator:
            yield str(ip_network(value, strict=False)[0])
            yield "198.51.100.7"
        elif operator.startswith("Numeric"):
            yield from (value, str(int(float(value)) + 1), str(int(float(value)) - 1))
        elif operator == "Bool":
            yield from (value, "true" if value == "false" else "false")
        elif operator.startswith("Date"):
            yield from (value, "2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z")
        else:
            other = "arn:aws:sns:eu-west-1:999999999999:other" if "Arn" in operator else "other"
            yield from (plain(_VARIABLE.sub(resolved, value)), other)


def plain(pattern: str) -> str:
    """Return one text that a pattern matches."""
    return pattern.replace("*", "new").replace("?", "n")


def _is_pattern(text: str) -> bool:
    return bool({"*", "?"} & set(text))


def as_json(document: PolicyDocument, *, without: Iterable[str] = ()) -> Document:
    """Return a policy as JSON has it, without the statements of these names."""
    left = set(without)
    kept = [_statement(one) for one in document.statements if one.name not in left]
    return {"Version": document.version, "Statement": kept}


def _together(documents: Iterable[PolicyDocument]) -> Document:
    statements = [_statement(one) for document in documents for one in document.statements]
    return {"Version": "2012-10-17", "Statement": statements}


def _denies(document: PolicyDocument) -> Document:
    statements = [_statement(one) for one in document.statements if one.effect == "Deny"]
    return {"Version": document.version, "Statement": statements}


def _statement(one: Statement) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": one.effect}
    if one.principals is not None:
        found["NotPrincipal" if one.principals.negated else "Principal"] = _principals(one)
    found["NotAction" if one.actions.negated else "Action"] = list(one.actions.values)
    if one.resources is not None:
        found["NotResource" if one.resources.negated else "Resource"] = list(one.resources.values)
    for test in one.conditions:
        tests = found.setdefault("Condition", {}).setdefault(test.operator, {})
        tests[test.key] = list(test.values)
    return found


def _principals(one: Statement) -> Any:
    entries = one.principals.entries if one.principals else ()
    if any(entry.kind == "*" for entry in entries):
        return "*"
    found: dict[str, list[str]] = {}
    for entry in entries:
        found.setdefault(entry.kind, []).append(entry.value)
    return found
