"""A bundle is there whole or not at all, and any change to it is seen."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.bundle import Bundle, Contents, PlannedStack, write_bundle
from pipeline.errors import (
    BundleAlteredError,
    BundleRefusedError,
    BundleUnreadableError,
    BundleUnwritableError,
    BusyError,
)
from pipeline.inputs import inputs_of, moved, one_digest
from pipeline.job import StackJob
from pipeline.journal import Done, Journal, alone


def contents(**files: bytes) -> Contents:
    return Contents(
        verdict="proved",
        inputs={"__main__.py": "aa", "the engine": "3.250.0"},
        stacks=[PlannedStack(name="prod", changes=True)],
        states={"prod": "never deployed"},
        order=[["prod"]],
        rules=["nonprod never reaches prod"],
        files=files or {"plans/prod.json": b"{}", "planned/prod.json": b"{}"},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", contents())
    return tmp_path / "bundle"


def test_what_is_written_is_read_again(folder: Path) -> None:
    bundle = Bundle(folder)
    assert bundle.manifest.verdict == "proved"
    assert (bundle.plan("prod"), bundle.planned("prod")) == (b"{}", "{}")


def test_the_same_contents_have_the_same_digest(tmp_path: Path, folder: Path) -> None:
    assert write_bundle(tmp_path / "again", contents()) == Bundle(folder).digest


def test_nobody_else_may_read_it(folder: Path) -> None:
    files = [folder, *folder.rglob("*")]
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def altered(folder: Path) -> tuple[str, ...]:
    with pytest.raises(BundleAlteredError) as caught:
        Bundle(folder)
    return caught.value.files


@pytest.mark.parametrize("name", ["plans/prod.json", "planned/prod.json"])
def test_a_file_that_was_altered_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"{ }")
    assert altered(folder) == (name,)


def test_all_that_was_altered_added_and_removed_is_named_at_once(folder: Path) -> None:
    (folder / "plans" / "prod.json").unlink()
    (folder / "planned" / "prod.json").write_bytes(b"[]")
    (folder / "more.json").write_bytes(b"")
    assert altered(folder) == ("more.json", "planned/prod.json", "plans/prod.json")


def test_a_link_that_was_put_into_it_is_seen(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert altered(folder) == ("link",)


def test_a_bundle_of_stacks_that_were_never_proved_together_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", replace(contents(), rules=None))
    with pytest.raises(BundleRefusedError, match="the proof of all stacks together did not run"):
        Bundle(tmp_path / "bundle")
    write_bundle(tmp_path / "bundle", replace(contents(), rules=None, verdict="failed"))
    assert Bundle(tmp_path / "bundle").manifest.verdict == "failed"


@pytest.mark.parametrize("text", ["", "{}", '{"format": "another"}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(BundleUnreadableError, match="its manifest is not one"):
        Bundle(folder)


def test_a_bundle_replaces_an_older_one_and_nothing_of_it_stays(folder: Path) -> None:
    Journal(folder).begin("prod")
    write_bundle(folder, contents(**{"report.md": b"new"}))
    assert names(folder) == ["manifest.json", "report.md"]
    assert names(folder.parent) == ["bundle"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(BundleUnwritableError, match="choose another place"):
        write_bundle(tmp_path, contents())
    assert names(tmp_path) == ["notes.txt"]


def test_a_bundle_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        write_bundle(tmp_path / "bundle", contents(**{"plans/a.json": b"", "plans": b""}))
    assert names(tmp_path) == []


def test_the_journal_is_no_part_of_what_was_previewed(folder: Path) -> None:
    journal = Journal(folder)
    journal.begin("prod")
    journal.begin("state")
    journal.finish("prod", "after")
    assert Bundle(folder).manifest.verdict == "proved"
    assert journal.read() == {"prod": Done("prod", "after"), "state": Done("state")}


def test_a_journal_that_cannot_be_read_blocks(folder: Path) -> None:
    (folder / "journal.jsonl").write_text("{\n", "utf-8")
    with pytest.raises(BundleUnreadableError, match="its journal cannot be read"):
        Journal(folder).read()


def test_only_one_run_at_a_time_has_the_turn(tmp_path: Path) -> None:
    place = tmp_path / "turn"
    refused = pytest.raises(BusyError, match=f"process {os.getpid()}")
    with alone(place, tmp_path), refused, alone(place, tmp_path):
        pass
    with alone(place, tmp_path):
        pass


@pytest.fixture
def project(tmp_path: Path) -> StackJob:
    root = tmp_path / "project"
    for name, text in SOURCES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return StackJob("prod", root, {"PULUMI_BACKEND_URL": "file:///one"})


SOURCES = {
    "__main__.py": "deploy()",
    "Pulumi.yaml": "name: iam-profiles",
    "Pulumi.prod.yaml": "config: {}",
    "access/__init__.py": "",
    "access/catalogue/steps.json": "[]",
    "access/__pycache__/old.pyc": "x",
    "profiles/teams/payments.yaml": "people: []",
    "requirements/runtime.lock": "pulumi==3.250.0",
    "tests/__init__.py": "",
    ".venv/lib/x.py": "",
}


@pytest.mark.parametrize(
    "name",
    [
        "__main__.py",
        "Pulumi.yaml",
        "Pulumi.prod.yaml",
        "access/catalogue/steps.json",
        "profiles/teams/payments.yaml",
        "requirements/runtime.lock",
    ],
)
def test_each_source_is_an_input(project: StackJob, name: str) -> None:
    before = inputs_of(project, "3.250.0")
    source = project.project / name
    source.write_text(f"{source.read_text('utf-8')}\n# changed\n", "utf-8")
    now = inputs_of(project, "3.250.0")
    assert moved(before, now) == (name,)
    assert one_digest(before) != one_digest(now)


@pytest.mark.parametrize(
    "name", ["tests/__init__.py", "access/__pycache__/old.pyc", ".venv/lib/x.py"]
)
def test_what_no_preview_depends_on_is_no_input(project: StackJob, name: str) -> None:
    before = inputs_of(project, "3.250.0")
    (project.project / name).write_text("changed", "utf-8")
    assert moved(before, inputs_of(project, "3.250.0")) == ()


def test_another_engine_another_backend_and_new_files_are_named(project: StackJob) -> None:
    before = inputs_of(project, "3.250.0")
    # What lies beside the program is imported in place of a package of the same name.
    for name in ("access/new.py", "yaml.py", "boto3.pyc"):
        (project.project / name).write_text("", "utf-8")
    elsewhere = StackJob("prod", project.project, {"PULUMI_BACKEND_URL": "file:///two"})
    assert moved(before, inputs_of(elsewhere, "3.251.0")) == (
        "access/new.py",
        "boto3.pyc",
        "the backend",
        "the engine",
        "yaml.py",
    )
