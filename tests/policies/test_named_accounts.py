"""Only accounts that a policy names are asked about; it comes to the same as asking about all."""

import json

import pytest

from access.document import parse
from policies import prod_isolation
from policies.named_accounts import account_named, acted_on, let_in
from tests.policies import isolation_cases
from tests.policies.cases import allow, trust
from tests.policies.mutants import MUTANTS
from tests.policies.worlds import World, profiles

ONE, TWO = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{TWO}:role/R"


@pytest.mark.parametrize(
    ("text", "account"),
    [
        (ROLE, TWO),
        (f"arn:aws:iam::{TWO}:role/*", TWO),
        (f"arn:*:iam::{TWO}:role/R", None),
        (f"arn:aws:*:{TWO}:role/R", None),
        ("arn:aws:iam::2222*:role/R", None),
        ("arn:aws:iam::${aws:PrincipalAccount}:role/R", None),
        ("arn:aws:s3:::bucket", None),
        (f"arn:aws:iam::{TWO}*", None),
        ("*", None),
    ],
)
def test_an_account_is_named_only_where_no_pattern_could_mean_another(
    text: str, account: str | None
) -> None:
    assert account_named(text) == account


@pytest.mark.parametrize(
    ("principal", "accounts"),
    [
        ({"AWS": [ONE, ROLE]}, {ONE, TWO}),
        ({"AWS": f"arn:aws:sts::{TWO}:assumed-role/R/s"}, {TWO}),
        ({"Service": "ec2.amazonaws.com"}, set[str]()),
        ({"AWS": [ONE, "*"]}, None),
        ({"AWS": "AROAEXAMPLE"}, None),
        ("*", None),
    ],
)
def test_a_trust_lets_in_principals_of_the_accounts_that_it_names(
    principal: object, accounts: set[str] | None
) -> None:
    assert let_in(parse(trust(principal))) == accounts
    denied = parse(json.dumps(json.loads(trust(principal)) | {"Statement": []}))
    assert let_in(denied) == frozenset()
    assert let_in(parse(trust(principal).replace('"Principal"', '"NotPrincipal"'))) is None


def test_a_policy_allows_an_action_in_the_accounts_of_its_resources() -> None:
    def of(action: str, resource: str) -> frozenset[str] | None:
        document = json.loads(allow(action))
        document["Statement"][0]["Resource"] = resource
        return acted_on(parse(json.dumps(document)), "sts:AssumeRole")

    assert of("sts:Assume*", ROLE) == {TWO}
    assert of("STS:assumerole", "*") is None
    assert of("iam:*", "*") == frozenset()


def _changed() -> list[tuple[str, World]]:
    found: list[tuple[str, World]] = []
    for case in (*isolation_cases.CASES, *MUTANTS):
        world = World(case.account)
        case.change(world)
        found.append((case.title, world))
    return found


def _anywhere(*_: object) -> None:
    """What is said of a policy that names no account."""


def test_asking_about_the_named_comes_to_the_same_as_asking_about_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worlds = _changed()

    def found() -> dict[str, tuple[object, ...]]:
        return {
            title: prod_isolation.by_itself(world.registered(), profiles(), world.account)
            for title, world in worlds
        }

    named = found()
    assert sum(map(bool, named.values())) > len(isolation_cases.CASES) // 2
    monkeypatch.setattr(prod_isolation, "let_in", _anywhere)
    monkeypatch.setattr(prod_isolation, "acted_on", _anywhere)
    assert found() == named
