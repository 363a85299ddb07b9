"""What a call is about: the action, and the resource that AWS checks.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from local.authorization import Target
from local.callers import Caller
from local.emulator import Emulator
from local.signature import SignedRequest

_ON_MFA_DEVICE = {"CreateVirtualMFADevice", "DeleteVirtualMFADevice"}
_ON_POLICY = {
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "GetPolicy",
    "GetPolicyVersion",
    "ListEntitiesForPolicy",
    "ListPolicyTags",
    "ListPolicyVersions",
    "SetDefaultPolicyVersion",
    "TagPolicy",
    "UntagPolicy",
}
_ON_ONESELF = {
    "CreateAccessKey",
    "DeleteAccessKey",
    "EnableMFADevice",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "UpdateAccessKey",
}
"""Calls that are about the caller where they name no user."""


def read_call(
    emulator: Emulator, caller: Caller, request: SignedRequest, parameters: Mapping[str, str]
) -> tuple[str, Target]:
    """Return the action and what it is on; `*` where it is on nothing in particular."""
    if request.service == "iam":
        action = parameters.get("Action", "")
        arn = _iam_resource(emulator, caller, action, parameters)
    else:
        action = request.headers.get("x-amz-target", "").rpartition(".")[2]
        arn = _named(emulator, request.service, caller.account, request.region, request.body)
    return f"{request.service}:{action}", Target(arn, caller.account)


def complete(caller: Caller, parameters: Mapping[str, str], body: bytes) -> bytes:
    """Return an IAM call's body with the caller's own name where AWS takes it to be meant."""
    implied = parameters.get("Action") in _ON_ONESELF and not parameters.get("UserName")
    if caller.user is None or not implied:
        return body
    return body + b"&" + urlencode({"UserName": caller.user.name}).encode()


def _iam_resource(emulator: Emulator, caller: Caller, action: str, given: Mapping[str, str]) -> str:
    own = f"arn:aws:iam::{caller.account}"
    path = given.get("Path", "/")
    if action in _ON_MFA_DEVICE:
        return given.get("SerialNumber") or f"{own}:mfa{path}{given.get('VirtualMFADeviceName')}"
    if provider := given.get("OpenIDConnectProviderArn") or given.get("SAMLProviderArn"):
        return provider
    if action in _ON_POLICY:
        return given.get("PolicyArn", "*")
    if action == "CreatePolicy":
        return f"{own}:policy{path}{given.get('PolicyName')}"
    for kind, parameter in (("role", "RoleName"), ("group", "GroupName"), ("user", "UserName")):
        if name := given.get(parameter):
            return emulator.iam_arn(caller.account, kind, name) or f"{own}:{kind}{path}{name}"
    return caller.principal if action in _ON_ONESELF and caller.user else "*"


def _named(emulator: Emulator, service: str, account: str, region: str, body: bytes) -> str:
    """Return the secret, parameter or key that a call names; of several parameters, the first."""
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return "*"
    place = f"arn:aws:{service}:{region}:{account}"
    match service:
        case "ssm":
            name = given.get("Name") or given.get("Path") or next(iter(given.get("Names", ())), "")
            return f"{place}:parameter/{name.removeprefix('/')}"
        case "kms":
            key = given.get("KeyId") or given.get("TargetKeyId") or "*"
            return key if key == "*" or key.startswith("arn:") else f"{place}:key/{key}"
        case _:
            return _secret(emulator, account, region, given.get("SecretId") or given.get("Name"))


def _secret(emulator: Emulator, account: str, region: str, name: object) -> str:
    if not isinstance(name, str) or name.startswith("arn:"):
        return name if isinstance(name, str) else "*"
    found = emulator.secret_arn(account, region, name)
    return found or f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-AAAAAA"
