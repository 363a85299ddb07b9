"""`iam-profiles prove --check`: what somebody else has proved, checked without proving it anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from access import prove as search
from tests.cli.test_prove import parsed
from tests.cli.worlds import CI, KEEPER, MACHINE, QUESTION, prod, state, told, written


def printed(capsys: pytest.CaptureFixture[str], folder: Path) -> Path:
    """Prove, and return the file that the certificate was printed to."""
    status, out, _ = told(capsys, "prove", "--auth-details", folder, *QUESTION, "--format", "json")
    assert status == 0
    file = folder.parent / "certificate.json"
    file.write_text(out)
    return file


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    return written(folder, state=state("iam:GetUser"), prod=prod())


def test_a_certificate_is_taken_without_any_search(
    capsys: pytest.CaptureFixture[str], exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = printed(capsys, exports)
    monkeypatch.delattr(search, "Closure")
    monkeypatch.setattr(search, "prove_each", None)
    status, out, _ = told(capsys, "prove", "--check", file, "--auth-details", exports)
    assert status == 0
    assert out.startswith("✓ proved")
    asked = ("--auth-details", exports, *QUESTION, "--format", "json")
    status, out, _ = told(capsys, "prove", "--check", file, *asked)
    assert (status, parsed(out)) == (0, json.loads(file.read_text()))


def test_a_certificate_of_other_accounts_or_of_another_rule_is_undecided(
    capsys: pytest.CaptureFixture[str], exports: Path
) -> None:
    file = printed(capsys, exports)
    other = ("--from", CI, "--never-reach", MACHINE)
    status, out, _ = told(capsys, "prove", "--check", file, "--auth-details", exports, *other)
    assert status == 2
    assert "the certificate has no proof of this rule" in out
    assert told(capsys, "prove", "--check", file)[0] == 2  # of the model's rules
    written(exports, state=state())
    status, out, _ = told(capsys, "prove", "--check", file, "--auth-details", exports)
    assert status == 2
    assert "the certificate is about another input" in out


def test_a_certificate_that_lacks_somebody_is_undecided_and_says_whom(
    capsys: pytest.CaptureFixture[str], exports: Path
) -> None:
    file = printed(capsys, exports)
    whole: dict[str, Any] = json.loads(file.read_text())
    whole["certificate"]["proofs"][0]["controlled"].remove(KEEPER)
    file.write_text(json.dumps(whole))
    status, out, _ = told(capsys, "prove", "--check", file, "--auth-details", exports)
    assert status == 2
    assert f"`{CI}` can assume `{KEEPER}`, which is not in the set" in out


@pytest.mark.parametrize("text", [None, "", '{"verdict": "proved"', '{"Users": []}'])
def test_what_is_no_certificate_is_invalid_input(
    capsys: pytest.CaptureFixture[str], exports: Path, text: str | None
) -> None:
    file = exports.parent / "other.json"
    if text is not None:
        file.write_text(text)
    status, _, err = told(capsys, "prove", "--check", file, "--auth-details", exports)
    assert status == 65
    assert "give all that `iam-profiles prove --format json` printed" in err
