"""The AWS emulator in this process: IAM, STS and Secrets Manager of several accounts, by moto."""

import json
import os
import threading
from collections.abc import Iterable, Mapping
from wsgiref.types import StartResponse, WSGIEnvironment

# AWS's managed policies are part of the world that roles are in; moto reads this as it is imported.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ.pop("MOTO_ACCOUNT_ID", None)

from moto.iam.models import AccessKey, IAMBackend, ManagedPolicy, Role, User, iam_backends
from moto.moto_server.werkzeug_app import (  # pyright: ignore[reportMissingTypeStubs] - has none
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.secretsmanager.models import secretsmanager_backends

from local.moto_gaps import fill_gaps

LOCK = threading.RLock()
"""INVARIANT: held while moto's backends, plain dictionaries, are read or written."""

ADMIN_ROLE = "OrganizationAccountAccessRole"
"""The role that AWS Organizations makes in each account for the management account."""

_PARTITION = "aws"
_MANAGEMENT_ACCOUNT = "999999999999"
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}

Document = dict[str, object]
"""A policy document, as parsed from JSON."""


class Emulator:
    """moto as a WSGI application, and what it holds, for reading."""

    def __init__(self, accounts: Iterable[str]) -> None:
        fill_gaps()
        self._application = DomainDispatcherApplication(create_backend_app)
        with LOCK:
            for account in accounts:
                self._make_admin_role(account)

    def serve(
        self, environ: WSGIEnvironment, start_response: StartResponse, account: str
    ) -> Iterable[bytes]:
        """Have moto answer a request on behalf of `account`."""
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        with LOCK:
            return list(self._application(environ, start_response))

    def long_term_key(self, account: str, key: str) -> tuple[User, AccessKey] | None:
        """Return an IAM user's key and the user, if both are there and the key is active."""
        iam = _iam(account)
        found = iam.access_keys.get(key)
        user = iam.users.get(found.user_name or "") if found else None
        if found is None or user is None or found.status != "Active":
            return None
        return user, found

    def role(self, account: str, arn: str) -> Role | None:
        """Return the role with exactly this ARN."""
        return next((role for role in _iam(account).roles.values() if role.arn == arn), None)

    def audiences(self, account: str, host: str) -> list[str] | None:
        """Return the audiences of an issuer's identity provider; None where there is none."""
        arn = f"arn:{_PARTITION}:iam::{account}:oidc-provider/{host}"
        found = _iam(account).open_id_providers.get(arn)
        return None if found is None else list(found.client_id_list)

    def iam_arn(self, account: str, kind: str, name: str) -> str | None:
        """Return the ARN of the role, group or user with this name."""
        iam = _iam(account)
        found = {
            "role": {role.name: role for role in iam.roles.values()},
            "group": iam.groups,
            "user": iam.users,
        }[kind].get(name)
        return found.arn if found else None

    def secret_arn(self, account: str, region: str, name: str) -> str | None:
        """Return the ARN of the secret with this name."""
        found = secretsmanager_backends[account][region].secrets.get(name)
        return found.arn if found else None

    def user_policies(self, user: User) -> dict[str, Document]:
        """Return every identity-based policy of a user, {where it is: document}."""
        groups = _iam(user.account_id).get_groups_for_user(user.name)
        found = _of(user.policies, user.managed_policies.values(), "user")
        for group in groups:
            managed = group.managed_policies.values()
            found |= _of(group.policies, managed, f"group/{group.name}")
        return found

    def role_policies(self, role: Role) -> dict[str, Document]:
        """Return every identity-based policy of a role, {where it is: document}."""
        return _of(role.policies, role.managed_policies.values(), "role")

    def managed_policy(self, account: str, arn: str) -> Document:
        """Return a managed policy's document; of one that is not there, one that allows nothing."""
        policy = _iam(account).managed_policies.get(arn)
        return _default(policy) if policy else {"Version": "2012-10-17", "Statement": []}

    def user_tags(self, user: User) -> dict[str, str]:
        """Return a user's tags."""
        return {tag["Key"]: tag["Value"] for tag in user.tags or ()}

    def mfa_seed(self, user: User, serial: str) -> str | None:
        """Return the seed of a virtual device, if it is enabled and this user's own."""
        device = _iam(user.account_id).virtual_mfa_devices.get(serial)
        owned = device is not None and device.user is user and serial in user.mfa_devices
        return device.base32_string_seed if device is not None and owned else None

    def _make_admin_role(self, account: str) -> None:
        principal = {"AWS": f"arn:{_PARTITION}:iam::{_MANAGEMENT_ACCOUNT}:root"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        iam = _iam(account)
        iam.create_role(ADMIN_ROLE, _document(trust), "/", None, "", [], "43200")
        iam.put_role_policy(ADMIN_ROLE, "AdministratorAccess", _document(_EVERYTHING))


def admin_role_arn(account: str) -> str:
    """Return the ARN of an account's administrator role."""
    return f"arn:{_PARTITION}:iam::{account}:role/{ADMIN_ROLE}"


def _iam(account: str) -> IAMBackend:
    return iam_backends[account][_PARTITION]


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _default(policy: ManagedPolicy) -> Document:
    current = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return json.loads(current.document)


def _of(
    inline: dict[str, str], managed: Iterable[ManagedPolicy], owner: str
) -> dict[str, Document]:
    found = {f"{owner}/{name}": json.loads(text) for name, text in inline.items()}
    return found | {policy.arn: _default(policy) for policy in managed}
