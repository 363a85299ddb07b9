"""Whatever goes wrong within the pack is itself a reason to refuse."""

from pathlib import Path
from typing import cast

import pytest
from pulumi_policy import (
    PolicyResource,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policies.deployed import HANDED_OVER
from policies.gate import LAWS, Gate, Law
from policies.registered import Registered
from tests.policies.test_registered import resource
from tests.policies.worlds import ROOT

STACK_URN = "urn:pulumi:{}::iam-profiles::pulumi:pulumi:Stack::iam-profiles-{}"


def stack(name: str) -> list[PolicyResource]:
    root = resource(STACK_URN.format(name, name))
    root.resource_type = "pulumi:pulumi:Stack"
    root.provider = None
    return [root]


def told(gate: Gate, law: str, resources: list[PolicyResource]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    (policy,) = [
        one for one in gate.policies() if one.name == law and isinstance(one, StackValidationPolicy)
    ]

    def report(message: str, urn: str | None = None) -> None:
        found.append((message, urn))

    policy.validate(StackValidationArgs(resources), report)
    return found


def failing(error: Exception) -> tuple[Law, ...]:
    def judge(*_: object) -> tuple[()]:
        raise error

    return (Law("prod_isolation", "a law that fails", judge),)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no such thing"),
        RecursionError("too deep"),
        UnknownValueError(UNKNOWN_STRING_VALUE, ["policy"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_law_that_fails_refuses_the_stack(error: Exception) -> None:
    gate = Gate(ROOT / "profiles", failing(error))
    ((message, _),) = told(gate, "prod_isolation", stack("prod"))
    assert message.startswith(f"the rule itself failed: {type(error).__name__}")
    assert "test_gate.py:" in message


@pytest.mark.parametrize("law", [law.name for law in LAWS])
def test_without_profiles_no_law_passes(tmp_path: Path, law: str) -> None:
    ((message, _),) = told(Gate(tmp_path / "profiles"), law, stack("prod"))
    assert message.startswith("profiles/ cannot be used: ")


@pytest.mark.parametrize("law", [law.name for law in LAWS])
def test_a_stack_that_is_no_account_passes_no_law(law: str) -> None:
    ((message, _),) = told(Gate(ROOT / "profiles"), law, stack("qa"))
    assert message == (
        "no account is called `qa`, as this stack is; "
        "name the stack after its account, one of `nonprod`, `prod`, `sandbox`, `state`"
    )


def test_a_stack_without_root_passes_no_law() -> None:
    ((message, _),) = told(Gate(ROOT / "profiles"), "no_key_in_state", [])
    assert message.startswith("the stack's account cannot be told")


def test_a_resource_that_cannot_be_read_is_refused() -> None:
    class Broken:
        urn = "urn:x"
        resource_type = "aws:iam/role:Role"

        @property
        def props(self) -> object:
            raise KeyError("props")

    found: list[str] = []
    first = Gate(ROOT / "profiles").policies()[0]
    cast("ResourceValidationPolicy", first).validate(
        Broken(),  # pyright: ignore[reportArgumentType] -- what the SDK should never hand over
        lambda message, urn=None: found.append(f"{urn} {message}"),
    )
    assert found[0].startswith("urn:x the rule itself failed: KeyError")


def test_what_was_declared_is_what_a_law_sees() -> None:
    seen: list[Registered] = []

    def judge(registered: Registered, *_: object) -> tuple[()]:
        seen.append(registered)
        return ()

    gate = Gate(ROOT / "profiles", (Law("prod_isolation", "a law that looks", judge),))
    (declaring,) = [one for one in gate.policies() if isinstance(one, ResourceValidationPolicy)]
    role = resource(name="declared")
    declaring.validate(role, _unheard)  # pyright: ignore[reportArgumentType] -- alike
    role.props = unknown_checking_proxy({"name": UNKNOWN_STRING_VALUE})
    assert told(gate, "prod_isolation", [*stack("prod"), role]) == []
    assert [one.text("name") for one in seen[0].of_type("aws:iam/role:Role")] == ["declared"]


def _unheard(_message: str, _urn: str | None = None) -> None:
    """Nobody listens."""


def test_a_proof_that_cannot_be_begun_is_told_when_the_stack_is_judged(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "profiles")
    gate.begin()
    ((message, _),) = told(gate, "prod_isolation", stack("prod"))
    assert message.startswith("profiles/ cannot be used: ")


def test_a_stack_whose_neighbours_cannot_be_read_is_refused(tmp_path: Path) -> None:
    gate = Gate(ROOT / "profiles", environment={HANDED_OVER: str(tmp_path)})
    gate.begin()
    messages = [message for message, _ in told(gate, "prod_isolation", stack("prod"))]
    for name in ("state", "sandbox", "nonprod", "prod"):
        said = f"what stack `{name}` has deployed cannot be read, so nothing is proved: "
        assert [one for one in messages if one.startswith(said)], name
