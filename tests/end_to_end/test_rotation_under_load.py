"""Fifty rotations while jobs fetch keys and assume roles: not one call is refused."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from cli.stored_keys import StoredKeys
from credentials.ensure import ensure
from credentials.ports import Policy, Timing, Urgency
from iam_profiles.documents import ServiceUserDocuments
from iam_profiles.names import AccountName
from iam_profiles.render import render
from iam_profiles.render_directory import directory
from local.cloud import running
from tests.clouds import started
from tests.end_to_end.inventory import PROFILES, SERVICE_USERS
from tests.end_to_end.load import Job, Load, Tally
from tests.engine import Project, copy_project

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("load")]

ROTATIONS = 13
"""Of each of the four service users."""
GRACE = timedelta(seconds=1.2)
QUICK = Timing(
    propagation=timedelta(seconds=5),
    visibility=timedelta(seconds=0),
    poll=timedelta(seconds=0.05),
)
"""The emulator lists and knows a key at once; the scale of time is all that differs from AWS."""


@pytest.fixture(scope="module")
def deployed_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The state account and one that it grants roles in, with AssumeRole enforced."""
    root = tmp_path_factory.mktemp("load")
    with started(root / "cloud") as home:
        assert running(home).enforced, "Node.js is needed to run the evaluator"
        project = copy_project(root / "project", home)
        for stack in ("state", "sandbox"):
            project.up(stack).checked()
        yield project


@pytest.fixture
def project(deployed_apart: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The same, for this process too."""
    for name, value in deployed_apart.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return deployed_apart


def rotate_under_load(
    users: tuple[ServiceUserDocuments, ...], rotations: int, urgency: Urgency, grace: timedelta
) -> tuple[int, Tally]:
    """Rotate each user's key so often while jobs of each use it; how often, and what they got."""
    keys = StoredKeys(render(PROFILES, AccountName("state")), "iam-profiles-state")
    text = directory(PROFILES).to_json()
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    promised = GRACE.total_seconds()
    jobs = [Job(text, user.name, "sandbox", environment, promised) for user in users] * 2
    policy = Policy(grace=grace)

    def rotate(user: ServiceUserDocuments) -> int:
        ports = replace(keys.ports(user), timing=QUICK)
        done = 0
        for _ in range(rotations):
            done += ensure(ports, policy, urgency).changed
            time.sleep(promised)
        return done

    with Load(jobs) as load:
        time.sleep(1)
        with ThreadPoolExecutor(len(users)) as workers:
            done = sum(workers.map(rotate, users))
    return done, load.total


def test_no_call_is_refused_during_fifty_rotations(project: Project) -> None:
    began = time.monotonic()
    done, told = rotate_under_load(SERVICE_USERS, ROTATIONS, Urgency.EARLY, GRACE)
    seconds = time.monotonic() - began
    print(  # noqa: T201 - shown with `-s`, and where it fails
        f"{done} rotations in {seconds:.0f} s: {told.fetches} fetches, {told.assumed} sessions with"
        f" {len(told.keys)} keys, {len(told.refused)} refused, {told.late} later than the grace"
    )
    assert told.refused == []
    assert done == ROTATIONS * len(SERVICE_USERS) >= 50
    assert len(told.keys) > done / 2, "the jobs hardly noticed"
    assert told.assumed > 4 * done
    assert told.late < told.assumed / 20, "the machine is too busy for this to prove anything"
    project.up("state").checked()


def test_the_same_jobs_notice_a_rotation_that_has_no_grace(project: Project) -> None:
    del project
    _, told = rotate_under_load(SERVICE_USERS[:1], 3, Urgency.LEAKED, timedelta(0))
    assert any("InvalidClientTokenId" in why for why in told.refused), told.refused
