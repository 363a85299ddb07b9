"""`only_declared_federation`, and `prod_isolation` where identities are federated."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from iam_profiles.federation import federation_of
from iam_profiles.model import Grant, Profiles, ServiceUser
from iam_profiles.names import IdentityClass, RoleName, TeamName, TierName, UserName
from iam_profiles.source.federation import FederationEntry
from policies import identities_only_assume_roles, only_declared_federation, prod_isolation
from policies.finding import Finding
from tests.policies.cases import Case
from tests.policies.federation_cases import CASES, PROVIDER, ROLE, WEB
from tests.policies.judged import judged
from tests.policies.worlds import UNKNOWN_INPUT, World, profiles

HOST = "token.actions.githubusercontent.com"
AUD, SUB = f"{HOST}:aud", f"{HOST}:sub"
READER = "payments-nonprod"
MAIN = "repo:example/payments:ref:refs/heads/main"
DEPLOY = "repo:example/payments:environment:prod"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law(case: Case) -> None:
    judged(only_declared_federation.judge, case)


def _machine(name: str, of: IdentityClass, **claims: str) -> ServiceUser:
    entry = FederationEntry.model_validate({"github": {"repository": "example/payments", **claims}})
    team = TeamName("payments")
    return ServiceUser(
        name=UserName(name), team=team, identity_class=of, federation=federation_of(entry)
    )


@cache
def federated() -> Profiles:
    """The example, with a job of each class that deploys payments by its own tokens."""
    machines = {
        ("nonprod",): _machine("ci-nonprod", IdentityClass.NONPROD, ref="refs/heads/main"),
        ("prod",): _machine("ci-prod", IdentityClass.PROD, environment="prod"),
    }
    grants = [
        Grant(
            team=machine.team,
            service_user=machine.name,
            role=RoleName("PaymentsDeployRole"),
            on=tuple(map(TierName, tiers)),
            mfa=False,
        )
        for tiers, machine in machines.items()
    ]
    base = profiles()
    reader = _machine("reads", IdentityClass.NONPROD, ref="refs/heads/deploy").federation
    others = tuple(
        user.model_copy(update={"reader": reader}) if user.name == READER else user
        for user in base.service_users
    )
    return base.model_copy(
        update={
            "service_users": (*others, *machines.values()),
            "grants": (*base.grants, *grants),
        }
    )


def found(account: str, change: Callable[[World], object], law: Any) -> tuple[Finding, ...]:
    world = World(account, federated())
    change(world)
    return law.judge(world.registered(), federated(), world.account)


def nothing(_: World) -> None:
    """As the model renders it."""


@pytest.mark.parametrize("law", [only_declared_federation, prod_isolation])
@pytest.mark.parametrize("account", ["state", "sandbox", "nonprod", "prod"])
def test_what_is_declared_passes(account: str, law: Any) -> None:
    assert found(account, nothing, law) == ()


def by_token(**change: Any) -> Callable[[World], object]:
    """Change the statement that lets in the declared tokens."""

    def edit(document: dict[str, Any]) -> None:
        (statement,) = (one for one in document["Statement"] if "Federated" in one["Sid"])
        statement.update(change)

    return lambda world: world.rewrite(*ROLE, "assumeRolePolicy", edit)


def exactly(sub: Any = DEPLOY, aud: Any = "sts.amazonaws.com", **more: Any) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {AUD: aud, SUB: sub, **more}}}


MUTANTS: dict[str, dict[str, Any]] = {
    "no condition": {"Condition": {}},
    "no subject": {"Condition": {"StringEquals": {AUD: "sts.amazonaws.com"}}},
    "no audience": {"Condition": {"StringEquals": {SUB: DEPLOY}}},
    "a pattern of subjects": {
        "Condition": {
            "StringEquals": {AUD: "sts.amazonaws.com"},
            "StringLike": {SUB: "repo:example/payments:*"},
        }
    },
    "the subject, but as a pattern": {
        "Condition": {"StringEquals": {AUD: "sts.amazonaws.com"}, "StringLike": {SUB: DEPLOY}}
    },
    "the subject, if there is one": {
        "Condition": {
            "StringEquals": {AUD: "sts.amazonaws.com"},
            "StringEqualsIfExists": {SUB: DEPLOY},
        }
    },
    "any of these subjects": {
        "Condition": {
            "StringEquals": {AUD: "sts.amazonaws.com"},
            "ForAllValues:StringEquals": {SUB: DEPLOY},
        }
    },
    "the other class's subject": exactly(MAIN),
    "the other class's subject beside its own": exactly([DEPLOY, MAIN]),
    "a subject that nobody declared": exactly("repo:example/other:environment:prod"),
    "another audience": exactly(aud="https://github.com/example"),
    "another audience beside its own": exactly(aud=["sts.amazonaws.com", "other"]),
    "another issuer": {
        "Principal": {"Federated": "arn:aws:iam::444444444444:oidc-provider/gitlab.com"}
    },
    "another account's provider": {
        "Principal": {"Federated": f"arn:aws:iam::333333333333:oidc-provider/{HOST}"}
    },
    "the issuer's name alone": {"Principal": {"Federated": HOST}},
    "tags of the token's": {"Action": [WEB, "sts:TagSession"]},
    "whatever STS offers": {"Action": "sts:*"},
    "everybody": {"Principal": "*"},
}


@pytest.mark.parametrize("change", MUTANTS.values(), ids=MUTANTS)
def test_a_trust_that_lets_in_more_than_the_declared_is_refused(change: dict[str, Any]) -> None:
    findings = found("prod", by_token(**change), only_declared_federation)
    assert [one for one in findings if "PaymentsDeployRole" in str(one.urn)]


@pytest.mark.parametrize(
    "title", [one for one in MUTANTS if "its own" in one or one.startswith(("no ", "a pattern"))]
)
def test_prod_isolation_refuses_it_too_where_the_class_must_never_come(title: str) -> None:
    assert found("prod", by_token(**MUTANTS[title]), prod_isolation)


NARROWER: dict[str, dict[str, Any]] = {
    "as declared, laid out differently": exactly([DEPLOY], ["sts.amazonaws.com"]),
    "another case of the key": {
        "Condition": {"StringEquals": {AUD.upper(): "sts.amazonaws.com", SUB: DEPLOY}}
    },
    "one claim more": exactly(**{f"{HOST}:ref": "refs/heads/main"}),
    "and only until a day": {
        "Condition": {
            **exactly()["Condition"],
            "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
        }
    },
}


@pytest.mark.parametrize("change", NARROWER.values(), ids=NARROWER)
def test_a_trust_that_lets_in_no_more_passes(change: dict[str, Any]) -> None:
    assert found("prod", by_token(**change), only_declared_federation) == ()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"clientIdLists": ["sts.amazonaws.com", "other"]}, "its audiences are"),
        ({"clientIdLists": []}, "its audiences are none"),
        ({"clientIdLists": UNKNOWN_INPUT}, "its audiences are unknown"),
        ({"thumbprintLists": ["f" * 40]}, "it has thumbprints"),
        ({"url": "https://token.example.org"}, "no identity that may come here is of"),
        ({"url": f"https://{HOST}/another"}, "no identity that may come here is of"),
    ],
)
def test_an_identity_provider_that_trusts_more_is_refused(
    inputs: dict[str, Any], said: str
) -> None:
    findings = found(
        "prod", lambda world: world.change(*PROVIDER, **inputs), only_declared_federation
    )
    assert [one for one in findings if said in one.found]


def test_an_identity_provider_that_is_missing_or_twice_there_is_refused() -> None:
    (gone,) = found("prod", lambda world: world.remove(*PROVIDER), only_declared_federation)
    assert "is not registered" in gone.found
    inputs = {"url": f"https://{HOST}", "clientIdLists": ["sts.amazonaws.com"]}
    (twice,) = found(
        "prod", lambda world: world.add(PROVIDER[0], "again", **inputs), only_declared_federation
    )
    assert "twice" in twice.found


def test_a_role_that_the_identity_is_not_granted_does_not_trust_it() -> None:
    def copy(world: World) -> None:
        text = world.resources["aws:iam/role:Role", ROLE[1]]["assumeRolePolicy"]
        (token,) = (one for one in json.loads(text)["Statement"] if "Federated" in one["Sid"])
        world.rewrite(
            *("Role", "PlatformVPCRole", "assumeRolePolicy"),
            lambda document: document["Statement"].append(token),
        )

    (finding,) = found("prod", copy, only_declared_federation)
    assert "none of whose tokens is granted this role here" in finding.found


def test_a_user_of_a_federated_identitys_name_is_nobody() -> None:
    def add(world: World) -> None:
        path = "/PlatformServiceUsers/prod/"
        world.add("User", "ci-prod", name="ci-prod", path=path)

    findings = found("state", add, identities_only_assume_roles)
    assert any("nobody in the model" in one.found for one in findings)


OF_READER = ("Role", READER)


def _copied(world: World) -> None:
    inputs = world.resources["aws:iam/role:Role", READER]
    world.add("Role", "copy", **{**inputs, "name": "copy"})
    world.add("RolePolicyAttachmentsExclusive", "copy", roleName="copy", policyArns=[])
    world.add("RolePoliciesExclusive", "copy", roleName="copy", policyNames=[])


def _elsewhere(world: World) -> None:
    world.change(*OF_READER, path="/")


READERS: dict[str, tuple[Callable[[World], object], str]] = {
    "a branch more": (
        lambda world: world.rewrite(
            *(*OF_READER, "assumeRolePolicy"),
            lambda document: document["Statement"][0]["Condition"]["StringEquals"].update(
                {SUB: [MAIN, "repo:example/payments:ref:refs/heads/deploy"]}
            ),
        ),
        "it trusts others than the model says",
    ),
    "no boundary": (
        lambda world: world.change(*OF_READER, permissionsBoundary=None),
        "it does not have the boundary",
    ),
    "another policy besides": (
        lambda world: world.add(
            "RolePolicyAttachment", "x", role=READER, policyArn="arn:aws:iam::aws:policy/x"
        ),
        "it carries other than",
    ),
    "every key of the class": (
        lambda world: world.rewrite(
            *("Policy", f"reader-{READER}", "policy"),
            lambda document: document["Statement"][0].update(
                Resource="arn:aws:secretsmanager:eu-west-1:111111111111:secret:iam-profiles/*"
            ),
        ),
        "its policy says something else",
    ),
    "another's reader": (_copied, "is the reader of nobody"),
    "a role of its name elsewhere": (_elsewhere, "is not registered"),
    "gone": (lambda world: world.remove(*OF_READER), "is not registered"),
    "not sealed": (
        lambda world: world.remove("RolePoliciesExclusive", READER),
        "keeps what is attached to it by other means",
    ),
    "a wider boundary": (
        lambda world: world.rewrite(
            *("Policy", "boundary-readers-nonprod", "policy"),
            lambda document: document["Statement"][0].update(Resource="*"),
        ),
        "says something else than the model",
    ),
}


@pytest.mark.parametrize(("change", "said"), READERS.values(), ids=READERS)
def test_a_reader_that_is_not_the_models_is_refused(
    change: Callable[[World], object], said: str
) -> None:
    findings = (
        *found("state", change, only_declared_federation),
        *found("state", change, identities_only_assume_roles),
    )
    assert [one for one in findings if said in one.found], findings


def test_a_reader_elsewhere_than_in_state_is_refused() -> None:
    def add(world: World) -> None:
        path = "/PlatformReaders/nonprod/"
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        world.add("Role", READER, name=READER, path=path, assumeRolePolicy=trust)

    findings = found("nonprod", add, only_declared_federation)
    assert any("is the reader of nobody" in one.found for one in findings)


def test_an_issuer_with_capitals_in_its_path_is_let_in_as_declared() -> None:
    entry = {"oidc": {"issuer": "https://a.example.org/B", "audience": "aws", "subject": "deploy"}}
    tokens = federation_of(FederationEntry.model_validate(entry))
    base = federated()
    users = [
        one.model_copy(update={"federation": tokens}) if one.name == "ci-prod" else one
        for one in base.service_users
    ]
    model = base.model_copy(update={"service_users": tuple(users)})
    world = World("prod", model)
    assert only_declared_federation.judge(world.registered(), model, world.account) == ()
