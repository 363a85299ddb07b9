"""The published schemas say in an editor what `load` says: sound files pass, slips do not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from iam_profiles.schema import schemas
from tests.domain.load_world import BASE, cases, problems_of

SCHEMAS: dict[str, Any] = {name: json.loads(text) for name, text in schemas().items()}
KINDS = {"roles": "role", "teams": "team"}
EXAMPLE = Path(__file__).parents[2] / "profiles"


class CoreLoader(yaml.SafeLoader):
    """Reads as editors do, by YAML 1.2: `on` is a word, a date is text."""


CoreLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not tag.endswith((":bool", ":timestamp")) or first in "tTfF"
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def faults(folder: Path) -> Iterator[str]:
    """Yield what the schemas have against the files of a folder."""
    for path in sorted(folder.glob("**/*.yaml")):
        kind = KINDS.get(path.parent.name, "organization")
        schema = SCHEMAS[f"{kind}.schema.json"]
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        # CoreLoader is a SafeLoader with fewer resolvers.
        value = yaml.load(path.read_text("utf-8"), CoreLoader)  # noqa: S506 -- see above
        yield from (f"{path.name}: {error.message}" for error in validator.iter_errors(value))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_of_its_draft(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("folder", [BASE, EXAMPLE], ids=["base", "example"])
def test_sound_files_pass_their_schema(folder: Path) -> None:
    assert list(faults(folder)) == []


SLIPS = (
    "keys that are misspelt",
    "an account id without quotes is a number",
    "true in quotes",
    "a null",
    "an account's name with capitals, which is a stack's name",
    "no accounts",
    "no isolation",
    "a region that is none",
    "a prefix with slashes, where the path is made of it",
    "quotas that AWS does not raise, or not so far, or that are unknown",
    "a purpose with a dash that IAM's descriptions refuse",
    "IAM's own spelling of a statement",
    "an action twice in one statement",
    "an operator that IAM does not have, and a key without prefix",
    "nobody who approves",
    "names of groups that are reserved",
    "names with letters that only look like ASCII, spaces and slashes",
    "names that are too long",
    "a machine of a class that is for people, or of none, or whose key is rotated all the time",
    "grants to nobody, and to two",
    "a tier that is no list",
    "days that are not in the calendar, or have a time",
)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_that_shows_in_one_file_shows_in_the_editor(name: str, tmp_path: Path) -> None:
    (case,) = (case for case in cases() if case.name == name)
    assert list(faults(case.write(tmp_path)))


def test_the_schema_refuses_nothing_that_load_takes(tmp_path: Path) -> None:
    sound = [case for case in cases() if not case.problems]
    assert sound
    for number, case in enumerate(sound):
        profiles = case.write(tmp_path / str(number))
        assert problems_of(profiles) == ()
        assert list(faults(profiles)) == [], case.name


def test_every_key_is_described_and_schemas_come_out_the_same_each_time() -> None:
    assert schemas() == schemas()
    for schema in SCHEMAS.values():
        for entry in (schema, *schema["$defs"].values()):
            assert entry["description"]
            for key, described in entry["properties"].items():
                assert described.get("description") or described.get("$ref"), key
