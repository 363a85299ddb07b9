"""The law `no_key_in_state`: no resource's inputs or outputs hold a credential.

Judged twice: on each resource's inputs as it is registered, which stops an update before the key
is made, and on the whole stack, outputs included.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from iam_profiles.model import Account, Profiles
from policies.finding import Finding
from policies.registered import Registered, Resource, Value

DESCRIPTION: Final = "No credential ever enters the engine's state"

_KEEPING_ONE: Final = {
    "aws:iam/accessKey:AccessKey": "the secret access key",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": "the service's password",
    "aws:iam/signingCertificate:SigningCertificate": "a credential of the user",
    "aws:iam/sshKey:SshKey": "a credential of the user",
    "aws:iam/userLoginProfile:UserLoginProfile": "the console password",
    "aws:secretsmanager/secretVersion:SecretVersion": "the secret's value",
}
"""Types whose state holds a credential, or that are one, whatever their inputs."""

_PARAMETER: Final = "aws:ssm/parameter:Parameter"
_DYNAMIC: Final = re.compile(r"pulumi-[a-z]+:dynamic")
_STORE_IT: Final = "use StoredAccessKey: it writes a key to the secrets store and nowhere else"

_KEY_ID: Final = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_SECRET_KEY: Final = re.compile(
    r"(?<![A-Za-z0-9/+=])(?<!:[0-9]{12}:)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
"""What follows an account id is the rest of an ARN, however long."""
_SECRET_NAME: Final = re.compile(r"(?i)secret_?(access_?)?key|session_?token")
_AWS_PROVIDER: Final = "pulumi:providers:aws"
_PROVIDER_SECRET: Final = re.compile(r"secretKey|token")


def judge(stack: Registered, _profiles: Profiles, _account: Account) -> tuple[Finding, ...]:
    """Return every resource that holds a credential, or may."""
    return tuple(finding for resource in stack.resources for finding in credentials(resource))


def credentials(resource: Resource) -> Iterator[Finding]:
    """Find what the resource would put into the state; no finding ever shows a value."""
    if kept := _KEEPING_ONE.get(resource.type):
        yield Finding(resource.urn, f"`{resource.type}` keeps {kept} in the state", _STORE_IT)
    if resource.type == _PARAMETER and resource.inputs.get("type") not in ("String", "StringList"):
        yield Finding(
            resource.urn,
            "a parameter that is, or may be, a SecureString keeps its value in the state",
            _STORE_IT,
        )
    if _DYNAMIC.match(resource.type):
        yield Finding(
            resource.urn,
            "a dynamic provider keeps code in the state, which whoever writes there can change",
            "write a provider of its own, as credentials/provider is",
        )
    leaves = [*_leaves("", resource.inputs), *_leaves("", resource.outputs)]
    secret_name = _PROVIDER_SECRET if resource.type == _AWS_PROVIDER else _SECRET_NAME
    named = any(secret_name.fullmatch(key) and value for key, value in leaves)
    texts = [value for _, value in leaves if isinstance(value, str)]
    if named or (any(map(_KEY_ID.search, texts)) and any(map(_has_secret_key, texts))):
        yield Finding(resource.urn, "its properties hold what looks like an AWS key", _STORE_IT)


def _has_secret_key(text: str) -> bool:
    """Whether forty characters are mixed as AWS mixes them: unlike a digest in hexadecimal."""
    mixed = (str.isupper, str.islower, str.isdigit)
    return any(all(any(map(kind, found)) for kind in mixed) for found in _SECRET_KEY.findall(text))


def _leaves(key: str, value: Value) -> Iterator[tuple[str, Value]]:
    """Every value within a value, with the key it stands under."""
    if isinstance(value, Mapping):
        for inner, item in value.items():
            yield "", inner
            yield from _leaves(inner, item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _leaves(key, item)
    else:
        yield key, value
