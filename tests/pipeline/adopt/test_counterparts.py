"""What a stack would make that is in the account already, and under which id."""

import json

import pytest

from access.export import Source, world
from pipeline.adopt.counterparts import (
    GROUP,
    POLICY,
    ROLE,
    SECRET,
    USER,
    Counterparts,
    Inputs,
)
from tests.pipeline.adopt import accounts
from tests.pipeline.adopt.accounts import NONPROD, STATE, VPC

ATTACHMENT = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
EXCLUSIVE = "aws:iam/{0}PolicyAttachmentsExclusive:{1}PolicyAttachmentsExclusive"
OF_LEADS = accounts.of_group("PSKLeads")
OF_VPC = accounts.of_role(STATE, VPC)


@pytest.fixture(scope="module")
def there() -> Counterparts:
    """The reference's state account, with one secret."""
    found = world([Source(name, json.dumps(page)) for name, page in accounts.exports().items()])
    return Counterparts(
        STATE,
        "aws",
        found,
        {f"service-{NONPROD}": f"{NONPROD}Group"},
        {(SECRET, "iam-profiles/nonprod/x"): "arn:x"},
    )


@pytest.mark.parametrize(
    ("type_", "inputs", "id_"),
    [
        (ROLE, {"name": VPC, "path": "/PSKRoles/"}, VPC),
        (ROLE, {"name": VPC, "path": "/Roles/"}, None),  # AWS cannot move a role
        (ROLE, {"name": VPC}, None),
        (POLICY, {"name": f"{VPC}Policy", "path": "/PSKPolicies/"}, OF_VPC),
        (POLICY, {"name": f"{VPC}Policy", "path": "/"}, None),
        (USER, {"name": NONPROD, "path": "/PSKServiceUsers/nonprod/"}, NONPROD),  # but a user
        (USER, {"name": "nobody", "path": "/"}, None),
        (GROUP, {"name": "PSKLeads", "path": "/x/"}, "PSKLeads"),
        (GROUP, {"name": f"service-{NONPROD}"}, f"{NONPROD}Group"),
        (GROUP, {"name": "service-x"}, None),
        (ATTACHMENT, {"group": "PSKLeads", "policyArn": OF_LEADS}, f"PSKLeads/{OF_LEADS}"),
        (ATTACHMENT, {"group": "PSKLeads", "policyArn": OF_VPC}, None),
        (ATTACHMENT, {"group": {"unknown": ""}, "policyArn": OF_LEADS}, None),
        (EXCLUSIVE.format("role", "Role"), {"roleName": VPC}, VPC),
        (EXCLUSIVE.format("group", "Group"), {"groupName": f"service-{NONPROD}"}, None),
        (EXCLUSIVE.format("user", "User"), {"userName": "mira"}, "mira"),
        (SECRET, {"name": "iam-profiles/nonprod/x"}, "arn:x"),
        (SECRET, {"name": "iam-profiles/nonprod/y"}, None),
        ("aws:iam/groupMembership:GroupMembership", {"group": "PSKLeads"}, None),
        ("iamprofiles:index:StoredAccessKey", {"userName": NONPROD}, None),
    ],
)
def test_what_is_there_has_the_id_that_the_engine_imports_it_by(
    there: Counterparts, type_: str, inputs: Inputs, id_: str | None
) -> None:
    assert there.of(type_, inputs) == id_


@pytest.mark.parametrize(
    ("group", "users", "same"),
    [
        ("PSKLeads", ["mira"], True),
        ("PSKLeads", [], False),
        ("PSKLeads", ["mira", "ana"], False),
        (f"service-{NONPROD}", [NONPROD], False),  # it has another name still
        ("PSKLeads", {"unknown": ""}, False),
    ],
)
def test_a_membership_is_there_only_with_exactly_its_members(
    there: Counterparts, group: str, users: object, *, same: bool
) -> None:
    assert there.has_members({"group": group, "users": users}) is same
