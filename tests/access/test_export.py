"""AWS's export of accounts, read into a world: what it says, and what it lacks."""

import json
from typing import Any

import pytest

from access.document import PolicyDocument
from access.export import ExportInvalidError, Source, world
from access.world import Credential, Missing, Unreadable
from tests.access.exports import (
    ACCOUNT,
    allow,
    attached,
    details,
    encoded,
    group,
    inline,
    managed,
    role,
    source,
    trust,
    user,
)

ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"
STAFF = f"arn:aws:iam::{ACCOUNT}:group/staff"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/Deploy"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/Own"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OTHER = "222222222222"


def refusal(*sources: Source, **more: Any) -> str:
    with pytest.raises(ExportInvalidError) as caught:
        world(sources, **more)
    return str(caught.value)


def test_an_account_is_read_with_all_that_bears_on_its_principals() -> None:
    found = world(
        [
            source(
                details(
                    users=(
                        user(
                            UserPolicyList=inline(allow()),
                            GroupList=["staff"],
                            AttachedManagedPolicies=attached(OWN),
                            PermissionsBoundary={
                                "PermissionsBoundaryType": "Policy",
                                "PermissionsBoundaryArn": OWN,
                            },
                            Tags=[{"Key": "team", "Value": "a"}],
                        ),
                    ),
                    groups=(group(AttachedManagedPolicies=attached(READ_ONLY)),),
                    roles=(role(RolePolicyList=inline(allow())),),
                    policies=(managed(OWN, allow("s3:*")), managed(READ_ONLY, allow("s3:Get*"))),
                )
            )
        ]
    )
    ana = found.users[ANA]
    assert ana.groups == (STAFF,)
    assert (
        ana.boundary,
        ana.grants.managed,
        ana.tags,
        ana.unique_id,
    ) == (OWN, (OWN,), (("team", "a"),), "AIDAANA")
    assert f"policy `own` of user `{ANA}`" == ana.grants.inline[0].name
    assert found.groups[STAFF].grants.managed == (READ_ONLY,)
    assert isinstance(found.roles[DEPLOY].trust.read(), PolicyDocument)
    assert {OWN, READ_ONLY} == set(found.policies)
    assert list(found.accounts) == [ACCOUNT]
    assert found.missing == ()


def test_a_document_reads_the_same_decoded_as_text_or_url_encoded() -> None:
    forms = (allow("s3:*"), json.dumps(allow("s3:*"), sort_keys=True), encoded(allow("s3:*")))
    read = [
        world([source(details(roles=(role(RolePolicyList=inline(form)),)))])
        .roles[DEPLOY]
        .grants.inline[0]
        .read()
        for form in forms
    ]
    assert read[0] == read[1] == read[2]
    assert isinstance(read[0], PolicyDocument)


def test_the_default_version_is_what_is_in_force() -> None:
    policy = managed(OWN, allow("s3:*"), allow("iam:*"), default=1)
    found = world([source(details(roles=(role(),), policies=(policy,)))])
    read = found.policies[OWN].read()
    assert isinstance(read, PolicyDocument)
    assert read.statements[0].actions.values == ("s3:*",)


def test_pages_of_an_account_are_put_together_in_one_file_or_in_several() -> None:
    first = details(users=(user(GroupList=["staff"]),), IsTruncated=True, Marker="more")
    last = details(groups=(group(),), roles=(role(),), IsTruncated=False)
    one = world([source(first, last)])
    several = world([source(first, name="1.json"), source(last, name="2.json")])
    assert one == several
    assert one.users[ANA].groups == (STAFF,)


def test_accounts_are_put_together_and_share_what_aws_manages() -> None:
    policy = managed(READ_ONLY, allow("s3:Get*"))
    newer = managed(READ_ONLY, allow("s3:Get*"), allow("s3:List*"))
    found = world(
        [
            source(details(roles=(role(),), policies=(newer,)), name="1.json"),
            source(details(roles=(role(account=OTHER),), policies=(policy,)), name="2.json"),
        ]
    )
    assert sorted(found.accounts) == [ACCOUNT, OTHER]
    assert "s3:List*" in str(found.policies[READ_ONLY].text)


@pytest.mark.parametrize(
    ("more", "arn", "told"),
    [
        ({"AttachedManagedPolicies": attached(OWN)}, OWN, "lacks policy"),
        (
            {"PermissionsBoundary": {"PermissionsBoundaryArn": OWN}},
            OWN,
            f"lacks policy `{OWN}` of `{ANA}`",
        ),
        ({"GroupList": ["staff"]}, STAFF, "lacks group `staff`"),
    ],
)
def test_what_the_export_lacks_is_missing(more: dict[str, Any], arn: str, told: str) -> None:
    found = world([source(details(users=(user(**more),)))])
    assert [arn] == [one.arn for one in found.missing if isinstance(one, Missing)]
    assert told in found.missing[0].what


