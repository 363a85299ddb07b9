"""Value types for names and ids: no bare `str` for an account or an ARN past `load`."""

from enum import StrEnum
from typing import NewType

AccountId = NewType("AccountId", str)
"""Twelve digits, as text: a number would lose its leading zero."""

AccountName = NewType("AccountName", str)
"""What the organisation calls an account; also the name of its stack."""

TierName = NewType("TierName", str)
"""The class of an account: `state`, `sandbox`, `nonprod`, `prod`, or one the organisation adds."""

RoleName = NewType("RoleName", str)
GroupName = NewType("GroupName", str)
UserName = NewType("UserName", str)
TeamName = NewType("TeamName", str)

Arn = NewType("Arn", str)
"""An Amazon Resource Name, complete."""


class IdentityClass(StrEnum):
    """The trust class of an identity, encoded in its IAM path."""

    NONPROD = "nonprod"
    PROD = "prod"
    PEOPLE = "people"
