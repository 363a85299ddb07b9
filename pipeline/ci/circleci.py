"""CircleCI: one configuration, each job with the context of the one identity it acts as.

Sources:
    https://circleci.com/docs/reference/configuration-reference/
    https://circleci.com/docs/guides/security/contexts/
"""

from collections.abc import Sequence
from typing import Any, Final

from iam_profiles.model import ServiceUser
from pipeline.ci.errors import CiError
from pipeline.ci.plan import (
    ENGINE,
    HEADER,
    NIGHTLY,
    ROTATE,
    SETUP,
    WEEKLY,
    Plan,
    apply,
    digest,
    drift,
    preview,
)
from pipeline.ci.text import dumped

Json = dict[str, Any]

PATH: Final = ".circleci/config.yml"
DIGEST: Final = "out/bundle.digest"
"""Where a preview leaves its bundle's digest: no other workflow's jobs write there."""
_IMAGE: Final = f"pulumi/pulumi-python-3.11:{ENGINE}"


def circleci(plan: Plan) -> dict[str, str]:
    """Return `{path: text}` of the configuration.

    Raises:
        CiError: every job of the project would be some identity.
    """
    problems = [
        f"service user `{user.name}`: its tokens are those of every job of a CircleCI project, "
        "so no context could keep it apart; remove its `federation` or `reader`, and let a "
        "restricted context read its secret"
        for user in plan.identities
        if (trusted := user.federation or user.reader) is not None and trusted.kind == "circleci"
    ]
    if problems:
        raise CiError(problems)
    return {PATH: HEADER.format(system="circleci") + dumped(_config(plan))}


def context_of(identity: ServiceUser) -> str:
    """Return the context that holds what reads this identity's secret, and nobody else's."""
    return f"iam-profiles-{identity.name}"


def _config(plan: Plan) -> Json:
    everywhere, previewer = plan.everywhere, plan.previewer
    jobs: Json = {
        "preview": _job(plan, previewer, everywhere, [_run(preview()), *_kept()]),
        "drift": _job(plan, previewer, everywhere, _each(drift(plan.ignored))),
        "rotate": _job(plan, plan.rotating.identity, plan.rotating.accounts, [_run(ROTATE)]),
    }
    for stage in plan.stages:
        name = stage.identity.name
        kept: list[Json] = [{"persist_to_workspace": {"root": ".", "paths": ["out"]}}, *_kept()]
        steps = [_run(preview(stage)), _run(f"{digest()} > {DIGEST}"), *kept]
        jobs[f"preview-{name}"] = _job(plan, previewer, everywhere, steps)
        jobs[f"up-{name}"] = _job(
            plan,
            stage.identity,
            stage.accounts,
            [{"attach_workspace": {"at": "."}}, _run(apply(f'"$(cat {DIGEST})"'))],
        )
    reading = context_of(previewer)
    return {
        "version": 2.1,
        "jobs": jobs,
        "workflows": {
            "preview": {
                "jobs": [
                    {
                        "preview": {
                            "context": [reading],
                            "filters": {"branches": {"ignore": [plan.branch]}},
                        }
                    }
                ]
            },
            "deploy": {"jobs": _deploy(plan)},
            "drift": _scheduled(plan, NIGHTLY, "drift", previewer),
            "rotate": _scheduled(plan, WEEKLY, "rotate", plan.rotating.identity),
        },
    }


def _deploy(plan: Plan) -> list[Json]:
    found: list[Json] = []
    only = {"branches": {"only": [plan.branch]}}
    before: list[str] = []
    for stage in plan.stages:
        name = stage.identity.name
        found.append(
            {
                f"preview-{name}": {
                    "context": [context_of(plan.previewer)],
                    **({"requires": before} if before else {}),
                    "filters": only,
                }
            }
        )
        ready = f"preview-{name}"
        if stage.guarded:
            approval = {"type": "approval", "requires": [ready], "filters": only}
            found.append({f"approve-{name}": approval})
            ready = f"approve-{name}"
        applied = {"context": [context_of(stage.identity)], "requires": [ready], "filters": only}
        found.append({f"up-{name}": applied})
        before = [f"up-{name}"]
    return found


def _scheduled(plan: Plan, cron: str, job: str, identity: ServiceUser) -> Json:
    schedule = {"cron": cron, "filters": {"branches": {"only": [plan.branch]}}}
    return {
        "triggers": [{"schedule": schedule}],
        "jobs": [{job: {"context": [context_of(identity)]}}],
    }


def _job(plan: Plan, identity: ServiceUser, accounts: Sequence[str], steps: Sequence[Json]) -> Json:
    sessions = (
        f"cat > /tmp/aws-config <<'CONFIG'\n{plan.sessions(identity, accounts)}CONFIG\n"
        f"echo 'export AWS_CONFIG_FILE=/tmp/aws-config' >> \"$BASH_ENV\"\n"
    )
    path = 'echo \'export PATH="$PWD/.venv/bin:$PATH"\' >> "$BASH_ENV"'
    return {
        "docker": [{"image": _IMAGE}],
        "steps": [
            "checkout",
            {"run": {"name": "set up", "command": f"{SETUP}\n{path}\n"}},
            {"run": {"name": "name the sessions", "command": sessions}},
            *steps,
        ],
    }


def _each(commands: Sequence[str]) -> list[Json]:
    """Return steps of which the later ones run whatever came of the earlier ones."""
    first, *rest = commands
    return [
        _run(first),
        *({"run": {"command": command, "when": "always"}} for command in rest),
        *_kept(),
    ]


def _run(command: str) -> Json:
    return {"run": {"command": command}}


def _kept() -> list[Json]:
    return [{"store_artifacts": {"path": "out"}}, {"store_test_results": {"path": "out"}}]
