"""The engine's refresh: what counts as moved, and what is lost or never heard of fails."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from pipeline.drift.refresh import Moved, moves, refresh_all
from pipeline.job import Outcome, StackJob
from pipeline.work import Event, Work
from policies.known_types import POLICY, ROLE

WORKS = tuple(Work(StackJob(name, Path()), "preview") for name in ("state", "prod"))


def step(operation: str, type_: str, old: dict[str, Any], new: dict[str, Any]) -> EngineEvent:
    urn = f"urn:pulumi:prod::iam-profiles::{type_}::one"
    side: dict[str, Any] = {
        "type": type_,
        "urn": urn,
        "id": "1",
        "parent": "",
        "provider": "",
        "inputs": {},
    }
    sides = {"old": {**side, "outputs": old}, "new": {**side, "outputs": new}}
    metadata = {"op": operation, "urn": urn, "type": type_, "provider": "", **sides}
    event = {"sequence": 1, "timestamp": 1, "resOutputsEvent": {"metadata": metadata}}
    return EngineEvent.from_json(event)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (step("same", ROLE, {}, {}), None),
        (step("update", ROLE, {"path": "/a/"}, {"path": "/b/"}), ("path",)),
        (step("update", ROLE, {}, {"permissionsBoundary": "x"}), ("permissionsBoundary",)),
        (step("update", ROLE, {"managedPolicyArns": []}, {"managedPolicyArns": ["x"]}), None),
        (step("update", POLICY, {"attachmentCount": 0}, {"attachmentCount": 1}), None),
        (step("update", POLICY, {"managedPolicyArns": 0}, {}), ("managedPolicyArns",)),
        (step("update", ROLE, {"x": "[secret]"}, {"x": "[secret]"}), ()),
        (step("delete", ROLE, {"path": "/a/"}, {}), ()),
    ],
)
def test_what_follows_from_other_resources_alone_has_not_moved(
    event: EngineEvent, told: tuple[str, ...] | None
) -> None:
    [*found] = moves([event])
    assert [one.properties for one in found] == ([] if told is None else [told])


def test_a_resource_that_is_gone_is_said_to_be() -> None:
    one = Moved("urn:pulumi:prod::iam-profiles::aws:iam/role:Role::AuditRole", "delete")
    assert str(one) == "`AuditRole` (aws:iam/role:Role) is gone, the engine's refresh says"


class Losing(Executor):
    """Loses the worker of each stack so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked: list[str] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        del fn, kwargs
        stack = args[0].job.stack
        self.asked.append(stack)
        future: Future[Any] = Future()
        if self.asked.count(stack) <= self.times:
            future.set_exception(BrokenExecutor())
        else:
            future.set_result(Outcome(stack, "preview", True, {}, (), (), 1.0))  # noqa: FBT003 -- a table
        return future


@pytest.mark.parametrize(("times", "ok"), [(0, True), (1, True), (2, False)])
def test_what_is_lost_with_its_worker_is_done_once_more_and_then_fails(
    times: int, *, ok: bool
) -> None:
    events: list[Event] = []
    found = refresh_all(WORKS, Losing(times), events.append)
    assert [(one.stack, one.ok) for one in found] == [("prod", ok), ("state", ok)]
    assert len(events) == len(WORKS)
