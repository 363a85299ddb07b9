"""People manage exactly their own virtual MFA device: the one exception to "only assume roles"."""

from typing import Final

from iam_profiles.model import Organization
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.paths import mfa_device_arn, user_arn
from iam_profiles.statements import PolicyStatement

# AWS's policy variable for the caller's own name; a role session has none, so nothing matches it.
_OWN_NAME: Final = "${aws:username}"


def manage_own_mfa(organization: Organization) -> list[PolicyStatement]:
    """Return what lets a person enrol, resynchronise and replace their own device, named like them.

    A device is given up only by who proves to have it: a stolen key alone cannot swap it. AWS's
    example also lists all devices of the account, for its console; a person needs but their own.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_iam_mfa-selfmanage.html
    """
    device = mfa_device_arn(organization, _OWN_NAME)
    own_user = user_arn(organization, IdentityClass.PEOPLE, UserName(_OWN_NAME))
    return [
        PolicyStatement("CreateOwnMfa", "Allow", ("iam:CreateVirtualMFADevice",), (device,)),
        PolicyStatement(
            "UseOwnMfa",
            "Allow",
            ("iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice"),
            (own_user,),
        ),
        PolicyStatement(
            "GiveUpOwnMfaOnlyWithMfa",
            "Allow",
            ("iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"),
            (device, own_user),
            conditions=(("Bool", (("aws:MultiFactorAuthPresent", ("true",)),)),),
        ),
    ]
