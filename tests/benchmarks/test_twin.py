"""A stack's twin registers what the stack has, and its state is as if it had deployed it."""

import json
from pathlib import Path
from typing import Any

from benchmarks.deploy import Engine
from benchmarks.twin import make_twin, twin_project
from tests.policies.checkpoints import exported
from tests.policies.worlds import World


class Noted(Engine):
    """An engine that notes what it is asked for, and exports one stack."""

    def __init__(self, project: Path, state: str = "") -> None:
        super().__init__(project, {})
        self.asked: list[str] = []
        self._state = state

    def said(self, *arguments: str) -> str:
        self.asked.append(" ".join(arguments[:2]))
        return self._state


def test_the_twin_of_a_stack_has_its_resources_and_nothing_else(tmp_path: Path) -> None:
    world = World("prod")
    state = json.loads(exported(world))
    component = "urn:pulumi:prod::iam-profiles::iamprofiles:index:RoleSet::role-set"
    more = {"urn": component, "custom": False, "type": "iamprofiles:index:RoleSet"}
    state["deployment"]["resources"].append(more)
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}", "utf-8")
    ours = Noted(tmp_path, json.dumps(state))
    twins = Noted(twin_project(tmp_path / "twin", tmp_path))
    make_twin(twins, ours, "prod")

    declared: dict[str, Any] = json.loads((twins.project / "prod.resources.json").read_text())
    assert [one[0] for one in declared["providers"]] == ["pulumi:providers:aws"]
    assert [(type_, inputs) for type_, _, inputs, _ in declared["resources"]] == [
        (type_, inputs) for (type_, _), inputs in world.resources.items()
    ]
    found = json.loads((twins.project / "prod.state.json").read_text())["deployment"]["resources"]
    urns = [one["urn"] for one in found]
    assert len(set(urns)) == len(urns) == len(world.resources) + 2  # the stack, and its provider
    assert all(urn.startswith("urn:pulumi:prod::twin::") for urn in urns)
    assert {one.get("parent") for one in found} == {None, urns[0]}
    assert twins.asked == ["stack init", "stack import", "preview --stack"]
