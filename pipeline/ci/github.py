"""GitHub Actions: one workflow for each occasion, each job with the permissions that it needs.

Sources:
    https://docs.github.com/en/actions/reference/security/oidc
    https://docs.github.com/en/actions/reference/security/secure-use
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from iam_profiles.model import ServiceUser
from pipeline.ci.errors import CiError
from pipeline.ci.plan import (
    BUNDLE,
    ENGINE,
    HEADER,
    NIGHTLY,
    REPORT,
    ROTATE,
    SETUP,
    WEEKLY,
    Plan,
    apply,
    digest,
    drift,
    preview,
)
from pipeline.ci.stages import Stage
from pipeline.ci.text import dumped

Json = dict[str, Any]

ACTIONS: Final = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "pulumi/actions": ("8e5e406f4007fca908480587cb9893c07090f58d", "v7.0.0"),
}
"""`{action: (commit, version)}`: a tag can be moved, a commit cannot."""
_RUNNER: Final = "ubuntu-24.04"
_FOLDER: Final = ".github/workflows"
_ENVIRONMENT: Final = re.compile(r"repo:[^:]+(?::[^:]+)*?:environment:(?P<name>.+)")
_READS: Final = {"contents": "read", "id-token": "write"}
_SAME_REPOSITORY: Final = "github.event.pull_request.head.repo.full_name == github.repository"


def github(plan: Plan) -> dict[str, str]:
    """Return `{path: text}` of the workflows.

    Raises:
        CiError: an identity is not bound to a GitHub environment of its own, or one that deploys
            not to the branch.
    """
    environments = _environments(plan)
    workflows = {
        "preview": _on_pull_request(plan, environments),
        "deploy": _on_merge(plan, environments),
        "drift": _nightly(plan, environments),
        "rotate": _weekly(plan, environments),
    }
    return {
        f"{_FOLDER}/iam-profiles-{name}.yml": HEADER.format(system="github")
        + _commented(dumped(workflow))
        for name, workflow in workflows.items()
    }


def _environments(plan: Plan) -> dict[str, str]:
    """Return `{identity: environment}`, as the trust of each identity demands it.

    Who deploys must trust the branch as well: a pull request can name any environment in its
    copy of the workflows, and only GitHub's settings would keep it out.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for user in plan.identities:
        trusted = user.federation or user.reader
        claims = dict(trusted.claims) if trusted and trusted.kind == "github" else {}
        match = _ENVIRONMENT.fullmatch(claims.get("sub", ""))
        ref = None if user is plan.previewer else f"refs/heads/{plan.branch}"
        if match is None or claims.get("ref") != ref:
            branch = f", ref: {ref}" if ref else ""
            problems.append(
                f"service user `{user.name}`: its tokens must be those of one GitHub environment"
                f"{' and of the branch that is deployed from' if ref else ' on any branch'}; "
                f"give it `reader: {{github: {{repository: OWNER/REPOSITORY, "
                f"environment: {user.name}{branch}}}}}`, or the same as `federation`"
            )
            continue
        name = match["name"]
        if other := next((one for one, there in found.items() if there == name), None):
            problems.append(
                f"service user `{user.name}`: environment `{name}` is `{other}`'s already; "
                "give each an environment of its own"
            )
        found[str(user.name)] = name
    if problems:
        raise CiError(problems)
    return found


def _on_pull_request(plan: Plan, environments: dict[str, str]) -> Json:
    """Two jobs: what runs the pull request's code may not write; what writes runs none of it."""
    number = "${{ github.event.pull_request.number }}"
    comment = (
        # A comment holds 65,536 characters.
        'head -c 60000 report.md | iconv -c -t UTF-8 > comment.md\ngh pr comment "$NUMBER" '
        '--repo "$GITHUB_REPOSITORY" --edit-last --create-if-none --body-file comment.md\n'
    )
    job = _job(plan, plan.previewer, environments, plan.everywhere, [_run(preview())])
    job["steps"] += [_summary(), _upload("report", REPORT)]
    return {
        "name": "iam-profiles preview",
        "on": {"pull_request": {"branches": [plan.branch]}},
        "permissions": {},
        "concurrency": {
            "group": f"iam-profiles-preview-{number}",
            "cancel-in-progress": True,
        },
        "jobs": {
            # A fork's job is given no token, so it could not but fail.
            "preview": {"if": _SAME_REPOSITORY, **job},
            "comment": {
                "needs": "preview",
                "if": f"${{{{ !cancelled() && {_SAME_REPOSITORY} }}}}",
                "runs-on": _RUNNER,
                "permissions": {"pull-requests": "write"},
                "steps": [
                    _uses("actions/download-artifact", name="report"),
                    {
                        "run": comment,
                        "env": {"GH_TOKEN": "${{ github.token }}", "NUMBER": number},
                    },
                ],
            },
        },
    }


