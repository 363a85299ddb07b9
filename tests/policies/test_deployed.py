"""What the stacks have deployed is read from wherever it is, or the roll-out is refused."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.checkpoint import CheckpointError, Deployed, deployed
from policies.deployed import HANDED_OVER, Place, Stacks, stacks
from policies.finding import Finding
from policies.registered import UNKNOWN
from tests.policies.checkpoints import checkpoint, exported, resources
from tests.policies.worlds import World


def place(folder: Path, **environment: str) -> Place:
    return Place(folder, "iam-profiles", "prod", environment)


def backend(folder: Path, **stacks: str | bytes) -> dict[str, str]:
    """A backend in a folder, with these checkpoints."""
    there = folder / ".pulumi" / "stacks" / "iam-profiles"
    there.mkdir(parents=True)
    for name, text in stacks.items():
        zipped = isinstance(text, bytes)
        file = there / f"{name}.json{'.gz' if zipped else ''}"
        file.write_bytes(text if zipped else text.encode())
    return {"PULUMI_BACKEND_URL": f"file://{folder}?metadata=skip"}


def read(found: Stacks | tuple[Finding, ...]) -> dict[str, int]:
    """How many resources each stack has; none if it was never deployed."""
    assert isinstance(found, dict), found
    return {name: len(one.settled.resources) if one else 0 for name, one in found.items()}


EMPTY = json.dumps({"version": 3, "checkpoint": {"stack": "x", "latest": None}})
PROD = len(resources(World("prod")))


def test_a_backend_in_a_folder_is_read(tmp_path: Path) -> None:
    text = checkpoint(World("prod"))
    given = backend(tmp_path, prod=text, state=gzip.compress(text.encode()), nonprod=EMPTY)
    found = stacks(["prod", "state", "nonprod", "sandbox"], place(tmp_path, **given))
    assert read(found) == {"prod": PROD, "state": PROD, "nonprod": 0, "sandbox": 0}


@pytest.mark.parametrize("url", ["file://.", "file://%2E", "file://./."])
def test_a_backend_beside_the_project_is_found(tmp_path: Path, url: str) -> None:
    backend(tmp_path, prod=checkpoint(World("prod")))
    assert read(stacks(["prod"], place(tmp_path, PULUMI_BACKEND_URL=url))) == {"prod": PROD}


def test_of_two_checkpoints_the_newer_one_counts(tmp_path: Path) -> None:
    given = backend(tmp_path, prod=checkpoint(World("prod")), state=EMPTY)
    folder = tmp_path / ".pulumi" / "stacks" / "iam-profiles"
    newer = folder / "state.json.gz"
    newer.write_bytes(gzip.compress(checkpoint(World("prod")).encode()))
    os.utime(folder / "state.json", (1, 1))
    assert read(stacks(["state"], place(tmp_path, **given))) == {"state": PROD}


def test_what_is_handed_over_comes_first(tmp_path: Path) -> None:
    given = backend(tmp_path / "backend", prod=EMPTY)
    (tmp_path / "prod.json").write_text(exported(World("prod")), encoding="utf-8")
    found = stacks(["prod"], place(tmp_path, **given, **{HANDED_OVER: str(tmp_path)}))
    assert read(found) == {"prod": PROD}


def test_what_is_not_handed_over_is_refused(tmp_path: Path) -> None:
    (finding,) = stacks(["prod"], place(tmp_path, **{HANDED_OVER: str(tmp_path)}))
    assert isinstance(finding, Finding)
    assert "what stack `prod` has deployed cannot be read" in finding.found
    assert HANDED_OVER in finding.remedy


def engine(folder: Path, script: str) -> dict[str, str]:
    """A `pulumi` on PATH that does as the script says."""
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_without_a_folder_the_engine_is_asked(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(exported(World("prod")), encoding="utf-8")
    given = engine(tmp_path, 'test "$4" = prod && cat out.json && exit\n' + NO_STACK)
    found = stacks(["prod", "state"], place(tmp_path, **given))
    assert read(found) == {"prod": PROD, "state": 0}


NO_STACK = "echo \"error: no stack named '$4' found\" >&2; exit 255"


def test_a_folder_without_this_stack_is_another_backend_s(tmp_path: Path) -> None:
    given = backend(tmp_path, state=checkpoint(World("state"))) | engine(tmp_path, NO_STACK)
    assert read(stacks(["state"], place(tmp_path, **given))) == {"state": 0}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'error: not logged in' >&2; exit 1", "the engine says: error: not logged in"),
        ("echo 'What would you like?'", "it is not JSON"),
    ],
)
def test_an_engine_that_does_not_tell_is_refused(tmp_path: Path, script: str, why: str) -> None:
    (finding,) = stacks(["prod"], place(tmp_path, **engine(tmp_path, script)))
    assert isinstance(finding, Finding)
    assert why in finding.found


def test_without_an_engine_nothing_is_proved(tmp_path: Path) -> None:
    (finding,) = stacks(["prod"], place(tmp_path, PATH=str(tmp_path)))
    assert isinstance(finding, Finding)
    assert "there is no `pulumi` on PATH" in finding.found


def _changed(change: Callable[[dict[str, Any]], object]) -> str:
    whole = json.loads(checkpoint(World("prod")))
    change(whole)
    return json.dumps(whole)


def _resource(found: dict[str, Any], name: str = "role:Role::AuditRole") -> dict[str, Any]:
    return next(
        one for one in found["checkpoint"]["latest"]["resources"] if one["urn"].endswith(name)
    )


UNREADABLE = {
    "cut off": checkpoint(World("prod"))[:-30],
    "a list": "[]",
    "something else": json.dumps({"version": 3, "Users": []}),
    "a later version": _changed(lambda one: one.update(version=5)),
    "no list of resources": _changed(
        lambda one: one["checkpoint"]["latest"].update(resources={"a": 1})
    ),
    "a resource without URN": _changed(lambda one: _resource(one).pop("type")),
    "inputs that are none": _changed(lambda one: _resource(one).update(inputs=["a"])),
    "nested too deeply": "[" * 100_000,
}


@pytest.mark.parametrize("title", UNREADABLE)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(CheckpointError):
        deployed(UNREADABLE[title])
    given = backend(tmp_path, prod=UNREADABLE[title])
    (finding,) = stacks(["prod"], place(tmp_path, **given))
    assert isinstance(finding, Finding)


def settled(text: str) -> Deployed:
    found = deployed(text)
    assert found is not None
    return found


def test_a_secret_is_unknown_and_no_key_is_needed_for_it() -> None:
    secret = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "v1:x",
    }
    text = _changed(lambda one: _resource(one)["inputs"].update(assumeRolePolicy=secret))
    (role,) = [
        one for one in settled(text).settled.resources if one.urn.endswith("role:Role::AuditRole")
    ]
    assert role.inputs["assumeRolePolicy"] is UNKNOWN


def test_a_resource_whose_provider_is_not_there_may_be_in_any_account() -> None:
    text = _changed(
        lambda one: _resource(one).update(provider="urn:pulumi:prod::p::pulumi:providers:aws::x::1")
    )
    (role,) = [
        one for one in settled(text).settled.resources if one.urn.endswith("role:Role::AuditRole")
    ]
    assert role.provider is not None
    assert role.provider.type == "pulumi:providers:aws"
    assert role.provider.inputs == {}


def test_what_was_under_way_is_there_and_is_not() -> None:
    role = {**resources(World("prod"))[-1], "urn": "urn:new"}
    found = settled(checkpoint(World("prod"), pending=[{"resource": role, "type": "creating"}]))
    assert found.under_way is not None
    assert len(found.under_way.resources) == len(found.settled.resources) + 1 == PROD + 1


def test_a_stack_with_nothing_but_providers_was_never_deployed() -> None:
    whole = json.loads(checkpoint(World("prod")))
    whole["checkpoint"]["latest"]["resources"] = resources(World("prod"))[:2]
    assert deployed(json.dumps(whole)) is None