def test_the_policies_of_a_missing_group_are_not_taken_for_none() -> None:
    found = world([source(details(users=(user(GroupList=["staff"]),)))])
    assert isinstance(found.groups[STAFF].grants.inline[0].read(), Unreadable)


def test_a_policy_without_its_default_version_is_not_taken_for_an_empty_one() -> None:
    policy = managed(OWN, allow(), default=7)
    found = world([source(details(roles=(role(),), policies=(policy,)))])
    assert isinstance(found.policies[OWN].read(), Unreadable)


@pytest.mark.parametrize("text", ["%7B%22Version", "not a policy", "{}", '{"Statement": 1}'])
def test_a_policy_that_cannot_be_read_is_kept_as_such(text: str) -> None:
    found = world([source(details(roles=(role(AssumeRolePolicyDocument=text),)))])
    assert isinstance(found.roles[DEPLOY].trust.read(), Unreadable)


def test_a_role_without_a_trust_policy_in_the_export_is_not_taken_for_shut() -> None:
    bare = {key: value for key, value in role().items() if key != "AssumeRolePolicyDocument"}
    found = world([source(details(roles=(bare,)))])
    assert isinstance(found.roles[DEPLOY].trust.read(), Unreadable)


def test_a_policy_of_version_2008_is_read_as_such() -> None:
    old = {**trust(), "Version": "2008-10-17"}
    found = world([source(details(roles=(role(AssumeRolePolicyDocument=old),)))])
    read = found.roles[DEPLOY].trust.read()
    assert isinstance(read, PolicyDocument)
    assert read.version == "2008-10-17"


WHOLE = details(roles=(role(),))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "one.json: the file is empty; export it again"),
        (json.dumps(WHOLE)[:-40], "the file ends in the middle; export it again, whole"),
        ("<xml/>", "line 1 column 1: not JSON"),
        ("[1]", "found `[1]`; give a JSON object"),
        ('{"Roles": []}', "the key `Roles`; give what `aws iam get-account-auth"),
        ("{}", "none of UserDetailList"),
        (json.dumps(details()), "no principal, so no account id; export the whole account"),
        ('{"RoleDetailList": {}}', "RoleDetailList: found `{}`; it is a list"),
        ('{"RoleDetailList": [1]}', "RoleDetailList[0]: found `1`; it is an object"),
        ('{"RoleDetailList": [{}]}', "RoleDetailList[0].Arn: it is missing"),
        ('{"RoleDetailList": [], "RoleDetailList": []}', "the key `RoleDetailList` twice"),
        ('{"Policies": NaN}', "not JSON: found `NaN`"),
        ('{"Policies": ' + "9" * 5000 + "}", "not JSON: "),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps(details(roles=(role(account="12"),))), "the account `12`; an id has 12"),
        (
            json.dumps(details(roles=(role(), role("B", account=OTHER)))),
            f"accounts `{ACCOUNT}` and `{OTHER}` in one file",
        ),
        (
            json.dumps(details(roles=(role(), role()))),
            f"two roles with the ARN `{DEPLOY}`; export the account again",
        ),
        (
            json.dumps({**WHOLE, "IsTruncated": True}),
            f"IsTruncated: the export of account `{ACCOUNT}` is cut off; add the pages",
        ),
        (
            json.dumps(details(users=(user(UserPolicys=[]),))),
            "UserDetailList[0]: the key `UserPolicys`",
        ),
        (json.dumps(details(roles=({**role(), "Arn": ANA},))), "a role has its own"),
        (
            json.dumps(
                details(roles=(role(),), policies=({**managed(OWN), "DefaultVersionId": 1},))
            ),
            "Policies[0].DefaultVersionId: found `1`",
        ),
        (json.dumps(details(users=(user(GroupList=[1]),))), "GroupList: found `[1]`; list names"),
    ],
)
def test_what_is_no_export_is_refused_in_one_clear_line(text: str, told: str) -> None:
    refused = refusal(Source("one.json", text))
    assert refused.startswith("one.json")
    assert told in refused
    assert "\n" not in refused


def test_an_account_given_twice_is_refused() -> None:
    refused = refusal(source(WHOLE, name="a.json"), source(WHOLE, name="b.json"))
    wanted = f"b.json: account `{ACCOUNT}` twice: `a.json` has `{DEPLOY}` as well; "
    assert f"{wanted}give each page of an account once" == refused


