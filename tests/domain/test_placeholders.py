"""Placeholders are filled in; AWS's own policy variables are not ours to touch."""

import pytest

from iam_profiles.model import Statement
from iam_profiles.names import AccountId
from iam_profiles.placeholders import fill, permissions
from tests.domain.organisation import ROLE, organisation, role


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("arn:{partition}:iam::{account}:role/*", "arn:aws:iam::444444444444:role/*"),
        ("{region} {prefix} {state_account}", "eu-west-1 Platform 111111111111"),
        ("home/${aws:username}/*", "home/${aws:username}/*"),
        ("${account}", "${account}"),
        ("{unknown}", "{unknown}"),
    ],
)
def test_only_our_placeholders_are_filled_in(text: str, filled: str) -> None:
    assert fill(text, organisation().organization, AccountId("444444444444")) == filled


def test_lists_are_in_the_order_of_what_is_written_in_every_account() -> None:
    organization = organisation().organization
    written = Statement(
        sid="S",
        actions=("s3:PutObject", "s3:GetObject"),
        resources=("arn:aws:iam::{state_account}:x", "arn:aws:iam::{account}:x"),
    )
    example = role(ROLE).model_copy(update={"permissions": (written,)})
    for account in ("000000000000", "999999999999"):
        (statement,) = permissions(organization, example, AccountId(account))
        assert statement.actions == ("s3:GetObject", "s3:PutObject")
        assert statement.resources == (
            f"arn:aws:iam::{account}:x",
            "arn:aws:iam::111111111111:x",
        )
