"""The evaluator decides or nobody does: whatever it fails at is refused."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import local.cloud as local_cloud
import local.evaluator as evaluator_module
from local.evaluator import Evaluator, NoVerdictError
from local.evaluator_install import install_evaluator
from local.home import LocalHome
from local.progress import Silent
from tests.local.world import World, allow, root, trust

_SIMULATION = {"request": {}}


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Callable[[str], Evaluator]]:
    """Make an evaluator of a shell script that says it is ready and then does as told."""
    made: list[Evaluator] = []

    def make(then: str, first: str = '{"ready": true}') -> Evaluator:
        script = tmp_path / "evaluator"
        script.write_text(f"#!/bin/sh\necho '{first}'\nread line\n{then}\n", encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        made.append(Evaluator([str(script)]))
        return made[-1]

    yield make
    for evaluator in made:
        evaluator.close()


@pytest.mark.parametrize(
    "then",
    [
        "exit 0",
        "kill -9 $$",
        "echo nonsense",
        """echo '{"id": 7, "result": "Allowed"}'""",
        """echo '{"result": "Allowed"}'""",
        """echo '{"id": 1, "error": "policy.errors"}'""",
        "echo '[]'",
        "echo 'null'",
    ],
)
def test_an_answer_that_is_none_is_no_verdict(fake: Callable[[str], Evaluator], then: str) -> None:
    with pytest.raises(NoVerdictError):
        fake(then).decide(_SIMULATION)


def test_silence_is_no_verdict(
    fake: Callable[[str], Evaluator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator_module, "_SECONDS", 0.2)
    with pytest.raises(NoVerdictError, match="did not answer"):
        fake("sleep 60").decide(_SIMULATION)


def test_a_program_that_is_not_there_gives_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(NoVerdictError):
        Evaluator([str(tmp_path / "missing")]).decide(_SIMULATION)


@pytest.mark.parametrize("result", ["ImplicitlyDenied", "ExplicitlyDenied", "Perhaps", ""])
def test_only_allowed_is_allowed(fake: Callable[[str], Evaluator], result: str) -> None:
    verdict = fake(f"""echo '{{"id": 1, "result": "{result}"}}'""").decide(_SIMULATION)
    assert not verdict.allowed


def test_it_is_started_again_after_it_failed() -> None:
    found = install_evaluator(Silent())
    if found is None:
        pytest.skip("node is not on PATH")
    evaluator = Evaluator(found.command)
    try:
        for _ in range(2):
            with pytest.raises(NoVerdictError):
                evaluator.decide({"request": {"principal": 7}})
    finally:
        evaluator.close()


def test_a_policy_that_it_cannot_read_is_refused(fresh_cloud: LocalHome) -> None:
    world = World(fresh_cloud)
    world.user("somebody", allow("sts:AssumeRole"))
    unread = trust(root("state"), Condition={"StringMaybe": {"aws:username": "x"}})
    role = world.role("nonprod", "role", unread)
    assert world.refusal(world.key("somebody"), role) == "AccessDenied"


def test_a_request_is_refused_when_it_dies_and_decided_when_it_is_back(
    fresh_cloud: LocalHome,
) -> None:
    world = World(fresh_cloud)
    world.user("somebody", allow("sts:AssumeRole"))
    key = world.key("somebody")
    role = world.role("nonprod", "role", trust(root("state")))
    assert world.refusal(key, role) is None
    (node,) = psutil.Process(local_cloud.running(fresh_cloud).pid).children()
    node.kill()
    assert world.refusal(key, role) == "AccessDenied"
    assert world.refusal(key, role) is None


def _none(_: object) -> None:
    """Stand for the installation where there is no node."""


def test_without_node_nothing_is_enforced_and_the_cloud_says_so(
    fresh_cloud: LocalHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_cloud.stop(fresh_cloud)
    monkeypatch.setattr(local_cloud, "install_evaluator", _none)
    found = local_cloud.start(fresh_cloud, {"state": "111111111111"}, "eu-west-1", Silent())
    assert not found.enforced
    world = World(fresh_cloud)
    world.user("somebody")
    key = world.key("somebody")
    assert world.refusal(key, world.role("state", "role", trust(root("prod")))) is None
    assert world.refusal(key, "arn:aws:iam::111111111111:role/missing") == "AccessDenied"


def test_it_ends_with_the_cloud_however_that_ends(fresh_cloud: LocalHome) -> None:
    world = World(fresh_cloud)
    world.user("somebody", allow("sts:AssumeRole"))
    world.refusal(world.key("somebody"), world.role("nonprod", "role", trust(root("state"))))
    server = psutil.Process(local_cloud.running(fresh_cloud).pid)
    (node,) = server.children()
    server.kill()
    node.wait(timeout=5)
    assert not node.is_running()
