"""IAM's quotas that the emulator does not have; an account's raised ones come from the environment.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
import os
from functools import cache

from local.aws import documents
from local.aws.types.common import refusal

ENVIRONMENT = "IAM_PROFILES_LOCAL_QUOTAS"
"""A JSON object of quotas that differ from AWS's defaults: `{"ACLSizePerRole": 4096}`."""

_DEFAULTS = {
    "ACLSizePerRole": 2048,
    "PolicySize": 6144,
    "GroupsPerUser": 10,
    "PoliciesPerRole": 10,
    "PoliciesPerGroup": 10,
    "PoliciesPerUser": 10,
    "InlineRole": 10240,
    "InlineGroup": 5120,
    "InlineUser": 2048,
}


@cache
def limit(quota: str) -> int:
    """Return an account's `quota`."""
    return int({**_DEFAULTS, **json.loads(os.environ.get(ENVIRONMENT) or "{}")}[quota])


def require_count(operation: str, quota: str, number: int) -> None:
    """Refuse a `number` over `quota`, as AWS does."""
    if number > limit(quota):
        message = f"Cannot exceed quota for {quota}: {limit(quota)}"
        raise refusal(operation, "LimitExceeded", message)


def require_size(operation: str, quota: str, text: str) -> None:
    """Refuse a document that is over `quota`, white space not counted, as AWS does."""
    require_count(operation, quota, documents.size(text))


def require_inline(operation: str, kind: str, owner: str, texts: list[str]) -> None:
    """Refuse inline policies of one owner that are together over its quota."""
    size = limit(f"Inline{kind}")
    if sum(documents.size(text) for text in texts) > size:
        message = f"Maximum policy size of {size} bytes exceeded for {kind.lower()} {owner}"
        raise refusal(operation, "LimitExceeded", message)
