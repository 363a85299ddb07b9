"""Problems read as one line each: where, what was found, what to do."""

import pickle

import pytest

from iam_profiles.errors import AccountUnknownError, Problem, ProfilesInvalidError

LATE = Problem("profiles/teams/a.yaml", 12, "grants[1].role", "undefined role `X`", "add it")
EARLY = Problem("profiles/teams/a.yaml", 2, "people", "missing", "add it")
WHOLE = Problem("profiles/organization.yaml", 0, "", "an empty file", "fill it in")


def test_a_problem_is_one_line() -> None:
    assert str(LATE) == "profiles/teams/a.yaml:12: grants[1].role: undefined role `X`; add it"


def test_a_problem_with_a_whole_file_has_no_line_and_no_field() -> None:
    assert str(WHOLE) == "profiles/organization.yaml: an empty file; fill it in"


def test_the_error_lists_every_problem_once_by_file_and_line() -> None:
    error = ProfilesInvalidError([LATE, EARLY, WHOLE, EARLY])
    assert error.problems == (WHOLE, EARLY, LATE)
    assert str(error) == f"{WHOLE}\n{EARLY}\n{LATE}"


def test_an_error_without_problems_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        ProfilesInvalidError([])


def test_errors_survive_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(ProfilesInvalidError([LATE])))  # noqa: S301 -- made here
    assert error.problems == (LATE,)


def test_an_unknown_account_is_answered_with_those_there_are() -> None:
    error = AccountUnknownError("prd", ["prod", "nonprod"])
    assert str(error) == "no account is called `prd`; use one of `nonprod`, `prod`"
