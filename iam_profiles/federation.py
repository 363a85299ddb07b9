"""Federation: which tokens of which issuer stand for a service user, claim by claim.

Sources:
    https://docs.github.com/en/actions/reference/security/oidc
    https://circleci.com/docs/openid-connect-tokens/
    https://docs.gitlab.com/ci/secrets/id_token_authentication/
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from typing import Final, assert_never

from iam_profiles.model import Federation, IssuerKind
from iam_profiles.source.federation import (
    CircleciEntry,
    FederationEntry,
    GithubEntry,
    GitlabEntry,
    OidcEntry,
)

STS_AUDIENCE: Final = "sts.amazonaws.com"
GITHUB: Final = "https://token.actions.githubusercontent.com"
_GITLAB: Final = "https://gitlab.com"
_CIRCLECI_PROJECT: Final = "oidc.circleci.com/project-id"


def federation_of(entry: FederationEntry) -> Federation:
    """Return the issuer, the audience and the claims that a token must have, exactly."""
    given = entry.github or entry.circleci or entry.gitlab or entry.oidc
    match given:
        case GithubEntry():
            return _github(given)
        case CircleciEntry():
            return _circleci(given)
        case GitlabEntry():
            return _gitlab(given)
        case OidcEntry():
            claims = (("sub", given.subject),)
            return _federation("oidc", given.issuer, given.audience, claims, given.variable)
        case None:
            raise ValueError("a federation has an issuer")
        case _:
            assert_never(given)


def overlap(one: Federation, two: Federation) -> bool:
    """Whether one token might stand for both: the same job can have one for each audience."""
    known = dict(one.claims)
    return one.issuer == two.issuer and all(
        known.get(claim, value) == value for claim, value in two.claims
    )


def _github(entry: GithubEntry) -> Federation:
    """A job with an environment has it in `sub` instead of the ref, which is then its own claim.

    Source: https://docs.github.com/en/actions/reference/security/oidc#filtering-for-a-specific-environment
    """
    where = f"environment:{entry.environment}" if entry.environment else f"ref:{entry.ref}"
    claims = (("sub", f"repo:{entry.repository}:{where}"),)
    if entry.environment and entry.ref:
        claims = (*claims, ("ref", entry.ref))
    return _federation("github", GITHUB, STS_AUDIENCE, claims)


def _circleci(entry: CircleciEntry) -> Federation:
    """`sub` names who began the job, so that no exact one is the project's: its id is a claim.

    Source: https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
    """
    issuer = f"https://oidc.circleci.com/org/{entry.organization}"
    claims = ((_CIRCLECI_PROJECT, entry.project),)
    return _federation("circleci", issuer, entry.organization, claims, "CIRCLE_OIDC_TOKEN_V2")


def _gitlab(entry: GitlabEntry) -> Federation:
    ref = f"ref_type:{entry.ref_type or 'branch'}:ref:{entry.ref}"
    return _federation(
        "gitlab",
        entry.url or _GITLAB,
        entry.audience or STS_AUDIENCE,
        (("sub", f"project_path:{entry.project}:{ref}"),),
        entry.variable or "AWS_OIDC_TOKEN",
    )


def _federation(
    kind: IssuerKind,
    issuer: str,
    audience: str,
    claims: tuple[tuple[str, str], ...],
    variable: str | None = None,
) -> Federation:
    return Federation(kind=kind, issuer=issuer, audience=audience, claims=claims, variable=variable)
