"""Each slip in the profiles is told with its file, line, field and remedy, and nothing else is."""

from pathlib import Path

import pytest
import yaml

from iam_profiles.source import yaml_tree
from tests.domain.load_world import Case, cases, problems_of, said


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_problem_of_a_run_is_told_at_once_and_none_besides(
    case: Case, tmp_path: Path
) -> None:
    assert said(case.write(tmp_path)) == list(case.problems)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_same_is_found_where_pyyaml_has_no_c_parser(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = case.write(tmp_path)
    places = [(problem.file, problem.field) for problem in problems_of(profiles)]
    monkeypatch.setattr(yaml_tree, "_LOADER", yaml.SafeLoader)
    assert [(problem.file, problem.field) for problem in problems_of(profiles)] == places


def test_no_case_is_there_twice() -> None:
    names = [case.name for case in cases()]
    assert sorted(set(names)) == sorted(names)
