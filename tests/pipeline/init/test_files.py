"""An organisation's files are written whole, never over others, and are proved as they are."""

from pathlib import Path

import pytest

from access.prove import Answer
from access.verified import verified
from iam_profiles.check import check
from iam_profiles.render_stores import keepers
from iam_profiles.world import rules, world
from pipeline.init.answers import Answers, Place
from pipeline.init.bootstrap import locked_out
from pipeline.init.errors import InitInvalidError
from pipeline.init.files import write
from tests.engine import ACCOUNTS, REPOSITORY

PLACES = tuple(Place(name, name, id_) for name, id_ in ACCOUNTS.items())


def answers(*accounts: Place, region: str = "eu-west-1", **more: str) -> Answers:
    said = {"organization": "example", "prefix": "Platform", "team": "platform", **more}
    return Answers(region=region, accounts=accounts or PLACES, people=("ana",), **said)


def test_what_is_written_passes_the_check_and_the_proof_and_is_written_once(
    tmp_path: Path,
) -> None:
    written = write(answers(), tmp_path)
    assert written[0] == "Pulumi.yaml"
    assert sorted(written) == sorted(
        one.relative_to(tmp_path).as_posix() for one in tmp_path.rglob("*") if one.is_file()
    )
    checked = check(tmp_path / "profiles")
    proofs = verified(world(checked.documents.values()), rules(checked.profiles))
    assert proofs.answer is Answer.PROVED
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    assert write(answers(), tmp_path) == ()
    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before


def test_files_that_are_there_are_left_alone_and_those_that_lack_are_added(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: mine\n", "utf-8")
    write(answers(), tmp_path)
    assert (tmp_path / "Pulumi.yaml").read_text("utf-8") == "name: mine\n"
    (tmp_path / "Pulumi.prod.yaml").unlink()
    assert write(answers(), tmp_path) == ("Pulumi.prod.yaml",)
    other = Place("prod", "prod", "999999999999")
    with pytest.raises(InitInvalidError, match=r"other accounts than asked for: `prod`; edit"):
        write(answers(*PLACES[:3], other), tmp_path)


def test_keys_are_kept_by_the_deploying_role_and_at_first_by_the_bootstraps(tmp_path: Path) -> None:
    write(answers(), tmp_path)
    profiles = check(tmp_path / "profiles").profiles
    role, first = keepers(profiles.organization)
    assert role.endswith(":role/PlatformRoles/IamProfilesRole")
    assert first == "arn:aws:iam::111111111111:role/iam-profiles-bootstrap"
    assert {locked_out(profiles, one) for one in (role, first)} == {None}
    another = "arn:aws:iam::111111111111:user/Admin"
    assert f"`{another}` would deploy first" in str(locked_out(profiles, another))


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    named = write(answers(), tmp_path, dry=True)
    assert "profiles/organization.yaml" in named
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    wrong = answers(
        Place("state", "state", "111111111111"),
        Place("sandbox", "sandbox", "111111111111"),
        Place("Prod", "production", "4444"),
        region="Europe",
        prefix="9x",
    )
    with pytest.raises(InitInvalidError) as caught:
        write(wrong, tmp_path)
    for said in (
        "--region `Europe`",
        "--prefix `9x`",
        "2 accounts have the id `111111111111` (`state`, `sandbox`)",
        "twelve digits",
        "`production` is no tier",
        "`Prod` names no account",
        "there is no account of tier `prod`",
    ):
        assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_whoever_is_stopped_in_the_middle_leaves_no_half_of_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stop)
        with pytest.raises(KeyboardInterrupt):
            write(answers(), tmp_path)
    assert not (tmp_path / "profiles").exists()
    assert "profiles/organization.yaml" in write(answers(), tmp_path)


@pytest.mark.parametrize("role", ["IamProfilesRole", "AuditRole"])
def test_the_roles_that_are_written_are_the_example_s_own(role: str) -> None:
    template = REPOSITORY / "pipeline" / "init" / "templates" / f"{role}.yaml"
    assert (
        template.read_bytes() == (REPOSITORY / "profiles" / "roles" / f"{role}.yaml").read_bytes()
    )
