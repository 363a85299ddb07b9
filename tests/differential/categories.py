"""Where the evaluator is known to differ, each with AWS's page on it.

A category says the question in other words, in which what it is about is plain. A disagreement is
excused only if engine and evaluator agree once those words are used: the difference is that
category's and nothing else's.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from itertools import combinations

from access.decide import limited_by_rcps
from tests.differential.edit import (
    each_document,
    each_resource,
    each_statement,
    each_test,
    texts,
    value,
)
from tests.differential.question import (
    UNDECIDED,
    Document,
    Question,
    Result,
    Statement,
    ours,
)
from tests.differential.vocabulary import KEYS

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_VARIABLE = re.compile(r"\$\{\s*([^\s,{}]+)\s*(?:,\s*'([^']*)'\s*)?\}")
_HALVES = {"0.0.0.0/0": ("0.0.0.0/1", "128.0.0.0/1"), "::/0": ("::/1", "8000::/1")}
_SEVERAL = frozenset(key.lower() for key, (_, several, *_) in KEYS.items() if several)
_NOTHING = "arn:aws:s3:::no-such-bucket"
_FULL: Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@dataclass(frozen=True, slots=True)
class Category:
    """One way in which the two read a question differently.

    Attributes:
        put: the question in plain words; the same question where the category has no say.
        to_us: whether it is the engine that must be told; else the evaluator is.
    """

    name: str
    reason: str
    source: str
    put: Callable[[Question], Question]
    to_us: bool = False


def _plain(operator: str) -> str:
    """Return an operator without ForAllValues or ForAnyValue."""
    return operator.rpartition(":")[2]


def _root(question: Question) -> Question:
    if question.kind != "Account":
        return question
    return replace(question, identity=[{"Version": "2012-10-17", "Statement": [_FULL]}])


def _federated(question: Question) -> Question:
    """Put what STS refuses to federated users without any Allow."""
    action = question.action.lower()
    refused = action.startswith("sts:") and action != "sts:getcalleridentity"
    if question.kind != "FederatedUser" or not refused:
        return question

    def change(statement: Statement) -> Statement | None:
        return statement if statement["Effect"] == "Deny" else None

    return each_statement(question, change)


def _direct(question: Question) -> Question:
    """Put the session policy as its Denies alone, where the resource grants to the session."""
    session, policy = question.session, question.policy
    if session is None or policy is None or question.home != question.account:
        return question
    direct = [
        statement
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        and any(one in ("*", question.caller) for one in _principals(statement))
    ]
    granting: Document = {**policy, "Statement": direct}
    alone = replace(question, policy=granting, identity=[], boundary=None, scps=[], rcps=[])
    denies = [one for one in session["Statement"] if one["Effect"] == "Deny"]
    opened: Document = {**session, "Statement": [_FULL, *denies]}
    granted = ours(replace(alone, session=opened)) != "ImplicitlyDenied"
    return replace(question, session=opened) if granted else question


def _principals(statement: Statement) -> list[str]:
    element = statement.get("Principal", {})
    return ["*"] if element == "*" else texts(element.get("AWS", []))


def _limited(question: Question) -> Question:
    """Put what no RCP limits without any."""
    return question if limited_by_rcps(question.action) else replace(question, rcps=[])


def _ids(question: Question) -> Question:
    def named(text: str) -> str:
        if text == question.unique_id:
            return question.role or question.caller
        return "arn:aws:iam::999999999999:user/deleted" if text[:4] in ("AIDA", "AROA") else text

    def change(statement: Statement) -> Statement:
        element = statement.get("Principal", "*")
        if element == "*" or "AWS" not in element:
            return statement
        principals = _principals(statement)
        changed = [named(one) for one in principals]
        return statement if changed == principals else {**statement, "Principal": {"AWS": changed}}

    return each_statement(question, change)


def _versions(question: Question) -> Question:
    asked = value(question, "aws:SourceIp")

    def change(operator: str, _: str, values: list[str]) -> tuple[str, list[str]] | None:
        if not _plain(operator).startswith("NotIpAddress") or not isinstance(asked, str):
            return operator, values
        version = ip_address(asked).version
        kept = [one for one in values if ip_network(one, strict=False).version == version]
        return (operator, kept) if kept else None

    return each_test(question, change)


def _everywhere(question: Question) -> Question:
    def change(operator: str, _: str, values: list[str]) -> tuple[str, list[str]]:
        return operator, [half for one in values for half in _HALVES.get(one, (one,))]

    return each_test(question, change)


def _void(question: Question) -> Question:
    """Leave out every Deny that a variable without value may void, and in Allows such values."""

    def unresolved(text: str) -> bool:
        return any(
            value(question, key) is None and not default and len(key) > 1
            for key, default in _VARIABLE.findall(text)
        )

    def resources(statement: Statement) -> Statement | None:
        named = [*texts(statement.get("Resource", [])), *texts(statement.get("NotResource", []))]
        tests = statement.get("Condition", {}).values()
        stated = (text for test in tests for values in test.values() for text in texts(values))
        if statement["Effect"] == "Deny":
            return None if any(map(unresolved, (*named, *stated))) else statement
        if "NotResource" not in statement:
            return statement
        kept = [_NOTHING if unresolved(one) else one for one in named]
        return statement if kept == named else {**statement, "NotResource": kept}

    def tests_of_allows(operator: str, key: str, values: list[str]) -> tuple[str, list[str]] | None:
        # Of an empty set no value matches, whatever a variable stands for.
        empty = operator.startswith("ForAnyValue:") and not value(question, key)
        if "Not" not in operator or empty:
            return operator, values
        kept = [one for one in values if not unresolved(one)]
        return (operator, kept) if kept else None

    return each_test(each_statement(question, resources), tests_of_allows, "Allow")


def _meaningless(question: Question) -> Question:
    def change(pattern: str) -> str:
        *head, resource = pattern.split(":", 5)
        kind = re.split("[/:]", resource, maxsplit=1)
        typed = len(kind) > 1 and head[2:3] != ["s3"] and re.search(r"[*?]", kind[0])
        service = re.search(r"[*?]", "".join(head[2:3]))
        return _NOTHING if "${" in ":".join(head) or service or typed else pattern

    return each_resource(question, change)


def _dates(question: Question) -> Question:
    """Put every date in one form."""

    def iso(text: str) -> str:
        try:
            seconds = text.isdigit()
            found = (
                datetime.fromtimestamp(int(text), UTC) if seconds else datetime.fromisoformat(text)
            )
        except ValueError:  # no date at all
            return text
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def change(operator: str, _: str, values: list[str]) -> tuple[str, list[str]]:
        return operator, [iso(one) for one in values] if dated(operator) else values

    def dated(operator: str) -> bool:
        return _plain(operator).startswith("Date")

    keys = ("aws:currenttime", "aws:epochtime", "aws:tokenissuetime")
    context = {
        key: iso(one) if key.lower() in keys and isinstance(one, str) else one
        for key, one in question.context.items()
    }
    return replace(each_test(question, change), context=context)


def _any_if_exists(question: Question) -> Question:
    def change(operator: str, _: str, values: list[str]) -> tuple[str, list[str]]:
        drops = operator.startswith("ForAnyValue:")
        return operator.removesuffix("IfExists") if drops else operator, values

    return each_test(question, change)


def _defaults(question: Question) -> Question:
    def put(text: str) -> str:
        def found(match: re.Match[str]) -> str:
            return "" if match[2] and value(question, match[1]) == "" else match[0]

        return _VARIABLE.sub(found, text)

    def change(operator: str, _: str, values: list[str]) -> tuple[str, list[str]]:
        return operator, [put(one) for one in values]

    return each_test(each_resource(question, put), change)


def _several(question: Question) -> Question:
    """Leave out every Deny that tests a key of several values by an operator for one."""

    def change(statement: Statement) -> Statement | None:
        tests = statement.get("Condition", {}).items()
        odd = any(
            ":" not in operator and operator != "Null" and key.lower() in _SEVERAL
            for operator, keys in tests
            for key in keys
        )
        return None if odd and statement["Effect"] == "Deny" else statement

    return each_statement(question, change)


def _empty(question: Question) -> Question:
    """Put a test of a set of values, where the request has the empty text, as its outcome."""

    def change(operator: str, key: str, values: list[str]) -> tuple[str, list[str]] | None:
        if ":" not in operator or value(question, key) not in ("", [""]):
            return operator, values
        return None if operator.startswith("ForAllValues:") else ("Null", ["true"])

    return each_test(question, change)


def _of_2008(question: Question) -> Question:
    def document(one: Document) -> Document:
        return {**one, "Version": "2012-10-17"} if "${" in repr(one) else one

    return each_document(question, document)


def _components(question: Question) -> Question:
    """Put the values of variables before the fifth colon in tests of ARNs."""

    def put(text: str) -> str:
        head = text.partition("${")[0]
        if head.count(":") >= 5 or head == text:
            return text
        return _VARIABLE.sub(lambda one: str(value(question, one[1]) or one[0]), text)

    def change(operator: str, _: str, values: list[str]) -> tuple[str, list[str]]:
        return operator, [put(one) for one in values] if "Arn" in operator else values

    return each_test(question, change)


CATEGORIES = (
    Category(
        "root user",
        "the root user has full access to its account without any policy",
        _GUIDE + "id_root-user.html",
        _root,
    ),
    Category(
        "federated user and STS",
        "a federated user can call no action of STS but GetCallerIdentity",
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html",
        _federated,
    ),
    Category(
        "session policy on a direct grant",
        "within an account, a session policy does not limit what the resource grants the session",
        _GUIDE + "reference_policies_evaluation-logic_policy-eval-denyallow.html",
        _direct,
    ),
    Category(
        "unique id",
        "a saved policy may name a principal by its unique id",
        _GUIDE + "reference_identifiers.html#identifiers-unique-ids",
        _ids,
    ),
    Category(
        "addresses of two versions",
        "an address is not in a range of the other version, and NotIpAddress says so",
        _GUIDE + "reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        _versions,
    ),
    Category(
        "every address",
        "a range of prefix 0 holds every address of its version",
        _GUIDE + "reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        _everywhere,
    ),
    Category(
        "variable without value",
        "it may void the whole statement: then a Deny is not counted on, and an Allow is",
        _GUIDE + "reference_policies_variables.html",
        _void,
    ),
    Category(
        "pattern that AWS does not document",
        "no variable before the fifth colon, no wildcard in service or type: an Allow may match",
        _GUIDE + "reference-arns.html#arns-paths",
        _meaningless,
        to_us=True,
    ),
    Category(
        "dates in two forms",
        "W3C dates and seconds since 1970 are both taken, and compared as instants",
        _GUIDE + "reference_policies_elements_condition_operators.html#Conditions_Date",
        _dates,
    ),
    Category(
        "ForAnyValue with IfExists",
        "AWS does not say which prevails where the key is absent: an Allow may hold",
        _GUIDE + "reference_policies_elements_condition_operators.html#Conditions_IfExists",
        _any_if_exists,
        to_us=True,
    ),
    Category(
        "RCP of another service",
        "RCPs limit requests to the services that AWS lists: no Deny of another's is counted on",
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html",
        _limited,
    ),
    Category(
        "default of an empty value",
        "a variable's default is for a key that is absent, not for one that is empty",
        _GUIDE + "reference_policies_variables.html#policy-vars-default-values",
        _defaults,
    ),
    Category(
        "several values, an operator for one",
        "a multivalued key needs ForAllValues or ForAnyValue: no Deny without is counted on",
        _GUIDE + "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        _several,
    ),
    Category(
        "set of one empty text",
        "it is an empty data set: ForAllValues holds, and ForAnyValue does not",
        _GUIDE + "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        _empty,
    ),
    Category(
        "variable in a policy of 2008",
        "policies of that version have no variables: `${` is text in them",
        _GUIDE + "reference_policies_variables.html",
        _of_2008,
        to_us=True,
    ),
    Category(
        "variable in an ARN's component",
        "tests of ARNs take variables in every component",
        _GUIDE + "reference_policies_variables.html#policy-vars-wheretouse",
        _components,
    ),
)


def explained(
    question: Question, theirs: Callable[[Question], Result], among: Iterable[Category] = CATEGORIES
) -> tuple[str, ...]:
    """Return the categories by which the two differ on a question; none if they do not tell it."""
    bearing = [one for one in among if one.put(question) != question]
    for size in range(1, len(bearing) + 1):
        for some in combinations(bearing, size):
            if _agree(question, some, theirs):
                return tuple(one.name for one in some)
    return ()


def _agree(
    question: Question, among: Iterable[Category], theirs: Callable[[Question], Result]
) -> bool:
    to_us = to_them = question
    for one in among:
        if one.to_us:
            to_us = one.put(to_us)
        else:
            to_them = one.put(to_them)
    return ours(to_us) in (UNDECIDED, theirs(to_them))
