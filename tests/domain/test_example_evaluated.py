"""The example's documents before an independent evaluator of IAM: it says what the matrix says."""

import json
from collections.abc import Iterator

import pytest

from iam_profiles.matrix import Cell
from iam_profiles.statements import ASSUME
from local.evaluator import Evaluator
from local.evaluator_install import install_evaluator
from local.progress import Silent
from tests.domain.mini_iam import Caller
from tests.domain.test_example_locks import (
    DOCUMENTS,
    HELD,
    MATRIX,
    OPEN_IDENTITY,
    OPEN_TRUST,
    role_and_trust,
)


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    found = install_evaluator(Silent())
    if found is None:
        pytest.skip("node is not on PATH, and the evaluator runs on it")
    started = Evaluator(found.command)
    yield started
    started.close()


def _allowed(  # noqa: PLR0913 - a decision has that many documents to it
    evaluator: Evaluator,
    caller: Caller,
    role: str,
    *,
    trust: str,
    policies: tuple[str, ...],
    boundary: str | None = None,
    action: str = "sts:AssumeRole",
) -> bool:
    context: dict[str, object] = {**caller.keys(), "aws:PrincipalAccount": caller.account}
    if action == "sts:TagSession":
        context["aws:TagKeys"] = ["pipeline"]
    simulation = {
        "request": {
            "principal": caller.arn,
            "action": action,
            "resource": {"resource": role, "accountId": role.split(":")[4]},
            "contextVariables": context,
        },
        "identityPolicies": [_named(text) for text in policies],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": json.loads(trust),
    }
    if boundary is not None:
        simulation["permissionBoundaryPolicies"] = [_named(boundary)]
    return evaluator.decide(simulation).allowed


def _named(text: str) -> dict[str, object]:
    return {"name": f"policy{hash(text)}", "policy": json.loads(text)}


def _decided(
    evaluator: Evaluator, *, opened: str = "", mfa: bool = True, action: str = "sts:AssumeRole"
) -> Iterator[tuple[Cell, bool]]:
    """Every cell, and the evaluator's verdict with one side opened, or none."""
    for cell in MATRIX.cells():
        held = HELD[cell.identity.name]
        role, trust = role_and_trust(cell)
        yield (
            cell,
            _allowed(
                evaluator,
                Caller(held.arn, mfa=mfa),
                role,
                trust=OPEN_TRUST if opened == "trust" else trust,
                policies=(OPEN_IDENTITY,) if opened == "identity" else held.policies,
                boundary=OPEN_IDENTITY if opened == "identity" else held.boundary,
                action=action,
            ),
        )


@pytest.mark.parametrize("action", ASSUME)
def test_with_source_identity_and_tags_too_the_verdicts_are_the_matrix(
    evaluator: Evaluator, action: str
) -> None:
    for cell, allowed in _decided(evaluator, action=action):
        assert allowed == bool(cell.ways), cell


@pytest.mark.parametrize("opened", ["identity", "trust"])
def test_with_either_side_opened_the_verdicts_still_are_the_matrix(
    evaluator: Evaluator, opened: str
) -> None:
    for cell, allowed in _decided(evaluator, opened=opened):
        assert allowed == bool(cell.ways), cell


@pytest.mark.parametrize("opened", ["", "identity", "trust"])
def test_without_mfa_no_person_comes_in(evaluator: Evaluator, opened: str) -> None:
    for cell, allowed in _decided(evaluator, opened=opened, mfa=False):
        machine = cell.identity.identity_class != "people"
        assert allowed == (bool(cell.ways) and machine), cell


def test_no_role_session_comes_into_a_role_of_any_account(evaluator: Evaluator) -> None:
    roles = [role for documents in DOCUMENTS.values() for role in documents.roles]
    for role in roles:
        for session in roles[:: len(roles) // 4]:
            caller = Caller(session.arn, mfa=True)
            assert not _allowed(
                evaluator, caller, role.arn, trust=role.trust, policies=(OPEN_IDENTITY,)
            )
