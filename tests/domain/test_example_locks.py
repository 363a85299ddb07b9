"""Both locks of the example, tried one at a time: with either one opened the other still refuses.

The documents are tried by an evaluator of a few lines that shares nothing with the renderer.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from iam_profiles.matrix import Cell, matrix
from iam_profiles.names import AccountName, UserName
from iam_profiles.render import render_all
from tests.domain.example import EXAMPLE
from tests.domain.mini_iam import Caller, may_assume

DOCUMENTS = render_all(EXAMPLE).documents
STATE = DOCUMENTS[AccountName("state")]
MATRIX = matrix(EXAMPLE)
FORBIDDEN = {"prod", "state"}

OPEN_IDENTITY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": ["*"]}],
    }
)
OPEN_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            }
        ],
    }
)


@dataclass(frozen=True)
class Held:
    """What an identity holds in the state account."""

    arn: str
    policies: tuple[str, ...]
    boundary: str


def _held(name: UserName) -> Held:
    users = (*STATE.people, *STATE.service_users)
    user = next(entry for entry in users if entry.name == name)
    groups = [group for group in STATE.groups if group.name in user.groups]
    return Held(
        arn=user.arn,
        policies=tuple(policy.document for group in groups for policy in group.policies),
        boundary=next(
            policy.document for policy in STATE.boundaries if policy.arn == user.boundary_arn
        ),
    )


HELD = {identity.name: _held(identity.name) for identity in MATRIX.identities}


def role_and_trust(cell: Cell) -> tuple[str, str]:
    role = next(entry for entry in DOCUMENTS[cell.account.name].roles if entry.name == cell.role)
    return role.arn, role.trust


def _tried(
    *,
    mfa: bool = True,
    identity_side: Callable[[Held], tuple[tuple[str, ...], str]] = lambda held: (
        held.policies,
        held.boundary,
    ),
    trust_side: Callable[[str], str] = lambda trust: trust,
) -> Iterator[tuple[Cell, bool]]:
    """Every cell of the matrix, and whether the documents let it through."""
    for cell in MATRIX.cells():
        held = HELD[cell.identity.name]
        role, trust = role_and_trust(cell)
        policies, boundary = identity_side(held)
        caller = Caller(held.arn, mfa=mfa)
        yield (
            cell,
            may_assume(caller, role, trust=trust_side(trust), policies=policies, boundary=boundary),
        )


def _open_identity(_: Held) -> tuple[tuple[str, ...], str]:
    return (OPEN_IDENTITY,), OPEN_IDENTITY


def _open_trust(_: str) -> str:
    return OPEN_TRUST


def test_both_locks_shut_let_through_exactly_the_matrix() -> None:
    for cell, admitted in _tried():
        assert admitted == bool(cell.ways), cell


def test_the_trust_side_alone_lets_through_exactly_the_matrix() -> None:
    for cell, admitted in _tried(identity_side=_open_identity):
        assert admitted == bool(cell.ways), cell


def test_the_identity_side_alone_lets_through_exactly_the_matrix() -> None:
    for cell, admitted in _tried(trust_side=_open_trust):
        assert admitted == bool(cell.ways), cell


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param({"identity_side": _open_identity}, id="identity side opened"),
        pytest.param({"trust_side": _open_trust}, id="trust side opened"),
    ],
)
def test_without_mfa_no_person_is_let_in_by_either_side_alone(
    opened: dict[str, Callable[..., object]],
) -> None:
    for cell, admitted in _tried(mfa=False, **opened):  # pyright: ignore[reportArgumentType] - one of the two, as named
        machine = cell.identity.identity_class != "people"
        assert admitted == (bool(cell.ways) and machine), cell


@pytest.mark.parametrize("part", ["policies", "boundary"])
def test_of_the_identity_side_each_part_alone_keeps_nonprod_out_of_prod_and_state(
    part: str,
) -> None:
    def only(held: Held) -> tuple[tuple[str, ...], str]:
        if part == "policies":
            return (*held.policies, OPEN_IDENTITY), OPEN_IDENTITY
        return (OPEN_IDENTITY,), held.boundary

    for cell, admitted in _tried(identity_side=only, trust_side=_open_trust):
        if cell.identity.identity_class == "nonprod" and cell.account.tier in FORBIDDEN:
            assert not admitted, cell


def test_of_the_trust_side_each_statement_alone_keeps_nonprod_out_of_prod_and_state() -> None:
    def opened(trust: str) -> str:
        statements = json.loads(trust)["Statement"]
        kept = [entry for entry in statements if entry["Effect"] == "Deny"]
        return json.dumps({"Statement": [*kept, *json.loads(OPEN_TRUST)["Statement"]]})

    def without_deny(trust: str) -> str:
        statements = json.loads(trust)["Statement"]
        kept = [entry for entry in statements if entry["Effect"] == "Allow"]
        return json.dumps({"Statement": kept})

    for trust_side in (opened, without_deny):
        for cell, admitted in _tried(identity_side=_open_identity, trust_side=trust_side):
            if cell.identity.identity_class == "nonprod" and cell.account.tier in FORBIDDEN:
                assert not admitted, cell


def test_no_role_session_of_any_account_is_let_in_by_any_trust() -> None:
    """A chain of roles ends at its first hop, even where sessions might assume anything."""
    sessions = [
        Caller(role.arn, mfa=True) for documents in DOCUMENTS.values() for role in documents.roles
    ]
    for documents in DOCUMENTS.values():
        for role in documents.roles:
            for session in sessions:
                assert not may_assume(
                    session, role.arn, trust=role.trust, policies=[OPEN_IDENTITY], boundary=None
                )


def test_the_trial_finds_both_locks_opened_at_once() -> None:
    """These tests can fail: with both sides opened, nonprod is in production."""
    reached = {
        (cell.identity.identity_class, cell.account.tier)
        for cell, admitted in _tried(identity_side=_open_identity, trust_side=_open_trust)
        if admitted
    }
    assert ("nonprod", "prod") in reached
