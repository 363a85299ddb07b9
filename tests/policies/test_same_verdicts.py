"""One engine: `prove`, the pack and `preview` come to one verdict on the same accounts."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.home import LocalHome
from pipeline.findings import TOGETHER
from tests.cli.test_prove_deployed import seen_by
from tests.cli.worlds import told
from tests.engine import REPOSITORY, Project, Ran
from tests.policies.cases import allow, trust, with_statement
from tests.policies.checkpoints import checkpoint
from tests.policies.exported import exported
from tests.policies.test_engine import previewed
from tests.policies.test_engine import told as violations
from tests.policies.worlds import World

pytestmark = pytest.mark.engine

ACCOUNTS = ("state", "sandbox", "nonprod", "prod")
PROVED, REFUTED, UNDECIDED = 0, 1, 2
OF_PIPELINE = {PROVED: "proved", REFUTED: "refused", UNDECIDED: "undecided"}


@dataclass(frozen=True)
class Case:
    """One stack to be deployed among three that are: what comes of it, and how many steps tell."""

    account: str
    change: Callable[[World], object]
    status: int
    steps: int = 0


def _trusting(world: World) -> None:
    statement = json.loads(trust({"AWS": "arn:aws:iam::333333333333:root"}))["Statement"][0]
    world.rewrite("Role", "AuditRole", "assumeRolePolicy", with_statement(**statement, Sid="Open"))


def _minting(world: World) -> None:
    for name in ("boundary-nonprod", "service-platform-nonprod-assume-roles"):
        world.change("Policy", name, policy=allow("iam:CreateAccessKey"))


def _unreadable(world: World) -> None:
    text = trust(
        {"AWS": "arn:aws:iam::333333333333:root"}, Condition={"StringResembles": {"aws:x": "y"}}
    )
    world.change("Role", "AuditRole", assumeRolePolicy=text)


CASES = {
    "the example": Case("prod", lambda _: None, PROVED),
    "a trust in an account of nonprod's": Case("prod", _trusting, REFUTED, 2),
    "an identity that makes keys": Case("state", _minting, REFUTED, 1),
    "a trust that nobody can read": Case("prod", _unreadable, UNDECIDED),
}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, cloud: LocalHome, project: Project) -> Project:
    """The project, for its commands in this process."""
    seen_by(monkeypatch, cloud)
    monkeypatch.setenv("PULUMI_BACKEND_URL", project.environment["PULUMI_BACKEND_URL"])
    return project


@pytest.mark.parametrize("title", CASES)
def test_command_pack_and_pipeline_come_to_the_same(
    title: str, capsys: pytest.CaptureFixture[str], seen: Project, tmp_path: Path
) -> None:
    case, project = CASES[title], seen
    worlds = {name: World(name) for name in ACCOUNTS}
    case.change(worlds[case.account])
    by_command = _proved(capsys, tmp_path, worlds)
    assert (by_command["status"], len(by_command["path"]) >= case.steps) == (case.status, True)

    _deployed(project, [one for name, one in worlds.items() if name != case.account])
    ran = previewed(project, worlds[case.account])
    asked = ("--stack", case.account, "--format", "json", "--no-skip")
    _, out, _ = told(capsys, "preview", "--project", project.folder, *asked)
    report: dict[str, Any] = json.loads(out)

    found = [one for one in report["findings"] if one["rule"] == TOGETHER]
    told_of = [(one["verdict"], one["path"], one["undecided"]) for one in found]
    said = OF_PIPELINE[case.status]
    assert told_of == (
        [] if case.status == PROVED else [(said, by_command["path"], by_command["undecided"])]
    )
    assert report["rules"] == [by_command["rule"]]
    # Other laws refuse what nobody can read as well: of them alone the report may say more.
    assert report["verdict"] in {said, said if case.status != UNDECIDED else "refused"}
    assert _of_the_pack(ran) == [(one["urn"], _without_remedy(one["message"])) for one in found]
    assert (ran.code == 0) is (case.status == PROVED)


def _proved(
    capsys: pytest.CaptureFixture[str], folder: Path, worlds: dict[str, World]
) -> dict[str, Any]:
    """What `prove` says of these accounts as AWS would export them."""
    exports = folder / "exports"
    exports.mkdir()
    for name, one in worlds.items():
        (exports / f"{name}.json").write_text(json.dumps(exported(one)))
    given = ("--auth-details", exports, "--profiles", REPOSITORY / "profiles")
    status, out, err = told(capsys, "prove", *given, "--format", "json")
    [rule] = json.loads(out)["rules"]
    from_, never = (", ".join(rule[key]) for key in ("from", "never_reach"))
    return {**rule, "status": status, "rule": f"{from_} never reaches {never}", "said": err}


def _deployed(project: Project, worlds: list[World]) -> None:
    """Let the backend say that these stacks are deployed."""
    folder = project.backend / ".pulumi" / "stacks" / "iam-profiles"
    folder.mkdir(parents=True)
    for one in worlds:
        (folder / f"{one.stack}.json").write_text(checkpoint(one))


def _of_the_pack(ran: Ran) -> list[tuple[str, str]]:
    """What the pack says of the proof, after the law's own name: the URN, every step or reason."""
    return [
        (urn, _without_remedy(message.partition("\n")[2]))
        for urn, message in violations(ran, "prod_isolation")
        if " can reach " in message
    ]


def _without_remedy(message: str) -> str:
    return message.partition("; narrow or ")[0].partition("; write what ")[0]
