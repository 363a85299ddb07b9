"""The smallest organisation with federated identities besides."""

from datetime import date
from typing import Any

from iam_profiles.federation import federation_of
from iam_profiles.model import Federation, Grant, Profiles, Quotas, ServiceUser
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.source.federation import FederationEntry
from tests.domain.organisation import NONPROD, ROLE, SANDBOX, TEAM, organisation

GITHUB = "token.actions.githubusercontent.com"
ORG, PROJECT = "3d4f5a66-0b1c-4d2e-8f90-a1b2c3d4e5f6", "5e6f7a8b-1c2d-4e3f-9a0b-c1d2e3f4a5b6"
CIRCLECI = f"oidc.circleci.com/org/{ORG}"
WEB = "sts:AssumeRoleWithWebIdentity"


def tokens(kind: str, **given: Any) -> Federation:
    return federation_of(FederationEntry.model_validate({kind: given}))


MAIN = tokens("github", repository="example/payments", ref="refs/heads/main")
NEXT = tokens("github", repository="example/payments", ref="refs/heads/next")
GUARDED = tokens(
    "github", repository="example/payments", ref="refs/heads/main", environment="nonprod"
)
CIRCLE = tokens("circleci", organization=ORG, project=PROJECT)


Machine = tuple[str, IdentityClass, Federation, tuple[Any, ...]]
"""Its name, its class, its tokens, and on what it is granted the role."""


def federated(
    *machines: Machine,
    expires: date | None = None,
    quotas: Quotas | None = None,
) -> Profiles:
    """The smallest organisation, with these federated machines besides."""
    base = organisation(quotas=quotas)
    users = [
        ServiceUser(name=UserName(name), team=TEAM, identity_class=one, federation=federation)
        for name, one, federation, _ in machines
    ]
    grants = [
        Grant(
            team=TEAM,
            service_user=UserName(name),
            role=ROLE,
            on=on,
            mfa=False,
            expires=expires,
        )
        for name, _, _, on in machines
    ]
    return base.model_copy(
        update={
            "service_users": (*base.service_users, *users),
            "grants": (*base.grants, *grants),
        }
    )


CI = ("ci", IdentityClass.NONPROD, MAIN, (SANDBOX, NONPROD))
