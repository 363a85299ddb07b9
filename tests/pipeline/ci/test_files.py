"""The generated CI files: who may run what, by parsing what was generated."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli.main import cli, run
from iam_profiles.errors import ProfilesError
from pipeline.ci.circleci import PATH, circleci
from pipeline.ci.errors import CiError
from pipeline.ci.github import github
from tests.pipeline.ci.actionlint import actionlint
from tests.pipeline.ci.circle_rules import by_schema, problems_of
from tests.pipeline.ci.project import (
    CI_USERS,
    edit,
    parsed,
    plan_of,
    project_at,
    texts,
    trusting_github,
)

DEPLOY = ".github/workflows/iam-profiles-deploy.yml"
PREVIEW = ".github/workflows/iam-profiles-preview.yml"
GUARDED = {"state", "prod"}
Make = Callable[[Path], dict[str, str]]


def github_of(root: Path) -> dict[str, str]:
    return github(plan_of(trusting_github(project_at(root))))


def circleci_of(root: Path) -> dict[str, str]:
    return circleci(plan_of(project_at(root)))


both = pytest.mark.parametrize("make", [github_of, circleci_of])


def jobs_of(files: dict[str, str]) -> dict[str, Any]:
    return {
        f"{path} {name}": job
        for path, document in parsed(files).items()
        for name, job in document["jobs"].items()
    }


def identities_of(job: Any) -> set[str]:
    return set(re.findall(r"--identity (\S+)", "\n".join(texts(job))))


def accounts_of(job: Any) -> set[str]:
    """Every account that the job names: to preview it, or to have a session in it."""
    return set(re.findall(r"--(?:stack|account) (\S+)", "\n".join(texts(job))))


def mixing(jobs: dict[str, Any]) -> list[str]:
    """The jobs with more than one identity, or with nonprod's and what it never reaches."""
    return [
        name
        for name, job in jobs.items()
        if len(identities_of(job)) > 1
        or ("platform-nonprod" in identities_of(job) and accounts_of(job) & GUARDED)
    ]


@both
def test_nonprod_has_jobs_of_its_own_that_name_neither_state_nor_prod(
    make: Make, tmp_path: Path
) -> None:
    jobs = jobs_of(make(tmp_path))
    assert mixing(jobs) == []
    acting = {name.split()[1] for name, job in jobs.items() if "platform-nonprod" in str(job)}
    assert "up-platform-nonprod" in acting


@both
def test_a_job_of_nonprod_that_named_prod_would_be_found(make: Make, tmp_path: Path) -> None:
    files = {
        path: text.replace("--identity platform-prod", "--identity platform-nonprod")
        for path, text in make(tmp_path).items()
    }
    assert mixing(jobs_of(files)) != []


def test_no_github_environment_is_that_of_two_identities(tmp_path: Path) -> None:
    acting: dict[str, set[str]] = {}
    for job in jobs_of(github_of(tmp_path)).values():
        if "environment" in job:
            acting.setdefault(job["environment"], set()).update(identities_of(job))
        else:
            assert identities_of(job) == set()
    assert acting == {name: {name} for name in CI_USERS}


def test_no_circleci_context_is_that_of_two_identities(tmp_path: Path) -> None:
    document = parsed(circleci_of(tmp_path))[PATH]
    acting: dict[str, set[str]] = {}
    for workflow in document["workflows"].values():
        for entry in workflow["jobs"]:
            [(name, said)] = entry.items()
            if said.get("type") != "approval":
                [context] = said["context"]
                acting.setdefault(context, set()).update(identities_of(document["jobs"][name]))
    assert acting == {f"iam-profiles-{name}": {name} for name in CI_USERS}


