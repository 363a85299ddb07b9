"""Readers: roles by which a pipeline's own token reads one service user's key, and nothing else.

With one, no long-lived secret is left in the CI system that would open the store. A reader lets
nobody do more than the identity itself may: whoever reads the key is the identity.
"""

from collections.abc import Iterator

from iam_profiles.documents import ManagedPolicy, ReaderDocuments
from iam_profiles.model import Federation, Organization, Profiles, SecretsManager, ServiceUser
from iam_profiles.names import IdentityClass
from iam_profiles.paths import (
    boundary_path,
    policy_arn,
    reader_arn,
    reader_boundary_name,
    reader_path,
    reader_policy_name,
    secret_name,
    secret_pattern,
    state_account,
)
from iam_profiles.render_federation import exactly
from iam_profiles.render_policies import boundary_policy, managed_policy
from iam_profiles.statements import PolicyStatement, document

_READ = ("secretsmanager:GetSecretValue",)


def readers(profiles: Profiles) -> tuple[ReaderDocuments, ...]:
    """Return the reader of each service user that has one; in state alone."""
    organization = profiles.organization
    account = state_account(organization).id
    return tuple(
        ReaderDocuments(
            name=user.name,
            path=reader_path(organization, user.identity_class),
            arn=reader_arn(organization, user.identity_class, user.name),
            boundary_arn=policy_arn(
                organization,
                account,
                boundary_path(organization),
                reader_boundary_name(user.identity_class),
            ),
            trust=_trust(organization, tokens),
            policy=managed_policy(
                organization,
                account,
                reader_policy_name(user.name),
                f"Reads the key of {user.name}",
                document(_reads(organization, secret_of(organization, user))),
            ),
        )
        for user, tokens in with_reader(profiles)
    )


def with_reader(profiles: Profiles) -> Iterator[tuple[ServiceUser, Federation]]:
    """Yield the service users that have a reader, each with the tokens that open it."""
    for user in profiles.service_users:
        if user.reader is not None:
            yield user, user.reader


def reader_boundaries(profiles: Profiles) -> tuple[ManagedPolicy, ...]:
    """Return the boundary of each class's readers: reading keys of the class is the most."""
    organization = profiles.organization
    classes = sorted({user.identity_class for user, _ in with_reader(profiles)})
    return tuple(
        boundary_policy(
            organization,
            state_account(organization).id,
            reader_boundary_name(one),
            f"The most that a reader of class {one} may do",
            document(_reads(organization, _secrets_of(organization, one))),
        )
        for one in classes
    )


def secret_of(organization: Organization, user: ServiceUser) -> str:
    """Return the pattern of the ARN of a service user's secret."""
    place = (organization.partition, organization.region, state_account(organization).id)
    return secret_pattern(*place, secret_name(organization, user.identity_class, user.name))


def _secrets_of(organization: Organization, identity_class: IdentityClass) -> str:
    account = state_account(organization).id
    prefix = f"arn:{organization.partition}:secretsmanager:{organization.region}:{account}:secret:"
    return f"{prefix}{organization.secrets_store.prefix}/{identity_class}/*"


def _reads(organization: Organization, secrets: str) -> Iterator[PolicyStatement]:
    yield PolicyStatement("ReadKeys", "Allow", _READ, (secrets,))
    store = organization.secrets_store
    if isinstance(store, SecretsManager) and store.customer_key:
        domain = "amazonaws.com.cn" if organization.partition == "aws-cn" else "amazonaws.com"
        via = ("kms:ViaService", (f"secretsmanager.{organization.region}.{domain}",))
        account = state_account(organization).id
        keys = f"arn:{organization.partition}:kms:{organization.region}:{account}:key/*"
        yield PolicyStatement(
            "DecryptThroughTheStore",
            "Allow",
            ("kms:Decrypt",),
            (keys,),
            conditions=(("StringEquals", (via,)),),
        )


def _trust(organization: Organization, tokens: Federation) -> str:
    values = (tokens.claims[0][1],)
    account = state_account(organization).id
    return document([exactly(organization, account, "AllowReader", tokens, values)])
