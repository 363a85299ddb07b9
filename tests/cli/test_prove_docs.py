"""Every example of `docs/prove.md` prints what the page says; `tools/examples.py` renews them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.cli.test_prove import SHAPE
from tests.cli.worlds import told
from tests.engine import REPOSITORY

PAGE = (REPOSITORY / "docs" / "prove.md").read_text(encoding="utf-8")
EXAMPLES = REPOSITORY / "docs" / "examples" / "prove"
DIGEST = re.compile("sha256:[0-9a-f]{64}")


def examples() -> Iterator[tuple[str, str]]:
    """Yield each command of ours on the page, and what it says that the command prints."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = example.partition("\n")
            if command.startswith("iam-profiles "):
                yield command, printed


@pytest.mark.parametrize(("command", "printed"), tuple(examples()))
def test_an_example_of_the_page_prints_what_the_page_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, printed: str
) -> None:
    monkeypatch.chdir(EXAMPLES)
    _, out, err = told(capsys, *shlex.split(command)[1:])
    assert err == ""
    assert DIGEST.sub("sha256:…", out).rstrip() == printed.rstrip()


def test_the_page_has_an_example_of_every_command_and_of_both_verdicts() -> None:
    commands = [shlex.split(command)[1] for command, _ in examples()]
    assert set(commands) == {"prove", "who-can", "can", "explain"}
    printed = "".join(text for _, text in examples())
    assert "✓ proved" in printed
    assert "✗ refuted" in printed


def test_the_page_describes_every_key_of_the_form_for_programs() -> None:
    jsonschema.Draft202012Validator.check_schema(SHAPE)
    rule = SHAPE["properties"]["rules"]["items"]
    hop = rule["properties"]["path"]["items"]
    for key in (*SHAPE["required"], *rule["required"], *hop["required"]):
        assert re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", PAGE), key


def test_every_file_that_the_page_links_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert targets
    for target in targets:
        assert (Path(REPOSITORY / "docs") / target).exists(), target
