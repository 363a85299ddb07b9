"""Federated identities in one account: the issuers it trusts, and the trust in their tokens."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from iam_profiles.documents import IdentityProviderDocuments
from iam_profiles.isolation import forbidden_accounts
from iam_profiles.matrix import Granted, Identity, Matrix
from iam_profiles.model import Account, Federation, Organization, Profiles
from iam_profiles.names import AccountId, IdentityClass
from iam_profiles.paths import identity_provider_arn
from iam_profiles.statements import ASSUME_WITH_TOKEN, PolicyStatement
from iam_profiles.terms import Terms

_Claims = tuple[tuple[str, str], ...]
_Bucket = tuple[IdentityClass, Terms, str, str, str, _Claims]


def identity_providers(
    profiles: Profiles, access: Matrix, account: Account
) -> tuple[IdentityProviderDocuments, ...]:
    """Return the issuers of whom is granted something in the account, each with its audiences.

    No thumbprints: AWS checks an issuer's certificate against its own list of authorities.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    organization = profiles.organization
    audiences: dict[str, set[str]] = defaultdict(set)
    urls: dict[str, str] = {}
    for role in profiles.roles:
        for identity in access.admitted(role.name, account):
            if tokens := _trusted(organization, identity, account):
                audiences[tokens.host].add(tokens.audience)
                urls[tokens.host] = tokens.issuer
    if account.tier == "state":  # where the keys are that readers read, whatever their class
        for user in profiles.service_users:
            if user.reader is not None:
                audiences[user.reader.host].add(user.reader.audience)
                urls[user.reader.host] = user.reader.issuer
    return tuple(
        IdentityProviderDocuments(
            host,
            identity_provider_arn(organization, account.id, host),
            urls[host],
            tuple(sorted(audiences[host])),
        )
        for host in sorted(audiences)
    )


def federated_statements(
    organization: Organization, account: Account, admitted: Mapping[Identity, tuple[Granted, ...]]
) -> Iterator[PolicyStatement]:
    """Yield the trust in the tokens of federated identities: these claims exactly, and no others.

    INVARIANT: identities share a statement only if nothing but the first claim tells them apart, so
    that no combination of two identities' claims is let in.
    """
    buckets: dict[_Bucket, list[Federation]] = defaultdict(list)
    for identity, ways in admitted.items():
        if tokens := _trusted(organization, identity, account):
            (claim, _), *others = tokens.claims
            for way in ways:
                terms = Terms(way.mfa, way.expires)
                key = identity.identity_class, terms, tokens.host, tokens.audience, claim
                buckets[(*key, tuple(others))].append(tokens)
    ordered = sorted(buckets.items(), key=lambda item: _order(item[0]))
    for number, ((identity_class, terms, *_), alike) in enumerate(ordered, start=1):
        sid = f"AllowFederated{number}{identity_class.capitalize()}{terms.suffix}"
        values = tuple(sorted({tokens.claims[0][1] for tokens in alike}))
        allow = exactly(organization, account.id, sid, alike[0], values)
        yield replace(allow, conditions=(*allow.conditions, *terms.conditions))


def exactly(
    organization: Organization,
    account: AccountId,
    sid: str,
    tokens: Federation,
    values: tuple[str, ...],
) -> PolicyStatement:
    """Return the trust in tokens of these claims, of which the first may have any of `values`."""
    host, ((claim, _), *others) = tokens.host, tokens.claims
    tests = (("aud", (tokens.audience,)), (claim, values), *((one, (two,)) for one, two in others))
    return PolicyStatement(
        sid=sid,
        effect="Allow",
        actions=ASSUME_WITH_TOKEN,
        principal=("Federated", identity_provider_arn(organization, account, host)),
        conditions=(("StringEquals", tuple((f"{host}:{one}", some) for one, some in tests)),),
    )


def _trusted(organization: Organization, identity: Identity, account: Account) -> Federation | None:
    """The identity's tokens, if its class may come here at all."""
    # INVARIANT: whatever is granted, a forbidden account trusts no token of the class.
    if account in forbidden_accounts(organization, identity.identity_class):
        return None
    return identity.federation


def _order(bucket: _Bucket) -> tuple[object, ...]:
    identity_class, terms, *rest = bucket
    return (identity_class, terms.order, *rest)
