"""The isolation rules start from federated identities' tokens, too: an opened trust is refuted."""

import json
from dataclasses import replace
from typing import Any

import pytest

from access.prove import Answer, Refuted
from access.rule import WebIdentity
from access.verified import verified
from access.world import Document, World
from iam_profiles.model import Profiles
from iam_profiles.names import IdentityClass
from iam_profiles.render import render_all
from iam_profiles.world import rules, world
from tests.domain.federated import CI, CIRCLE, GITHUB, WEB, federated
from tests.domain.organisation import PROD, ROLE, STATE


def model(profiles: Profiles) -> World:
    return world(render_all(profiles).documents.values())


def opened(profiles: Profiles, account: str, **change: Any) -> World:
    """The organisation with one more statement in the trust of a role."""
    found = model(profiles)
    (arn,) = (one for one in found.roles if f"::{account}:" in one and one.endswith(f"/{ROLE}"))
    trust = json.loads(found.roles[arn].trust.text or "")
    provider = f"arn:aws:iam::{account}:oidc-provider/{GITHUB}"
    more = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": WEB, **change}
    trust["Statement"].append(more)
    text = Document.of(trust, name=found.roles[arn].trust.name)
    return replace(found, roles={**found.roles, arn: replace(found.roles[arn], trust=text)})


def test_the_classes_rule_starts_from_its_tokens_too() -> None:
    (rule,) = rules(federated(CI, ("circle", IdentityClass.PROD, CIRCLE, (PROD,))))
    claims = (("aud", "sts.amazonaws.com"), ("sub", "repo:example/payments:ref:refs/heads/main"))
    assert [one for one in rule.from_ if isinstance(one, WebIdentity)] == [
        WebIdentity(GITHUB, claims)
    ]


def test_the_model_with_federated_identities_is_proved_and_the_certificate_taken() -> None:
    profiles = federated(CI, ("circle", IdentityClass.PROD, CIRCLE, (STATE, PROD)))
    proofs = verified(model(profiles), rules(profiles))
    assert (proofs.answer, proofs.checked) == (Answer.PROVED, True)


SUB = f"{GITHUB}:sub"
OPENINGS: dict[str, dict[str, Any]] = {
    "no condition at all": {},
    "the audience alone": {"Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}},
    "every repository of the owner": {"Condition": {"StringLike": {SUB: "repo:example/*"}}},
    "every branch": {"Condition": {"StringLike": {SUB: "repo:example/payments:*"}}},
    "the subject, if there is one": {
        "Condition": {"StringEqualsIfExists": {SUB: "repo:example/payments:ref:refs/heads/main"}}
    },
    "any but another subject": {"Condition": {"StringNotEquals": {SUB: "repo:other/other"}}},
    "the nonprod identity's very subject": {
        "Condition": {"StringEquals": {SUB: "repo:example/payments:ref:refs/heads/main"}}
    },
    "the subject among prod's": {
        "Condition": {
            "StringEquals": {SUB: ["repo:a/b:ref:c", "repo:example/payments:ref:refs/heads/main"]}
        }
    },
    "another case of the key": {
        "Condition": {"StringEquals": {SUB.upper(): "repo:example/payments:ref:refs/heads/main"}}
    },
    "everybody": {"Principal": "*"},
}


@pytest.mark.parametrize("change", OPENINGS.values(), ids=OPENINGS)
@pytest.mark.parametrize("account", ["444444444444", "111111111111"])
def test_a_trust_opened_to_the_tokens_is_refuted_with_the_first_hop(
    change: dict[str, Any], account: str
) -> None:
    profiles = federated(CI)
    (result,) = verified(opened(profiles, account, **change), rules(profiles)).results
    assert isinstance(result, Refuted)
    first = result.path[0].json()
    assert first["from"].startswith(f"web identity of {GITHUB}")
    assert first["requests"] == [{"action": WEB, "resource": first["to"]}]


HARMLESS: dict[str, dict[str, Any]] = {
    "prod's own subject": {
        "Condition": {"StringEquals": {SUB: "repo:example/payments:environment:prod"}}
    },
    "a star that `StringEquals` takes for itself": {
        "Condition": {"StringEquals": {SUB: "repo:example/*"}}
    },
    "another issuer": {
        "Principal": {"Federated": "arn:aws:iam::444444444444:oidc-provider/gitlab.com"}
    },
    "the subject, denied": {"Effect": "Deny"},
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_trust_that_opens_nothing_to_the_tokens_is_still_proved(change: dict[str, Any]) -> None:
    profiles = federated(CI)
    found = verified(opened(profiles, "444444444444", **change), rules(profiles))
    assert found.answer is Answer.PROVED


def test_a_role_of_the_token_that_may_go_on_to_production_is_refuted_by_chaining() -> None:
    profiles = federated(CI)
    found = opened(
        profiles,
        "444444444444",
        Principal={"AWS": "arn:aws:iam::333333333333:role/PlatformRoles/DeployRole"},
        Action="sts:AssumeRole",
    )
    policy = next(
        arn for arn in found.policies if ":333333333333:" in arn and "DeployRolePolicy" in arn
    )
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    document = Document.of({"Version": "2012-10-17", "Statement": [allow]}, name="its policy")
    found = replace(found, policies={**found.policies, policy: document})
    (result,) = verified(found, rules(profiles)).results
    assert isinstance(result, Refuted)
