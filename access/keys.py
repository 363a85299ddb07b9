"""Condition keys as data: who sets their value, how many values they have, when they are there."""

from dataclasses import dataclass
from enum import Enum


class Setter(Enum):
    """Who decides on the value of a condition key."""

    FIXED = "fixed"
    """AWS, by who the caller is or what the resource is."""
    CHOSEN = "chosen"
    """The caller, with the request."""
    MUTABLE = "mutable"
    """Whoever may tag the principal or the resource."""
    FREE = "free"
    """Circumstances: time, network, the way the credentials were obtained."""


@dataclass(frozen=True, slots=True)
class Key:
    """One condition key; an unknown one is free, multivalued and perhaps absent."""

    name: str
    setter: Setter = Setter.FREE
    multivalued: bool = True
    always_present: bool = False


_F, _C, _M, _X = Setter.FIXED, Setter.CHOSEN, Setter.MUTABLE, Setter.FREE

# name, setter, multivalued, always present
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
# and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
_TABLE: tuple[tuple[str, Setter, bool, bool], ...] = (
    ("aws:PrincipalArn", _F, False, False),
    ("aws:PrincipalAccount", _F, False, False),
    ("aws:PrincipalOrgID", _F, False, False),
    ("aws:PrincipalOrgPaths", _F, True, False),
    ("aws:PrincipalType", _F, False, True),
    ("aws:PrincipalIsAWSService", _F, False, True),
    ("aws:PrincipalServiceName", _F, False, False),
    ("aws:PrincipalServiceNamesList", _F, True, False),
    ("aws:userid", _F, False, False),
    ("aws:username", _F, False, False),
    ("aws:ResourceAccount", _F, False, False),
    ("aws:ResourceOrgID", _F, False, False),
    ("aws:ResourceOrgPaths", _F, True, False),
    ("aws:SourceAccount", _F, False, False),
    ("aws:SourceArn", _F, False, False),
    ("aws:SourceOrgID", _F, False, False),
    ("aws:SourceOrgPaths", _F, True, False),
    ("aws:RequestedRegion", _C, False, False),
    ("aws:RequestTag/", _C, False, False),
    ("aws:TagKeys", _C, True, False),
    ("aws:SourceIdentity", _C, False, False),
    ("iam:PassedToService", _C, False, False),
    ("iam:AssociatedResourceArn", _C, False, False),
    ("iam:AWSServiceName", _C, False, False),
    ("iam:PolicyARN", _C, False, False),
    ("iam:PermissionsBoundary", _M, False, False),
    ("sts:ExternalId", _C, False, False),
    ("sts:RoleSessionName", _C, False, False),
    ("sts:SourceIdentity", _C, False, False),
    ("sts:TransitiveTagKeys", _C, True, False),
    ("sts:DurationSeconds", _C, False, False),
    ("aws:referer", _C, False, False),
    ("aws:UserAgent", _C, False, False),
    ("aws:PrincipalTag/", _M, False, False),
    ("aws:ResourceTag/", _M, False, False),
    ("iam:ResourceTag/", _M, False, False),
    ("aws:CalledVia", _X, True, False),
    ("aws:CalledViaFirst", _X, False, False),
    ("aws:CalledViaLast", _X, False, False),
    ("aws:ViaAWSService", _X, False, True),
    ("aws:CurrentTime", _X, False, True),
    ("aws:EpochTime", _X, False, True),
    ("aws:SecureTransport", _X, False, True),
    ("aws:TokenIssueTime", _X, False, False),
    ("aws:MultiFactorAuthAge", _X, False, False),
    ("aws:MultiFactorAuthPresent", _X, False, False),
    ("aws:FederatedProvider", _X, False, False),
    ("aws:SourceIp", _X, False, False),
    ("aws:SourceVpc", _X, False, False),
    ("aws:SourceVpce", _X, False, False),
    ("aws:VpcSourceIp", _X, False, False),
    ("aws:Ec2InstanceSourceVpc", _X, False, False),
    ("aws:Ec2InstanceSourcePrivateIPv4", _X, False, False),
)

CATALOGUE = {row[0].lower(): Key(*row) for row in _TABLE}
"""`{lower-case name: key}`; a name that ends in `/` stands for all keys that begin with it."""


def describe(key: str) -> Key:
    """Return what is known of a condition key, in any case of letters."""
    lowered = key.lower()
    found = CATALOGUE.get(lowered) or CATALOGUE.get(f"{lowered.partition('/')[0]}/")
    return found or Key(key)
