"""AWS's managed policies as moto has them: read once, not for each account and partition anew."""

import json
from copy import copy
from functools import cache

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy
from moto.settings import load_iam_aws_managed_policies

_PARTITION = "aws"


def of_account(self: IAMBackend) -> list[ManagedPolicy]:
    """Return one account's own: each counts what it is attached to.

    moto makes every account in every partition as soon as it looks for an access key; the local
    cloud is in one partition.
    """
    if not load_iam_aws_managed_policies() or self.region_name != _PARTITION:
        return []
    policies: list[ManagedPolicy] = []
    for read in _read():
        policy = copy(read)
        policy.account_id = self.account_id
        policies.append(policy)
    return policies


@cache
def _read() -> tuple[AWSManagedPolicy, ...]:
    found = json.loads(aws_managed_policies_data)
    return tuple(
        AWSManagedPolicy.from_data(name, "", _PARTITION, data) for name, data in found.items()
    )
