"""Who asks for a session: the pipeline's run, as CloudTrail shall show it.

Sources of the variables:
    https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    https://circleci.com/docs/reference/variables/#built-in-environment-variables
    https://docs.gitlab.com/ci/variables/predefined_variables/
"""

import getpass
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]+", re.ASCII)
_NOT_IN_A_TAG = re.compile(r"[^\w .:/=+@-]+", re.ASCII)
_NAME_LENGTH = 64
_TAG_LENGTH = 256


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """Which variables of a CI system say what."""

    name: str
    present: str
    run: tuple[str, ...]
    actor: tuple[str, ...]
    repository: tuple[str, ...]
    commit: tuple[str, ...]


_PIPELINES: Final = (
    _Pipeline(
        "github",
        "GITHUB_ACTIONS",
        run=("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"),
        actor=("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"),
        repository=("GITHUB_REPOSITORY",),
        commit=("GITHUB_SHA",),
    ),
    _Pipeline(
        "circleci",
        "CIRCLECI",
        run=("CIRCLE_WORKFLOW_ID",),
        actor=("CIRCLE_USERNAME",),
        repository=("CIRCLE_PROJECT_REPONAME",),
        commit=("CIRCLE_SHA1",),
    ),
    _Pipeline(
        "gitlab",
        "GITLAB_CI",
        run=("CI_PIPELINE_ID", "CI_JOB_ID"),
        actor=("GITLAB_USER_LOGIN",),
        repository=("CI_PROJECT_PATH",),
        commit=("CI_COMMIT_SHA",),
    ),
)


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a session is called and tagged with.

    Attributes:
        session_name: at most 64 characters; CloudTrail shows it as part of the session's ARN.
        source_identity: who began it; stays the same through all roles that are assumed from it.
        tags: session tags, `{key: value}`.
    """

    session_name: str
    source_identity: str
    tags: Mapping[str, str]


def run_context(identity: str, environment: Mapping[str, str]) -> RunContext:
    """Return what tells this run, in the words of the CI system that it runs in."""
    pipeline = next((one for one in _PIPELINES if environment.get(one.present)), None)
    if pipeline is None:
        who = environment.get("IAM_PROFILES_RUN") or f"local-{_user()}"
        return RunContext(_name(who), _name(who), {"iam-profiles:identity": identity})

    def said(variables: tuple[str, ...], joined: str = "") -> str:
        found = [environment[one] for one in variables if environment.get(one)]
        return joined.join(found) if joined else next(iter(found), "")

    run = f"{pipeline.name}-{said(pipeline.run, '-') or 'run'}"
    tags = {
        "iam-profiles:identity": identity,
        "iam-profiles:run": run,
        "iam-profiles:repository": said(pipeline.repository),
        "iam-profiles:commit": said(pipeline.commit),
    }
    return RunContext(
        session_name=_name(run),
        source_identity=_name(f"{pipeline.name}-{said(pipeline.actor) or 'unknown'}"),
        tags={key: _tag(value) for key, value in tags.items() if value},
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _name(text: str) -> str:
    """As a session's name and its source identity may be: 2 to 64 characters of a few kinds.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    return _NOT_IN_A_NAME.sub("-", text)[:_NAME_LENGTH].ljust(2, "-")


def _tag(text: str) -> str:
    return _NOT_IN_A_TAG.sub("-", text)[:_TAG_LENGTH]