def test_two_texts_of_one_version_of_an_aws_policy_are_refused() -> None:
    refused = refusal(
        source(details(roles=(role(),), policies=(managed(READ_ONLY, allow()),)), name="a.json"),
        source(
            details(roles=(role(account=OTHER),), policies=(managed(READ_ONLY, allow("s3:*")),)),
            name="b.json",
        ),
    )
    assert f"two texts of version `v1` of `{READ_ONLY}`" in refused


def test_the_problems_of_all_files_are_reported_together() -> None:
    refused = refusal(Source("a.json", ""), Source("b.json", "{}"), source(WHOLE, name="c.json"))
    assert [line.partition(":")[0] for line in refused.splitlines()] == ["a.json", "b.json"]


def test_no_file_at_all_is_refused() -> None:
    assert "name an export" in refusal()


def test_too_many_objects_are_refused_before_they_are_read() -> None:
    assert "objects and lists, more than" in refusal(Source("big.json", "[" * 5_000_000))


def test_a_policy_of_a_hundred_thousand_wildcards_is_read_and_bounded() -> None:
    long = allow("s3:*", "arn:aws:s3:::" + "*?" * 50_000)
    found = world([source(details(roles=(role(RolePolicyList=inline(long)),)))])
    assert isinstance(found.roles[DEPLOY].grants.inline[0].read(), PolicyDocument)


def test_a_policy_beyond_any_size_is_not_decided_on() -> None:
    long = allow("s3:*", "arn:aws:s3:::" + "a" * 300_000)
    found = world([source(details(roles=(role(RolePolicyList=inline(long)),)))])
    assert isinstance(found.roles[DEPLOY].grants.inline[0].read(), Unreadable)


SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:key-??????"
FULL = {"FullAWSAccess": allow()}


def test_resource_policies_and_credentials_are_taken_in() -> None:
    found = world(
        [source(details(users=(user(),)))],
        resource_policies=[source({SECRET: trust()}, name="r.json")],
        credentials=[source({"credentials": [{"secret": SECRET, "principal": ANA}]})],
    )
    assert f"the policy of `{SECRET}`" == found.resources[SECRET].name
    assert (Credential(SECRET, ANA),) == found.credentials


def test_the_organisation_and_its_policies_are_taken_in() -> None:
    scps = {
        "organization": "o-example",
        "management_account": OTHER,
        "delegated_administrators": [ACCOUNT],
        "policies": FULL,
        "accounts": {ACCOUNT: [["FullAWSAccess"], ["FullAWSAccess"]]},
    }
    rcps = {
        "policies": {"RCPFullAWSAccess": allow()},
        "accounts": {ACCOUNT: [["RCPFullAWSAccess"]]},
    }
    found = world(
        [source(WHOLE), source(details(roles=(role(account=OTHER),)), name="2.json")],
        scps=[source(scps)],
        rcps=[source(rcps)],
    )
    account = found.accounts[ACCOUNT]
    assert (
        account.organization,
        account.delegated,
        account.management,
    ) == ("o-example", True, False)
    assert (len(account.scps), len(account.rcps)) == (2, 1)
    assert account.scps[0][0].name == "the SCP `FullAWSAccess`"
    assert found.accounts[OTHER].management


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"resource_policies": [source({"here": {}})]}, "found `here`; write an ARN"),
        ({"resource_policies": [source({SECRET: 1})]}, "found `1`; write its policy"),
        ({"resource_policies": [source({}, {})]}, "2 JSON objects; give one to a file"),
        ({"resource_policies": [source({SECRET: {}}), source({SECRET: {}})]}, "twice"),
        ({"scps": [source({"accounts": {"1": []}})]}, "the account `1`; an id has 12 digits"),
        ({"scps": [source({"policy": {}})]}, "the key `policy`; use accounts, delegated"),
        ({"scps": [source({"accounts": {ACCOUNT: [["X"]]}})]}, "no policy `X`; add it under"),
        ({"scps": [source({"accounts": {ACCOUNT: ["X"]}})]}, "found `X`; write a list"),
        (
            {
                "scps": [source({"organization": "o-1", "accounts": {ACCOUNT: []}})],
                "rcps": [source({"organization": "o-2", "accounts": {ACCOUNT: []}})],
            },
            f"account `{ACCOUNT}` in `o-1` and in `o-2`; an account is in one",
        ),
        ({"credentials": [source({"secrets": []})]}, "the key `secrets`; use credentials"),
        ({"credentials": [source({"credentials": [{"secret": SECRET}]})]}, "principal: found"),
        (
            {"credentials": [source({"credentials": [{"secret": SECRET, "principal": ANA}]})]},
            f"the principal `{ANA}` is in none of the exports; mend its ARN",
        ),
    ],
)
def test_what_else_is_given_is_checked_as_strictly(more: dict[str, Any], told: str) -> None:
    assert told in refusal(source(WHOLE), **more)
