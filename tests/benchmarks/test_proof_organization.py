"""The organisations that proofs are timed on: the same each time, and the answer is known."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.proof.organization import EXTRAS, Plant, write
from benchmarks.proof.shape import PEER_SHAPES, SHAPES, Shape
from cli.main import cli

SMALL = SHAPES[0]
PROVED, REFUTED = 0, 1


def prove(folder: Path) -> tuple[int, str]:
    question = json.loads((folder / "question.json").read_text())
    options = ["prove", "--auth-details", str(folder / "details")]
    for name in EXTRAS:
        options += [f"--{name}", str(folder / f"{name}.json")]
    for start in question["from"]:
        options += ["--from", start]
    for target in question["never_reach"]:
        options += ["--never-reach", target]
    done = CliRunner().invoke(cli, options, standalone_mode=False)
    return done.return_value, done.output


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.json")}


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    write(SMALL, tmp_path / "one")
    write(SMALL, tmp_path / "two")
    assert texts(tmp_path / "one") == texts(tmp_path / "two")


def test_another_seed_writes_another_organization(tmp_path: Path) -> None:
    write(SMALL, tmp_path / "one")
    write(Shape(4, 10, 20, seed=1), tmp_path / "two")
    assert texts(tmp_path / "one") != texts(tmp_path / "two")


def test_as_many_principals_are_written_as_the_shape_says(tmp_path: Path) -> None:
    write(SMALL, tmp_path)
    exports = [json.loads(path.read_text()) for path in (tmp_path / "details").glob("*.json")]
    roles = {role["Arn"] for one in exports for role in one["RoleDetailList"]}
    users = {user["Arn"] for one in exports for user in one["UserDetailList"]}
    assert (len(exports), len(roles), len(users)) == (4, 4 * 10, 20)


def test_nonprod_is_proved_never_to_reach_prod_and_reaches_much_else(tmp_path: Path) -> None:
    write(SMALL, tmp_path)
    status, output = prove(tmp_path)
    assert status == PROVED, output
    assert "all of account" in output


@pytest.mark.parametrize("plant", Plant)
def test_a_planted_way_in_is_refuted(plant: Plant, tmp_path: Path) -> None:
    write(SMALL, tmp_path, plant)
    status, output = prove(tmp_path)
    assert status == REFUTED, output


def test_a_size_without_every_tier_is_refused() -> None:
    with pytest.raises(ValueError, match="below"):
        Shape.parse("3x10x20")


def test_the_peers_are_asked_at_about_200_500_and_1000_principals() -> None:
    assert [shape.principals for shape in PEER_SHAPES] == [200, 500, 1000]
