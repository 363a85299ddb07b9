"""Readers: roles by which a pipeline's own token reads one service user's key, and nothing else.

With one, no long-lived secret is left in the CI system that would open the store. A reader lets
nobody do more than the identity itself may: whoever reads the key is the identity.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-retrieval-authorization.html
Source: https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from iam_profiles.documents import ManagedPolicy, ReaderDocuments
from iam_profiles.model import (
    Federation,
    Organization,
    ParameterStore,
    Profiles,
    SecretsManager,
    ServiceUser,
)
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.paths import (
    boundary_path,
    parameter_arn,
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
from iam_profiles.statements import PolicyStatement, document, via_service

_CONTEXT: Final = {"secretsmanager": "SecretARN", "ssm": "PARAMETER_ARN"}
"""Where each service tells KMS what it encrypts."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a reader reads: one identity's key, or, for the boundary, those of a class."""

    action: str
    resource: str
    encrypted: str
    """The pattern of the ARN that AWS encrypts it for."""


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
                document(_reads(organization, _kept(organization, user.identity_class, user.name))),
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
            document(_reads(organization, _kept(organization, one, None))),
        )
        for one in classes
    )


def _kept(
    organization: Organization, identity_class: IdentityClass, user: UserName | None
) -> _Kept:
    """Return where a service user's key is, or any key of the class; the store is AWS's own."""
    place = (organization.partition, organization.region, state_account(organization).id)
    if isinstance(organization.secrets_store, ParameterStore):
        # The path that is asked for decides, not the parameters below it.
        name = secret_name(organization, identity_class, user or UserName("*"))
        path = parameter_arn(*place, name)
        return _Kept("ssm:GetParametersByPath", path, f"{path}/*" if user else path)
    if user is None:
        anything = secret_name(organization, identity_class, UserName("*"))
        pattern = secret_pattern(*place, anything).removesuffix("-??????")
    else:
        pattern = secret_pattern(*place, secret_name(organization, identity_class, user))
    return _Kept("secretsmanager:GetSecretValue", pattern, pattern)


def _reads(organization: Organization, kept: _Kept) -> Iterator[PolicyStatement]:
    yield PolicyStatement("ReadKeys", "Allow", (kept.action,), (kept.resource,))
    if (key := _encrypting(organization)) is None:
        return
    service = kept.action.partition(":")[0]
    via = via_service(organization.partition, organization.region, service)
    # Whatever else the key encrypts, this decrypts nothing but what is kept for the identity.
    for_it = (f"kms:EncryptionContext:{_CONTEXT[service]}", (kept.encrypted,))
    yield PolicyStatement(
        "DecryptThroughTheStore",
        "Allow",
        ("kms:Decrypt",),
        (key,),
        conditions=(("StringEquals", (via,)), ("StringLike", (for_it,))),
    )


def _encrypting(organization: Organization) -> str | None:
    """Return the pattern of the KMS key's ARN; None for AWS's own key, which asks for nothing."""
    store = organization.secrets_store
    named = store.kms_key if isinstance(store, ParameterStore) else None
    own = isinstance(store, SecretsManager | ParameterStore) and store.customer_key
    if named is None and not own:
        return None
    if named is not None and named.startswith("arn:"):
        # An alias names now this key, now that: it is what is encrypted that tells them apart.
        return named if ":key/" in named else f"{named.rpartition(':')[0]}:key/*"
    account = state_account(organization).id
    return f"arn:{organization.partition}:kms:{organization.region}:{account}:key/*"


def _trust(organization: Organization, tokens: Federation) -> str:
    values = (tokens.claims[0][1],)
    account = state_account(organization).id
    return document([exactly(organization, account, "AllowReader", tokens, values)])
