"""Nobody who is kept out of an account gets at its state, and a policy with a hole is found out."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from iam_profiles.load import load
from iam_profiles.model import Profiles
from pipeline.init.errors import InitInvalidError
from pipeline.init.files import write
from pipeline.init.policies import bucket_policy, key_policy
from pipeline.init.proof import ways_in
from pipeline.init.shares import Shares
from pipeline.init.site import Site
from tests.pipeline.init.test_files import answers

Policy = dict[str, Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    folder = tmp_path_factory.mktemp("organisation")
    write(answers(), folder)
    return load(folder / "profiles")


def rendered(model: Profiles) -> tuple[Site, Shares, str]:
    site, shares = Site.of(model), Shares.of(model)
    key = site.keys.replace("*", "0123")
    return site, shares, bucket_policy(site, shares, (site.root,), key)


def test_the_bucket_s_policy_keeps_the_lower_accounts_from_the_upper_s_state(
    model: Profiles,
) -> None:
    site, shares, policy = rendered(model)
    assert [(share.own, share.stacks) for share in shares.all] == [
        (("state", "prod"), ("state", "sandbox", "nonprod", "prod")),
        (("sandbox", "nonprod"), ("sandbox", "nonprod")),
    ]
    assert ways_in(model, site, shares, policy) == ()


def without(*sids: str) -> Callable[[Policy], None]:
    def change(policy: Policy) -> None:
        before = len(policy["Statement"])
        policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] not in sids]
        assert len(policy["Statement"]) == before - len(sids)

    return change


def wider(sid: str, key: str) -> Callable[[Policy], None]:
    def change(policy: Policy) -> None:
        one = next(one for one in policy["Statement"] if one["Sid"] == sid)
        one["Resource"] = [f"arn:aws:s3:::iam-profiles-state-111111111111/{key}"]

    return change


def exempting(sid: str) -> Callable[[Policy], None]:
    def change(policy: Policy) -> None:
        one = next(one for one in policy["Statement"] if one["Sid"] == sid)
        role = "arn:aws:iam::222222222222:role/PlatformRoles/IamProfilesRole"
        one["Condition"]["ArnNotEquals"]["aws:PrincipalArn"].append(role)

    return change


@pytest.mark.parametrize(
    "open_it",
    [
        without("StateProdApart"),
        without("NobodyElseOpensIt"),
        wider("SandboxNonprodKeeps", ".pulumi/*"),
        wider("SandboxNonprodKeeps", ".pulumi/stacks/iam-profiles/*prod.*"),
        wider("SandboxNonprodReads", "*"),
        wider("StateProdApart", ".pulumi/stacks/iam-profiles/prod.json"),
        exempting("StateProdApart"),
    ],
    ids=[
        "no-deny",
        "policy-can-be-changed",
        "allows-all",
        "name-that-fits-another",
        "reads-all",
        "denies-too-little",
        "exempts-a-lower-role",
    ],
)
def test_a_policy_with_a_hole_is_refused(
    model: Profiles, open_it: Callable[[Policy], None]
) -> None:
    site, shares, policy = rendered(model)
    changed = json.loads(policy)
    open_it(changed)
    assert ways_in(model, site, shares, json.dumps(changed))


def test_stacks_whose_names_begin_alike_are_told_apart(model: Profiles) -> None:
    site = Site.of(model)
    assert not {one.removesuffix("*") for one in site.objects("prod")} & {
        one.removesuffix("*") for one in site.objects("prod-eu")
    }
    assert all("/prod/" in one or "/prod." in one for one in site.objects("prod"))


def test_nothing_in_the_policies_is_public_or_names_who_may_not_be_there_yet(
    model: Profiles,
) -> None:
    site, shares, policy = rendered(model)
    for one in json.loads(policy)["Statement"]:
        if one["Effect"] == "Allow":
            assert all(who.endswith(":root") for who in one["Principal"]["AWS"])
            assert "aws:PrincipalArn" in one["Condition"]["ArnEquals"]
    for one in json.loads(key_policy(site, shares, (site.root,)))["Statement"]:
        assert "aws:PrincipalArn" in json.dumps(one["Condition"])


def test_more_accounts_than_a_policy_holds_are_refused(model: Profiles) -> None:
    site, shares = Site.of(model), Shares.of(model)
    many = tuple(f"account-{number}" for number in range(120))
    crowded = Shares((shares.all[0], replace(shares.all[1], stacks=many)))
    with pytest.raises(InitInvalidError, match="AWS takes 20480; keep the state in Pulumi Cloud"):
        bucket_policy(site, crowded, (site.root,), "key")