def _on_merge(plan: Plan, environments: dict[str, str]) -> Json:
    """For each stage a preview that holds no right to write, then exactly its bundle."""
    jobs: Json = {}
    before: str | None = None
    for stage in plan.stages:
        name = str(stage.identity.name)
        jobs[f"preview-{name}"] = {
            **({"needs": before} if before else {}),
            "outputs": {"digest": "${{ steps.bundle.outputs.digest }}"},
            **_previewed(plan, stage, environments),
        }
        steps = [
            _uses("actions/download-artifact", name=f"bundle-{name}", path=BUNDLE),
            {
                "run": apply('"$DIGEST"'),
                "env": {"DIGEST": f"${{{{ needs.preview-{name}.outputs.digest }}}}"},
            },
        ]
        jobs[f"up-{name}"] = {
            "needs": f"preview-{name}",
            **_job(plan, stage.identity, environments, stage.accounts, steps),
        }
        before = f"up-{name}"
    return {
        "name": "iam-profiles deploy",
        "on": {"push": {"branches": [plan.branch]}},
        "permissions": {},
        "concurrency": {"group": "iam-profiles-deploy", "cancel-in-progress": False},
        "jobs": jobs,
    }


def _previewed(plan: Plan, stage: Stage, environments: dict[str, str]) -> Json:
    given = f'echo "digest=$({digest()})"'
    steps = [
        _run(preview(stage)),
        _summary(),
        {"id": "bundle", "run": f'{given} | tee -a "$GITHUB_STEP_SUMMARY" >> "$GITHUB_OUTPUT"'},
        _upload(f"bundle-{stage.identity.name}", BUNDLE, always=False),
    ]
    return _job(plan, plan.previewer, environments, plan.everywhere, steps)


def _nightly(plan: Plan, environments: dict[str, str]) -> Json:
    steps = [_run(command) for command in drift(plan.ignored)]
    for step in steps[1:]:  # a refutation hides no change
        step["if"] = "${{ !cancelled() }}"
    job = _job(plan, plan.previewer, environments, plan.everywhere, steps)
    job["steps"].append(_summary())
    return _scheduled("iam-profiles drift", NIGHTLY, {"drift": job})


def _weekly(plan: Plan, environments: dict[str, str]) -> Json:
    stage = plan.rotating
    job = _job(plan, stage.identity, environments, stage.accounts, [_run(ROTATE)])
    return _scheduled("iam-profiles rotation", WEEKLY, {"rotate": job})


def _scheduled(name: str, cron: str, jobs: Json) -> Json:
    return {
        "name": name,
        "on": {"schedule": [{"cron": cron}], "workflow_dispatch": None},
        "permissions": {},
        "concurrency": {"group": name.replace(" ", "-"), "cancel-in-progress": False},
        "jobs": jobs,
    }


def _job(
    plan: Plan,
    identity: ServiceUser,
    environments: dict[str, str],
    accounts: Sequence[str],
    steps: Sequence[Json],
) -> Json:
    """Return a job that acts as one identity, in the one environment whose tokens it trusts."""
    config = '"$RUNNER_TEMP/aws-config"'
    sessions = (
        f"cat > {config} <<'CONFIG'\n{plan.sessions(identity, accounts)}CONFIG\n"
        f'echo "AWS_CONFIG_FILE=$RUNNER_TEMP/aws-config" >> "$GITHUB_ENV"\n'
    )
    path = 'echo "$PWD/.venv/bin" >> "$GITHUB_PATH"'
    return {
        "runs-on": _RUNNER,
        "timeout-minutes": 60,
        "environment": environments[str(identity.name)],
        "permissions": dict(_READS),
        "env": {
            "PULUMI_BACKEND_URL": "${{ vars.PULUMI_BACKEND_URL }}",
            "PULUMI_ACCESS_TOKEN": "${{ secrets.PULUMI_ACCESS_TOKEN }}",
        },
        "steps": [
            _uses("actions/checkout", **{"persist-credentials": False}),
            _uses("pulumi/actions", **{"pulumi-version": ENGINE}),
            {"name": "set up", "run": f"{SETUP}\n{path}\n"},
            {"name": "name the sessions", "run": sessions},
            *steps,
        ],
    }


def _run(command: str) -> Json:
    return {"run": command}


def _summary() -> Json:
    return {
        "if": "${{ !cancelled() }}",
        "run": f'cat {REPORT} >> "$GITHUB_STEP_SUMMARY"',
    }


def _upload(name: str, path: str, *, always: bool = True) -> Json:
    step = _uses("actions/upload-artifact", name=name, path=path)
    step["with"]["if-no-files-found"] = "error"
    return {"if": "${{ !cancelled() }}", **step} if always else step


def _uses(action: str, **given: str | bool) -> Json:
    return {"uses": f"{action}@{ACTIONS[action][0]}", "with": given}


def _commented(text: str) -> str:
    """Say each pinned commit's version beside it, for people and for what updates pins."""
    for commit, name in ACTIONS.values():
        text = text.replace(f"@{commit}\n", f"@{commit} # {name}\n")
    return text
