"""The administrator's role that is there while an organisation is bootstrapped, and no longer."""

import json
import time
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.init.callers import assumed
from pipeline.init.calls import Calls, same
from pipeline.init.errors import InitError

ROLE: Final = "iam-profiles-bootstrap"
_TAG: Final = {"Key": "iam-profiles", "Value": "bootstrap"}
_ADMINISTRATOR: Final = "policy/AdministratorAccess"
_TRIES: Final = 12
_PAUSE_SECONDS: Final = 2.0
"""A new role is not known everywhere at once."""


def role_arn(partition: str, account: str) -> str:
    """Return the ARN that the role has in an account, by the account's id."""
    return f"arn:{partition}:iam::{account}:role/{ROLE}"


def role_arn_of(calls: Calls) -> str:
    """Return the ARN that the role has in the account that is acted in."""
    return role_arn(_partition(calls), calls.id)


def trust(principal: str, until: datetime) -> str:
    """Return who may assume it, and until when; a user must have used MFA besides.

    A session says of no MFA, even where its role was assumed with it.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    conditions: dict[str, dict[str, str]] = {
        "ArnEquals": {"aws:PrincipalArn": principal},
        "DateLessThan": {"aws:CurrentTime": f"{until:%Y-%m-%dT%H:%M:%SZ}"},
    }
    if ":user/" in principal:
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    root = f"{principal.rpartition(':')[0]}:root"
    statement = {
        "Sid": "WhoBootstraps",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "sts:AssumeRole",
        "Condition": conditions,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


def ensure(calls: Calls, now: datetime, lasts: timedelta) -> None:
    """Make the role in an account, or see to it that it admits the caller for a while yet.

    Raises:
        InitError: there is a role called so that is not of this command.
    """
    wanted = trust(calls.principal, (now + lasts).replace(microsecond=0))
    known = calls.ask("iam", "get_role", RoleName=ROLE)
    if known is None:
        calls.change(
            "iam",
            "create_role",
            RoleName=ROLE,
            AssumeRolePolicyDocument=wanted,
            Description="Bootstraps iam-profiles; removed by `iam-profiles init --finish`",
            Tags=[_TAG],
        )
    else:
        _refuse_strangers(calls, known["Role"])
        if not _holds(known["Role"]["AssumeRolePolicyDocument"], calls.principal, now):
            calls.change("iam", "update_assume_role_policy", RoleName=ROLE, PolicyDocument=wanted)
    administrator = f"arn:{_partition(calls)}:iam::aws:{_ADMINISTRATOR}"
    attached = calls.ask("iam", "list_attached_role_policies", RoleName=ROLE) or {}
    if not any(one["PolicyArn"] == administrator for one in attached.get("AttachedPolicies", ())):
        calls.change("iam", "attach_role_policy", RoleName=ROLE, PolicyArn=administrator)


def enter(calls: Calls) -> Calls:
    """Return who acts with the role; waits until AWS knows it everywhere.

    Raises:
        InitError: it lets the caller in not even then.
    """
    if calls.dry:
        return calls
    for left in reversed(range(_TRIES)):
        try:
            return assumed(calls, role_arn_of(calls))
        except ClientError as error:
            if not left:
                said = f"account `{calls.account}`: role `{ROLE}` does not let you in: {error}"
                remedy = "its term may be over: run this again; a user signs in with MFA first"
                raise InitError([f"{said}; {remedy}"]) from error
            time.sleep(_PAUSE_SECONDS)
    raise InitError([f"account `{calls.account}`: role `{ROLE}` is never there"])


def remove(calls: Calls) -> bool:
    """Take the role away; tell whether it was there.

    Raises:
        InitError: there is a role called so that is not of this command.
    """
    known = calls.ask("iam", "get_role", RoleName=ROLE)
    if known is None:
        return False
    _refuse_strangers(calls, known["Role"])
    for page in calls.pages("iam", "list_attached_role_policies", RoleName=ROLE):
        for one in page["AttachedPolicies"]:
            calls.change("iam", "detach_role_policy", RoleName=ROLE, PolicyArn=one["PolicyArn"])
    calls.change("iam", "delete_role", RoleName=ROLE)
    return True


def commands(partition: str, profile: str) -> tuple[str, ...]:
    """Return how to remove it by hand."""
    flags = f"--profile {profile} --role-name {ROLE}"
    policy = f"arn:{partition}:iam::aws:{_ADMINISTRATOR}"
    return (
        f"aws iam detach-role-policy {flags} --policy-arn {policy}",
        f"aws iam delete-role {flags}",
    )


def _refuse_strangers(calls: Calls, role: dict[str, Any]) -> None:
    if _TAG not in role.get("Tags", ()):
        said = f"account `{calls.account}`: there is a role `{ROLE}` that this command did not make"
        raise InitError([f"{said}; look at it, and remove or rename it"])


def _holds(document: dict[str, Any], principal: str, now: datetime) -> bool:
    """Tell whether the trust admits this principal, and for a quarter of an hour at least."""
    until = str(
        document["Statement"][0].get("Condition", {}).get("DateLessThan", {}).get("aws:CurrentTime")
    )
    try:
        term = datetime.fromisoformat(until)
    except ValueError:
        return False
    later = now + timedelta(minutes=15)
    return later < term and same(json.dumps(document), trust(principal, term))


def _partition(calls: Calls) -> str:
    return calls.principal.split(":")[1]
