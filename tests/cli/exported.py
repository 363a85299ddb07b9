"""The example's accounts as AWS would export them: what a proof of the model is compared with."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from iam_profiles.documents import AccountDocuments, ManagedPolicy
from tests.access.exports import attached, details, encoded, group, managed, role, user


def export(account: AccountDocuments) -> dict[str, Any]:
    """Return what `get-account-authorization-details` would write of the account."""
    number = str(account.account.id)
    holders = (*account.roles, *account.groups)
    policies = {
        policy.arn: _managed(policy)
        for some in (account.boundaries, *(holder.policies for holder in holders))
        for policy in some
    }
    return details(
        users=tuple(
            user(
                one.name,
                account=number,
                Arn=one.arn,
                GroupList=list(one.groups),
                PermissionsBoundary={"PermissionsBoundaryArn": one.boundary_arn},
            )
            for one in (*account.service_users, *account.people)
        ),
        groups=tuple(
            group(
                one.name,
                account=number,
                Arn=f"arn:aws:iam::{number}:group{one.path}{one.name}",
                AttachedManagedPolicies=attached(*(policy.arn for policy in one.policies)),
            )
            for one in account.groups
        ),
        roles=tuple(
            role(
                one.name,
                account=number,
                Arn=one.arn,
                AssumeRolePolicyDocument=encoded(json.loads(one.trust)),
                AttachedManagedPolicies=attached(*(policy.arn for policy in one.policies)),
            )
            for one in account.roles
        ),
        policies=tuple(policies.values()),
    )


def write(folder: Path, accounts: Iterable[AccountDocuments]) -> Path:
    """Write the exports, a file an account; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for account in accounts:
        file = folder / f"{account.account.name}.json"
        file.write_text(json.dumps(export(account), indent=2))
    return folder


def _managed(policy: ManagedPolicy) -> dict[str, Any]:
    return managed(policy.arn, json.loads(policy.document))
