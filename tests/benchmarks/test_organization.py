"""The generated organisations are valid, as large as asked for, and the same each time."""

from pathlib import Path

import pytest

from benchmarks.organization import write_organization
from iam_profiles.check import check
from pipeline.judge import judge


@pytest.mark.parametrize("count", [4, 12, 100])
def test_an_organisation_has_so_many_accounts_and_fits_the_quotas(
    tmp_path: Path, count: int
) -> None:
    accounts = write_organization(tmp_path, count)
    found = check(tmp_path / "profiles").profiles.organization.accounts
    assert {str(one.name): str(one.id) for one in found} == accounts
    assert len(accounts) == count
    stacks = {file.name for file in tmp_path.glob("Pulumi.*.yaml")}
    assert stacks == {f"Pulumi.{name}.yaml" for name in accounts}


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    written = [write_organization(tmp_path / name, 8) for name in ("one", "two")]
    assert written[0] == written[1]
    texts = [(tmp_path / n / "profiles" / "organization.yaml").read_text() for n in ("one", "two")]
    assert texts[0] == texts[1]


def test_an_organisation_of_which_nothing_is_deployed_and_nothing_planned_is_proved(
    tmp_path: Path,
) -> None:
    write_organization(tmp_path, 8)
    profiles = check(tmp_path / "profiles").profiles
    assert judge(profiles, {}, {}).verdict == "proved"
