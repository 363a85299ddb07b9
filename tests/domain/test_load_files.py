"""Files that are no text, or no files: refused in bounded time, without a traceback."""

import os
from pathlib import Path

import pytest

from iam_profiles.load import load
from iam_profiles.source.yaml_text import MOST_BYTES
from iam_profiles.source.yaml_tree import MOST_NODES
from tests.domain.load_world import Case, problems_of, said

SOUND = Case("sound", ())


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    return SOUND.write(tmp_path)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"owner: a\npurpose: \x00\n", ":2: a NUL byte: the file is binary; save it as UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\x00", ":3: a NUL byte: the file is binary; save it as UTF-8 text"),
        (b"\xef\xbb\xbfowner: a\n", ":1: a byte order mark; save the file as UTF-8 without BOM"),
        (
            "owner: a\n".encode("utf-16"),
            ":1: a byte order mark; save the file as UTF-8 without BOM",
        ),
        (
            b"owner: a\npurpose: caf\xe9\n",
            ":2: byte 0xE9, which is not UTF-8; save the file as UTF-8",
        ),
        (
            b"owner: \x1b[2J\n",
            ":1: the character `\\x1b` (U+001B without a name), which cannot be seen; take it out",
        ),
        (b"#" * (MOST_BYTES + 1), ": larger than 256 KiB; split it over several files"),
        (
            b"a: [" + b"x," * MOST_NODES + b"]",
            ":1: more than 20000 values; split the file over several",
        ),
        (b"[" * 100_000, ":1: more than 16 levels of nesting; flatten it"),
        (b"- " * 100_000, ":1: more than 16 levels of nesting; flatten it"),
        (b"{a: " * 60_000, ":1: more than 16 levels of nesting; flatten it"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_a_file_that_is_no_plain_bounded_text_is_refused(
    profiles: Path, raw: bytes, told: str
) -> None:
    (profiles / "roles" / "AuditRole.yaml").write_bytes(raw)
    assert said(profiles) == [f"roles/AuditRole.yaml{told}"]


def test_an_alias_bomb_costs_no_more_than_its_text(profiles: Path) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    bomb = "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *levels])
    (profiles / "roles" / "AuditRole.yaml").write_text(bomb, "utf-8")
    problems = problems_of(profiles)
    assert sum("the alias" in problem.found for problem in problems) == 8 * 9
    assert sum("the anchor" in problem.found for problem in problems) == 9


def test_a_link_is_not_followed_out_of_the_reviewed_folder(profiles: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("owners: ['@example/x']\n", "utf-8")
    (profiles / "teams" / "other.yaml").symlink_to(outside)
    assert said(profiles) == ["teams/other.yaml: a symbolic link; put the file itself here"]


def test_a_linked_folder_is_not_followed_either(profiles: Path, tmp_path: Path) -> None:
    (profiles / "roles").rename(tmp_path / "roles")
    (profiles / "roles").symlink_to(tmp_path / "roles")
    assert said(profiles) == ["roles: a symbolic link; put the file itself here"]


def test_a_pipe_is_refused_and_not_waited_for(profiles: Path) -> None:
    (profiles / "organization.yaml").unlink()
    os.mkfifo(profiles / "organization.yaml")
    assert said(profiles) == ["organization.yaml: no regular file; put the file itself here"]


def test_a_folder_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert list(map(str, problems_of(missing))) == [
        f"{missing}: no such file or directory; give the folder that holds the profiles"
    ]


def test_files_are_named_as_the_caller_named_the_folder(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (profiles / "roles" / "AuditRole.yaml").write_text("", "utf-8")
    monkeypatch.chdir(profiles.parent)
    assert [problem.file for problem in problems_of(Path("profiles"))] == [
        "profiles/roles/AuditRole.yaml"
    ]


def test_sound_profiles_without_roles_and_teams_are_an_organisation_all_the_same(
    profiles: Path,
) -> None:
    for folder in ("roles", "teams"):
        for path in (profiles / folder).iterdir():
            path.unlink()
        (profiles / folder).rmdir()
    assert load(profiles).roles == ()
