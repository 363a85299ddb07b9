"""A small world in a running cloud: users, their keys and MFA devices, roles to assume."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.home import LocalHome
from local.totp import code
from tests.engine import ACCOUNTS, client

STATE = ACCOUNTS["state"]

ASSUME = "sts:AssumeRole"

Statement = dict[str, Any]


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return error.response.get("Error", {}).get("Code", "")


def document(*statements: Statement) -> str:
    """Return a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action: str | list[str], resource: str = "*", **more: object) -> Statement:
    """Return an identity's Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, resource: str = "*", **more: object) -> Statement:
    """Return an identity's Deny statement."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal: str, action: str | list[str] = ASSUME, **more: object) -> Statement:
    """Return a trust policy's Allow statement."""
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, **more}


def only(key: str, value: str, operator: str = "StringEquals") -> dict[str, Any]:
    """Return a statement's condition."""
    return {"Condition": {operator: {key: value}}}


def root(account: str) -> str:
    """Return the principal that stands for all of an account."""
    return f"arn:aws:iam::{ACCOUNTS[account]}:root"


@dataclass(frozen=True)
class World:
    """Makes users in the state account and roles anywhere, and tries what they may do."""

    home: LocalHome

    def user(self, name: str, *statements: Statement, boundary: Statement | None = None) -> str:
        """Make a user with an inline policy; return its ARN."""
        iam = client(self.home, "iam", "state")
        more: dict[str, str] = {}
        if boundary is not None:
            made = iam.create_policy(
                PolicyName=f"{name}-boundary", PolicyDocument=document(boundary)
            )
            more["PermissionsBoundary"] = made["Policy"]["Arn"]
        arn = iam.create_user(UserName=name, Path="/t/", **more)["User"]["Arn"]
        if statements:
            iam.put_user_policy(
                UserName=name, PolicyName="inline", PolicyDocument=document(*statements)
            )
        return arn

    def key(self, name: str) -> dict[str, str]:
        """Make an access key for a user."""
        return client(self.home, "iam", "state").create_access_key(UserName=name)["AccessKey"]

    def mfa_device(self, name: str) -> tuple[str, str]:
        """Give a user a virtual MFA device; return its serial number and seed."""
        iam = client(self.home, "iam", "state")
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        seed = made["Base32StringSeed"].decode()
        now = datetime.now(UTC)
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=made["SerialNumber"],
            AuthenticationCode1=code(seed, now - timedelta(seconds=30)),
            AuthenticationCode2=code(seed, now),
        )
        return made["SerialNumber"], seed

    def role(self, account: str, name: str, *statements: Statement, **more: object) -> str:
        """Make a role with this trust policy; return its ARN."""
        iam = client(self.home, "iam", account)
        made = iam.create_role(
            RoleName=name, Path="/t/", AssumeRolePolicyDocument=document(*statements), **more
        )
        return made["Role"]["Arn"]

    def allow_role(self, account: str, name: str, *statements: Statement) -> None:
        """Give a role an inline policy."""
        client(self.home, "iam", account).put_role_policy(
            RoleName=name, PolicyName="inline", PolicyDocument=document(*statements)
        )

    def assume(self, key: Mapping[str, str], role: str, **more: object) -> dict[str, str]:
        """Assume a role; return the session's credentials."""
        more.setdefault("RoleSessionName", "test")
        answer = client(self.home, "sts", key=key).assume_role(RoleArn=role, **more)
        return answer["Credentials"]

    def error(self, key: Mapping[str, str], service: str, call: str, **more: object) -> str | None:
        """Make a call with a key; return the error's code, None if it was let through."""
        try:
            getattr(client(self.home, service, key=key), call)(**more)
        except ClientError as error:
            return code_of(error)
        return None

    def refusal(self, key: Mapping[str, str], role: str, **more: object) -> str | None:
        """Try to assume a role; return the error's code, None if it was let through."""
        wanted = {"RoleArn": role, "RoleSessionName": "test", **more}
        return self.error(key, "sts", "assume_role", **wanted)


def program(path: Path, text: str) -> None:
    """Write a file that can be run."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
