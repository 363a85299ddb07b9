"""Managed policies that no condition tells apart are decided on once, and each is told by name."""

from collections.abc import Iterator
from typing import Any

import pytest

from access.alike import Alike
from access.catalogue import steps
from access.checker import check
from access.condition import Tested as Outcome
from access.condition import test as outcome
from access.context import Absent, Context, Exactly
from access.document import parse
from access.prove import Answer, Proof, Proofs, Refuted, prove
from access.rule import Rule
from access.variant import POLICY, Variant
from access.world import World
from tests.access.delegation import attaching, delegate
from tests.access.small_world import STATE, N, R, allow, deny, doc

AWS = "arn:aws:iam::aws:policy"
JOBS = f"{AWS}/job-function/*"
OF_JOB = attaching(JOBS, "ArnLike")
ATTACHING = [
    allow("iam:AttachUserPolicy", N, **OF_JOB),
    deny("iam:AttachUserPolicy", **attaching(f"{AWS}/AdministratorAccess")),
]


def inventory(size: int, harmful: str = "") -> World:
    """Return a world with so many of AWS's policies; one of them gives R away."""
    names = [*(f"Read-{at}" for at in range(size)), *(f"job-function/{at}" for at in range(size))]
    policies = {f"{AWS}/{name}": doc(allow("s3:GetObject"), name) for name in names}
    if harmful:
        policies[f"{AWS}/{harmful}"] = doc(allow("sts:AssumeRole", R), harmful)
    return delegate(*ATTACHING, policies=policies)


def proofs(one: World) -> Proofs:
    found = prove(one, [Rule.of((N,), (R,))])
    for result in found.results:
        if isinstance(result, Proof):
            assert check(one, result.certificate, steps()) == ()
    return found


def decisions(size: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often the conditions of a statement are asked."""
    count = 0

    def counting(*asked: Any) -> Outcome:
        nonlocal count
        count += 1
        return outcome(*asked)

    one = inventory(size)
    monkeypatch.setattr("access.reach.clauses.test", counting)
    prove(one, [Rule.of((N,), (R,))])
    return count


def test_ten_times_as_many_policies_take_no_more_decisions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many = (decisions(size, monkeypatch) for size in (10, 100))
    assert few == many


@pytest.mark.parametrize("harmful", ["job-function/0", "job-function/3", "job-function/Last"])
def test_each_of_the_policies_that_are_alike_may_be_the_one(harmful: str) -> None:
    (result,) = proofs(inventory(5, harmful)).results
    assert isinstance(result, Refuted)
    assert f"{N} with {AWS}/{harmful}" in [hop.gained.of for hop in result.path]
    assert not [doubt for hop in result.path for doubt in hop.doubts]


def test_a_policy_that_is_not_alike_is_not_attached() -> None:
    one = inventory(5, "Read-2")
    assert not isinstance(proofs(one).results[0], Refuted)


def test_a_group_that_stands_for_its_first_alone_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(way: Variant) -> Iterator[str]:
        yield way.of

    monkeypatch.setattr(Variant, "comes_to", property(first))
    assert prove(inventory(5, "job-function/3"), [Rule.of((N,), (R,))]).answer is not Answer.REFUTED


CONDITIONS: list[dict[str, Any]] = [
    attaching(f"{AWS}/B"),
    attaching(f"{AWS}/b", "StringEqualsIgnoreCase"),
    attaching([f"{AWS}/A", f"{AWS}/C"], "ArnNotEquals"),
    attaching(f"{AWS}/?", "StringLike"),
    attaching(f"{AWS}/?", "StringEquals"),
    attaching([f"{AWS}/AA*", "arn:aws:iam::*:policy/AB"], "ForAnyValue:ArnLike"),
    attaching("aws:policy/*", "ArnLike"),
    attaching("arn:aws:iam::${aws:PrincipalAccount}:policy/*", "ArnLike"),
    attaching("arn:aws:iam::${aws:ResourceAccount}:policy/AB", "ArnLike"),
    attaching("arn:aws:iam::aws:policy/${aws:PrincipalTag/team}", "StringLike"),
    attaching("arn:aws:iam::aws:policy/${aws:PrincipalTag/team, 'C'}", "StringNotLike"),
    attaching("arn:aws:iam::aws:policy/${*}"),
    attaching("arn:aws:iam::aws:policy/${no such}"),
    attaching("true", "Null"),
    attaching("7", "NumericEquals"),
    attaching("7", "NoSuchOperator"),
    attaching(f"{AWS}/\N{LATIN SMALL LETTER LONG S}", "StringEqualsIgnoreCase"),
    {"StringEquals": {"aws:PrincipalTag/may": "${iam:PolicyARN}"}},
]
NAMES = ["A", "B", "b", "C", "*", "AA", "AAB", "AB", "S", "blue", "policy/A"]
ARNS = [*(f"{AWS}/{one}" for one in NAMES), *(f"arn:aws:iam::{STATE}:policy/{n}" for n in NAMES)]
ELSEWHERE = "999999999999"
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"aws:PrincipalTag/team": Absent(), "aws:ResourceAccount": Exactly((STATE,))},
    {"aws:PrincipalTag/team": Exactly(("A*",)), "aws:ResourceAccount": Exactly((ELSEWHERE,))},
    {"aws:PrincipalTag/team": Exactly(("blue",)), "aws:PrincipalTag/may": Exactly((ARNS[1],))},
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: str(one)[:60])
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_nothing_tells_those_of_a_group_apart(condition: dict[str, Any], version: str) -> None:
    document = doc(allow("iam:AttachUserPolicy", **condition)).text or ""
    document = document.replace("2012-10-17", version)
    (statement,) = parse(document).statements
    (asked,) = statement.conditions
    for group in Alike(POLICY, [document]).groups(STATE, ARNS):
        for more in CONTEXTS:
            context = Context({"aws:PrincipalAccount": Exactly((STATE,)), **more})
            found = {
                (said.truth, said.callers, bool(said.unsupported))
                for one in group
                for said in [
                    outcome((asked,), context.given({POLICY: Exactly((one,))}), statement.version)
                ]
            }
            assert len(found) == 1, group


@pytest.mark.parametrize(
    ("condition", "groups"),
    [
        (attaching(f"{AWS}/B"), 3),
        (attaching("arn:aws:iam::${aws:PrincipalAccount}:policy/*", "ArnLike"), 2),
        (attaching([f"{AWS}/AA*", f"{AWS}/C"], "ArnLike"), 2),
        (attaching("arn:aws:iam::aws:policy/${aws:PrincipalTag/team}"), len(NAMES) + 1),
        ({"StringEquals": {"aws:PrincipalTag/may": "${iam:PolicyARN}"}}, len(ARNS)),
    ],
    ids=lambda one: str(one)[:60],
)
def test_what_nothing_tells_apart_is_one_group(condition: dict[str, Any], groups: int) -> None:
    document = doc(allow("iam:AttachUserPolicy", **condition)).text
    assert len(Alike(POLICY, [document]).groups(STATE, ARNS)) == groups
