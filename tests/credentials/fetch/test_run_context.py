"""What CloudTrail shows of a run: its name, who began it, and its tags."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.fetch.run_context import run_context

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_ACTOR": "mira[bot]",
    "GITHUB_REPOSITORY": "example/payments",
    "GITHUB_SHA": "0123abcd",
}
CIRCLECI = {
    "CIRCLECI": "true",
    "CIRCLE_WORKFLOW_ID": "11111111-2222-3333-4444-555555555555",
    "CIRCLE_USERNAME": "mira",
}
GITLAB = {"GITLAB_CI": "true", "CI_PIPELINE_ID": "7", "CI_JOB_ID": "8", "GITLAB_USER_LOGIN": "li"}


@pytest.mark.parametrize(
    ("environment", "name", "source"),
    [
        (GITHUB, "github-4711-2", "github-mira-bot-"),
        (CIRCLECI, "circleci-11111111-2222-3333-4444-555555555555", "circleci-mira"),
        (GITLAB, "gitlab-7-8", "gitlab-li"),
        ({"IAM_PROFILES_RUN": "nightly 12"}, "nightly-12", "nightly-12"),
        ({"GITLAB_CI": "true"}, "gitlab-run", "gitlab-unknown"),
    ],
)
def test_a_session_is_named_after_the_run_and_whoever_began_it(
    environment: Mapping[str, str], name: str, source: str
) -> None:
    context = run_context("payments-nonprod", environment)
    assert (context.session_name, context.source_identity) == (name, source)
    assert context.tags["iam-profiles:identity"] == "payments-nonprod"


def test_a_run_is_tagged_with_its_repository_and_commit() -> None:
    assert run_context("payments-nonprod", GITHUB).tags == {
        "iam-profiles:identity": "payments-nonprod",
        "iam-profiles:run": "github-4711-2",
        "iam-profiles:repository": "example/payments",
        "iam-profiles:commit": "0123abcd",
    }


def test_outside_any_pipeline_a_session_is_named_after_the_user_of_the_machine() -> None:
    assert run_context("payments-nonprod", {}).session_name.startswith("local-")


@given(
    environment=st.dictionaries(st.sampled_from([*GITHUB, "IAM_PROFILES_RUN"]), st.text()),
)
def test_whatever_the_environment_says_is_made_fit_for_aws(environment: dict[str, str]) -> None:
    context = run_context("payments-nonprod", environment)
    for name in (context.session_name, context.source_identity):
        assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", name)
    assert len(context.tags) <= 50
    for value in context.tags.values():
        assert re.fullmatch(r"[A-Za-z0-9_ .:/=+@-]{1,256}", value)