def test_what_circleci_applies_to_production_waits_for_its_approval(tmp_path: Path) -> None:
    entries = parsed(circleci_of(tmp_path))[PATH]["workflows"]["deploy"]["jobs"]
    said = {name: value for entry in entries for name, value in entry.items()}
    assert said["up-platform-prod"]["requires"] == ["approve-platform-prod"]
    assert said["approve-platform-prod"]["type"] == "approval"
    assert said["approve-platform-prod"]["requires"] == ["preview-platform-prod"]
    assert said["preview-platform-prod"]["requires"] == ["up-platform-nonprod"]
    assert all(value["filters"]["branches"] == {"only": ["main"]} for value in said.values())


def test_github_applies_exactly_the_bundle_that_the_job_before_gave_the_digest_of(
    tmp_path: Path,
) -> None:
    jobs = parsed(github_of(tmp_path))[DEPLOY]["jobs"]
    for name in ("platform-nonprod", "platform-prod"):
        apply = jobs[f"up-{name}"]["steps"][-1]
        assert apply["run"] == 'iam-profiles up out/bundle --yes --digest "$DIGEST"'
        assert apply["env"]["DIGEST"] == f"${{{{ needs.preview-{name}.outputs.digest }}}}"
        assert jobs[f"up-{name}"]["needs"] == f"preview-{name}"
    assert jobs["preview-platform-prod"]["needs"] == "up-platform-nonprod"


def test_circleci_applies_the_bundle_whose_digest_its_preview_left_in_the_workspace(
    tmp_path: Path,
) -> None:
    jobs = parsed(circleci_of(tmp_path))[PATH]["jobs"]
    given = 'echo "sha256:$(sha256sum out/bundle/manifest.json | cut -d" " -f1)"'
    for name in ("platform-nonprod", "platform-prod"):
        assert {"run": {"command": f"{given} > out/bundle.digest"}} in jobs[f"preview-{name}"][
            "steps"
        ]
        apply = jobs[f"up-{name}"]["steps"][-1]["run"]["command"]
        assert apply == 'iam-profiles up out/bundle --yes --digest "$(cat out/bundle.digest)"'


