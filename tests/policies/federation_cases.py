"""Cases of `only_declared_federation`: on the example's stacks, which trust no tokens at all."""

import json

from tests.policies.cases import Case, Change, unchanged
from tests.policies.worlds import UNKNOWN_INPUT, World

ROLE = ("Role", "PaymentsDeployRole")
PROVIDER = ("OpenIdConnectProvider", "token.actions.githubusercontent.com")
URL = "https://token.actions.githubusercontent.com"
OF_PROD = "arn:aws:iam::444444444444:oidc-provider/token.actions.githubusercontent.com"
WEB = "sts:AssumeRoleWithWebIdentity"


def provider(**inputs: object) -> Change:
    return lambda world: world.add(*PROVIDER, **inputs)


def trusting(principal: object, **more: object) -> Change:
    def change(world: World) -> None:
        allow = {"Effect": "Allow", "Principal": principal, "Action": WEB, **more}
        text = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        world.change(*ROLE, assumeRolePolicy=text)

    return change


CASES = [
    *(
        Case("passing", f"the example's {account} stack", account, unchanged)
        for account in ("state", "sandbox", "nonprod", "prod")
    ),
    Case(
        *("violating", "an issuer that no identity is of", "prod"),
        provider(url=URL, clientIdLists=["sts.amazonaws.com"]),
        f"no identity that may come here is of `{URL}`",
        PROVIDER,
    ),
    Case(
        *("violating", "a role trusts tokens that nobody declared", "nonprod"),
        trusting({"Federated": OF_PROD.replace("4" * 12, "3" * 12)}),
        "an issuer none of whose tokens is granted this role here",
        ROLE,
    ),
    Case(
        *("violating", "a role trusts a SAML provider", "sandbox"),
        trusting(
            {"Federated": "arn:aws:iam::222222222222:saml-provider/idp"},
            Action="sts:AssumeRoleWithSAML",
        ),
        "an issuer none of whose tokens is granted this role here",
        ROLE,
    ),
    Case(
        *("violating", "a role trusts whoever is vouched for", "nonprod"),
        trusting("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        "whoever any identity provider of the account vouches for",
        ROLE,
    ),
    Case(
        *("unknown", "an issuer's address", "prod"),
        provider(url=UNKNOWN_INPUT, clientIdLists=["a"]),
        "unknown until the update",
        PROVIDER,
    ),
    Case(
        *("unknown", "a trust policy", "nonprod"),
        lambda world: world.change(*ROLE, assumeRolePolicy=UNKNOWN_INPUT),
        "unknown until the update",
        ROLE,
    ),
    Case(
        *("near miss", "tokens are denied", "prod"),
        lambda world: world.rewrite(
            *(*ROLE, "assumeRolePolicy"),
            lambda document: document["Statement"].append(
                {"Effect": "Deny", "Principal": {"Federated": OF_PROD}, "Action": WEB}
            ),
        ),
    ),
    Case(
        *("near miss", "everybody, but not with tokens", "sandbox"),
        trusting("*", Action="sts:TagSession"),
    ),
]
