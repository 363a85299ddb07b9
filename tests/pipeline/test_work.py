"""Stack operations behind an executor: as many as there is room for, and none after a failure."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.checkpoints import NEVER, NOTHING, State
from pipeline.errors import StackUnreadableError
from pipeline.job import Outcome, StackJob, Violation
from pipeline.unchanged import Unchanged
from pipeline.work import PATIENCE_SECONDS, TRIED_AGAIN, TRIED_NOT, Event, Work, run


class Done(Executor):
    """Does each piece of work as it comes, by a table of what comes of it."""

    def __init__(self, fails: frozenset[str] = frozenset(), lost: Sequence[str] = ()) -> None:
        self.asked: list[Work] = []
        self._fails = fails
        self._lost = list(lost)

    @property
    def begun(self) -> list[str]:
        return [work.job.stack for work in self.asked]

    def submit(self, _: Callable[..., Any], /, *args: Any, **__: Any) -> Future[Any]:
        [work] = args
        stack = work.job.stack
        self.asked.append(work)
        future: Future[Outcome] = Future()
        if stack in self._lost and work.operation != "repair":
            self._lost.remove(stack)
            future.set_exception(BrokenExecutor())
            return future
        found = outcome(stack, ok=not self._fails & {stack, work.operation})
        if work.operation == "repair":
            found = replace(found, notes=("freed a lock",), state="as repaired")
        future.set_result(found if found.ok else found.with_errors("it did not work"))
        return future


def outcome(stack: str, *, ok: bool = True, **changes: int) -> Outcome:
    return Outcome(stack, "up", ok, changes or {"same": 36}, (), (), 0.0)


def works(*stacks: str) -> Iterator[Work]:
    return (Work(StackJob(stack, Path()), "up") for stack in stacks)


def test_each_outcome_is_told_and_returned() -> None:
    told: list[Event] = []
    found = list(run(works("a", "b"), Done(), told.append))
    assert sorted(one.stack for one in found) == ["a", "b"]
    assert told == found


def test_nothing_is_begun_after_a_failure() -> None:
    executor = Done(fails=frozenset({"b"}))
    asked = run(works("a", "b", "c", "d"), executor, lambda _: None, at_once=1, until_failure=True)
    assert [one.ok for one in asked] == [True, False]
    assert executor.begun == ["a", "b"]


def test_work_is_asked_for_when_there_is_room_for_it() -> None:
    executor = Done()
    outcomes = run(works("a", "b", "c"), executor, lambda _: None, at_once=1)
    next(outcomes)
    assert executor.begun == ["a"]
    assert [one.stack for one in outcomes] == ["b", "c"]


def test_a_worker_that_was_lost_twice_is_an_outcome_that_names_what_repairs_it() -> None:
    [found] = run(works("a"), Done(lost=["a", "a"]), lambda _: None)
    assert not found.ok
    assert "run `iam-profiles repair --stack a`" in found.errors[0]


def test_an_update_whose_worker_was_lost_goes_on_from_the_state_that_its_repair_left() -> None:
    executor = Done(lost=["a"])
    found = list(run(works("b", "a"), executor, lambda _: None))
    assert [(one.stack, one.ok) for one in found] == [("b", True), ("a", True)]
    assert [(one.operation, one.state) for one in executor.asked] == [
        ("up", None),
        ("up", None),
        ("repair", None),
        ("up", "as repaired"),
    ]
    assert executor.asked[2].patience_seconds == PATIENCE_SECONDS
    assert found[1].notes == (TRIED_AGAIN, "freed a lock")


def test_an_update_whose_stack_cannot_be_repaired_is_not_tried_again() -> None:
    executor = Done(fails=frozenset({"repair"}), lost=["a"])
    [found] = run(works("a"), executor, lambda _: None)
    assert (found.operation, found.ok) == ("up", False)
    assert found.errors == (f"{TRIED_NOT}; it did not work",)
    assert [one.operation for one in executor.asked] == ["up", "repair"]


def test_a_preview_whose_worker_was_lost_is_tried_again_as_it_was() -> None:
    executor = Done(lost=["a"])
    [work] = works("a")
    [found] = run([replace(work, operation="preview", state="s")], executor, lambda _: None)
    assert (found.ok, found.notes) == (True, (TRIED_AGAIN,))
    assert [(one.operation, one.state) for one in executor.asked] == [("preview", "s")] * 2


def state(*resources: str, stack: str = "prod", pending: tuple[str, ...] = ()) -> State:
    latest = {
        "manifest": {"time": "now"},
        "resources": [{"urn": urn} for urn in resources],
        "pending_operations": [{"resource": {"urn": urn}} for urn in pending],
    }
    return State(stack, json.dumps({"version": 3, "checkpoint": {"latest": latest}}))


def test_a_stack_that_was_never_deployed_has_one_digest_whether_it_is_there_or_not() -> None:
    assert state().digest == State("prod", NOTHING).digest == NEVER
    assert (state().exists, State("prod", NOTHING).exists) == (True, False)


def test_an_export_and_a_checkpoint_of_the_same_state_have_the_same_digest() -> None:
    latest = json.loads(state("a").text)["checkpoint"]["latest"]
    exported = State("prod", json.dumps({"version": 3, "deployment": latest}, indent=4))
    assert exported.digest == state("a").digest != state("b").digest


@pytest.mark.parametrize("text", ["", "[]", "{", '{"checkpoint": []}'])
def test_a_state_that_is_none_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(StackUnreadableError, match="restore it with `pulumi stack import`"):
        _ = State("prod", text).digest


@pytest.fixture
def unchanged(tmp_path: Path) -> Unchanged:
    return Unchanged(tmp_path, "inputs")


def test_a_stack_without_changes_is_remembered_for_the_same_state_and_inputs(
    unchanged: Unchanged, tmp_path: Path
) -> None:
    unchanged.remember(state("a"), outcome("prod"))
    found = unchanged.recall(state("a"))
    assert found is not None
    assert (found.ok, found.changed, found.changes) == (True, False, {"same": 36})
    others = (state("b"), state("a", stack="nonprod"), state("a", pending=("a",)))
    assert [unchanged.recall(other) for other in others] == [None, None, None]
    assert Unchanged(tmp_path, "other inputs").recall(state("a")) is None


@pytest.mark.parametrize(
    "found",
    [
        outcome("prod", ok=False),
        outcome("prod", update=1),
        Outcome("prod", "preview", True, {}, (Violation("r", None, "m", False),), (), 0.0),  # noqa: FBT003 -- a table
    ],
    ids=["failed", "changed", "advised"],
)
def test_nothing_else_is_remembered(unchanged: Unchanged, found: Outcome) -> None:
    unchanged.remember(state("a"), found)
    assert unchanged.recall(state("a")) is None


def test_what_cannot_be_read_is_not_remembered(unchanged: Unchanged, tmp_path: Path) -> None:
    unchanged.remember(state("a"), outcome("prod"))
    [file] = tmp_path.iterdir()
    file.write_text("{", "utf-8")
    assert unchanged.recall(state("a")) is None


def test_a_proof_is_remembered_of_the_same_states_only(unchanged: Unchanged) -> None:
    states = {"prod": state("a"), "state": state("b", stack="state")}
    unchanged.remember_proved(states, ["nonprod never reaches prod"])
    assert unchanged.proved(states) == ("nonprod never reaches prod",)
    assert unchanged.proved({**states, "prod": state("c")}) is None
