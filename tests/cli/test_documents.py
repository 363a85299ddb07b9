"""What the README and the documents tell users is true: examples, links, commands, targets."""

import re
import shutil
from pathlib import Path

import pytest

from cli.main import LazyGroup, cli
from iam_profiles.load import load
from tests.engine import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/**/*.md"))]
README = PAGES[0].read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_the_team_of_the_readme_is_a_valid_team(tmp_path: Path) -> None:
    [team] = blocks(README, "yaml")
    profiles = shutil.copytree(REPOSITORY / "profiles", tmp_path / "profiles")
    (profiles / "teams" / "payments.yaml").write_text(team, "utf-8")
    loaded = load(profiles)
    assert [user.name for user in loaded.service_users if user.team == "payments"] == [
        "payments-nonprod"
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert isinstance(cli, LazyGroup)
    with cli.make_context("iam-profiles", ["check"]) as context:
        known = set(cli.list_commands(context))
    named = set(re.findall(r"(?:bin/|^\$ |`)iam-profiles ([a-z][a-z-]+)", page.read_text("utf-8")))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"(?:^\$ |`)make ([a-z][a-z-]*)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= targets
