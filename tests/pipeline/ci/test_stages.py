"""Stages and shards: who deploys what, and in which order."""

import json
import math
from pathlib import Path

import pytest

from cli.main import run
from iam_profiles.load import load
from iam_profiles.model import Profiles
from pipeline.ci.errors import CiError
from pipeline.ci.stages import Stage, previewer_of, shards_of, stages_of
from tests.engine import REPOSITORY
from tests.pipeline.ci.project import edit, project_at


@pytest.fixture(scope="module")
def example() -> Profiles:
    return load(REPOSITORY / "profiles")


def dealt(stages: tuple[Stage, ...], count: int) -> list[tuple[str, ...]]:
    return [names for _, names in shards_of(stages, count)]


def test_each_account_is_deployed_by_the_identity_that_reaches_fewest(example: Profiles) -> None:
    found = stages_of(example, "IamProfilesRole")
    assert [(str(one.identity.name), one.accounts, one.guarded) for one in found] == [
        ("platform-nonprod", ("sandbox", "nonprod"), False),
        ("platform-prod", ("state", "prod"), True),
    ]


def test_an_identity_that_reaches_production_waits_even_where_it_deploys_a_sandbox(
    tmp_path: Path,
) -> None:
    root = project_at(tmp_path)
    edit(
        root,
        "  - {service_user: platform-nonprod, role: IamProfilesRole, on: [sandbox, nonprod]}\n",
        "",
    )
    [stage] = stages_of(load(root / "profiles"), "IamProfilesRole")
    assert stage.guarded
    assert set(stage.accounts) == {"state", "sandbox", "nonprod", "prod"}


def test_an_account_that_nobody_deploys_is_named(example: Profiles) -> None:
    with pytest.raises(CiError, match="account `state`: no service user is granted"):
        stages_of(example, "PaymentsDeployRole")


def test_an_account_that_two_may_deploy_is_named(tmp_path: Path) -> None:
    root = project_at(tmp_path)
    edit(root, "service_users:\n", "service_users:\n  other: {class: nonprod}\n")
    edit(
        root,
        "grants:\n",
        "grants:\n  - {service_user: other, role: IamProfilesRole, on: [sandbox, nonprod]}\n",
    )
    with pytest.raises(CiError, match="`other` and `platform-nonprod` may both deploy it"):
        stages_of(load(root / "profiles"), "IamProfilesRole")


def test_who_previews_may_do_nothing_else(tmp_path: Path, example: Profiles) -> None:
    with pytest.raises(CiError, match="nobody can preview"):
        previewer_of(example, "AuditRole")
    root = project_at(tmp_path)
    assert previewer_of(load(root / "profiles"), "AuditRole").name == "platform-preview"
    more = "  - {service_user: platform-preview, role: PlatformVPCRole, on: [sandbox]}\n"
    edit(root, "grants:\n", f"grants:\n{more}")
    with pytest.raises(CiError, match="nobody can preview"):
        previewer_of(load(root / "profiles"), "AuditRole")


def test_shards_keep_the_order_and_no_shard_has_two_identities(example: Profiles) -> None:
    stages = stages_of(example, "IamProfilesRole")
    assert dealt(stages, 2) == [("sandbox", "nonprod"), ("state", "prod")]
    assert dealt(stages, 3) == [("sandbox",), ("nonprod",), ("state", "prod")]
    assert dealt(stages, 9) == [("sandbox",), ("nonprod",), ("state",), ("prod",)]


@pytest.mark.parametrize("count", [2, 3, 7, 20, 100, 150])
def test_a_hundred_accounts_are_dealt_evenly_each_once(count: int, example: Profiles) -> None:
    [low, high] = stages_of(example, "IamProfilesRole")
    many = (
        Stage(low.identity, tuple(f"n{index}" for index in range(70)), guarded=False),
        Stage(high.identity, tuple(f"p{index}" for index in range(30)), guarded=True),
    )
    shards = dealt(many, count)
    assert [name for shard in shards for name in shard] == [*many[0].accounts, *many[1].accounts]
    assert len(shards) == min(count, 100)
    # Twice the even share at most: a shard of one identity cannot help out with the other's.
    assert max(map(len, shards)) <= max(70 if count == 2 else 0, math.ceil(2 * 100 / count))


def test_the_matrix_is_what_a_ci_system_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stacks", "--shards", "2"]) == 0
    [line] = capsys.readouterr().out.splitlines()  # as `matrix=…` in a job's output must be
    assert json.loads(line)["include"][1] == {
        "shard": 2,
        "identity": "platform-prod",
        "needs_approval": True,
        "stacks": ["state", "prod"],
        "arguments": "--stack state --stack prod",
    }
    assert run(["stacks", "--shards", "257"]) == 64
    assert "--shards" in capsys.readouterr().err
    assert run(["stacks", "--shards", "1"]) == 64
    assert "2 identities deploy" in capsys.readouterr().err
    assert run(["stacks", "--shards", "1", "--identity", "platform-prod"]) == 0
    capsys.readouterr()
    assert run(["stacks", "--shards", "1", "--identity", "nobody"]) == 64
    assert "name one of `platform-nonprod`, `platform-prod`" in capsys.readouterr().err