def test_a_pull_requests_code_runs_as_nobody_but_the_one_who_reads(tmp_path: Path) -> None:
    jobs = parsed(github_of(tmp_path))[PREVIEW]["jobs"]
    assert identities_of(jobs["preview"]) == {"platform-preview"}
    assert "--role IamProfilesRole" not in "\n".join(texts(jobs["preview"]))
    assert jobs["preview"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    assert not any("checkout" in text or ".venv" in text for text in texts(jobs["comment"]))


def test_every_workflow_begins_with_no_permission_and_every_action_is_a_commit(
    tmp_path: Path,
) -> None:
    files = github_of(tmp_path)
    assert all(document["permissions"] == {} for document in parsed(files).values())
    lines = [line for text in files.values() for line in text.splitlines() if "uses:" in line]
    assert lines
    pinned = re.compile(r"\s*(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_no_pull_requests_text_is_pasted_into_a_script(tmp_path: Path) -> None:
    for job in jobs_of(github_of(tmp_path)).values():
        assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


@both
def test_every_command_in_the_files_is_one_that_the_command_line_takes(
    make: Make, tmp_path: Path
) -> None:
    commands = {
        match.strip()
        for job in jobs_of(make(tmp_path)).values()
        for script in scripts_of(job)
        for match in re.findall(r"\biam-profiles (?=[a-z])([^\n>|]+)", script)
    }
    assert {words.split()[0] for words in commands} == {"preview", "up", "drift", "credentials"}
    for words in commands:
        parse(shlex.split(words))
    with pytest.raises(click.UsageError):
        parse([*shlex.split(min(commands)), "--no-such-option"])


def parse(words: list[str]) -> None:
    """Parse a command as the command line does, and carry out nothing."""
    command: click.Command = cli
    context = click.Context(command)
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert name is not None
        assert found is not None
        command = found
    command.make_context(command.name, words, parent=context)


def scripts_of(job: Any) -> list[str]:
    """What the job's steps run, in either system's words."""
    steps = [step for step in job["steps"] if isinstance(step, dict)]
    runs = [step["run"] for step in steps if "run" in step]
    return [run if isinstance(run, str) else run["command"] for run in runs]


def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    program = actionlint()
    root = tmp_path / "project"
    root.mkdir()
    for path, text in github_of(root).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    files = sorted(str(file) for file in (root / ".github" / "workflows").iterdir())
    command = [program, "-shellcheck=", "-pyflakes=", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    broken = root / ".github" / "workflows" / "iam-profiles-deploy.yml"
    broken.write_text(broken.read_text("utf-8").replace("needs: preview-", "needs: review-"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_the_circleci_configuration_keeps_circlecis_schema_and_reference(tmp_path: Path) -> None:
    document = parsed(circleci_of(tmp_path))[PATH]
    assert problems_of(document) == []
    assert by_schema({**document, "jobs": {"preview": {"steps": "checkout"}}}) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"requires": ["approve-platform-prod"]', '"requires": ["approved"]'),
        ('"context": ["iam-profiles-platform-prod"]', '"contexts": ["x"]'),
        ('"run": {"command"', '"run": {"script"'),
        ('"attach_workspace"', '"attach_workspaces"'),
        ('"type": "approval"', '"type": "approve"'),
        ('"docker"', '"dockers"'),
        ('"cron": "41 4 * * 1"', '"cron": "weekly"'),
    ],
)
def test_a_circleci_configuration_with_one_thing_wrong_is_found(
    old: str, new: str, tmp_path: Path
) -> None:
    text = json.dumps(parsed(circleci_of(tmp_path))[PATH])
    assert old in text
    assert problems_of(json.loads(text.replace(old, new))) != []


def test_without_an_environment_of_its_own_no_identity_deploys_from_github(tmp_path: Path) -> None:
    with pytest.raises(CiError) as refused:
        github(plan_of(project_at(tmp_path)))
    assert [user for user in CI_USERS if f"`{user}`" in str(refused.value)] == list(CI_USERS)
    assert "environment: platform-prod" in str(refused.value)


def test_who_deploys_from_any_branch_is_refused_since_a_pull_request_is_one(
    tmp_path: Path,
) -> None:
    root = trusting_github(project_at(tmp_path))
    edit(root, "environment: platform-nonprod, ref: refs/heads/main", "environment: any")
    with pytest.raises(CiError, match=r"`platform-nonprod`.*ref: refs/heads/main"):
        github(plan_of(root))


@both
def test_no_session_is_the_default_that_what_fetches_it_would_look_for(
    make: Make, tmp_path: Path
) -> None:
    written = "\n".join(make(tmp_path).values())
    assert "[default]" not in written
    assert "AWS_PROFILE" not in written


def test_two_identities_in_one_environment_are_refused(tmp_path: Path) -> None:
    shared = dict.fromkeys(CI_USERS, "production")
    with pytest.raises(ProfilesError, match="platform-prod"):
        github(plan_of(trusting_github(project_at(tmp_path), shared)))


def test_tokens_of_a_circleci_project_are_refused_since_each_of_its_jobs_has_them(
    tmp_path: Path,
) -> None:
    root = project_at(tmp_path)
    one = "3d4f5a66-0b1c-4d2e-8f90-a1b2c3d4e5f6"
    reader = f"reader: {{circleci: {{organization: {one}, project: {one}}}}}"
    edit(root, "  platform-prod: {class", f"  platform-prod: {{{reader}, class")
    with pytest.raises(CiError, match="`platform-prod`"):
        circleci(plan_of(root))


@pytest.mark.parametrize("system", ["github", "circleci"])
def test_the_command_writes_what_it_else_prints(
    system: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project_at(tmp_path)
    if system == "github":
        trusting_github(root)
    assert run(["ci", system, "--project", str(root)]) == 0
    printed = capsys.readouterr().out
    assert run(["ci", system, "--write", "--project", str(root)]) == 0
    written = re.findall(r"^written: (.+)$", capsys.readouterr().out, flags=re.MULTILINE)
    assert written
    assert printed == "".join(f"# {path}\n{(root / path).read_text('utf-8')}\n" for path in written)
