"""The pack as the real engine runs it: what must be refused is, at preview, and nothing else."""

import shutil
from pathlib import Path

import pytest

from tests.engine import Project, Ran
from tests.policies import (
    federation_cases,
    identity_cases,
    isolation_cases,
    key_cases,
    role_set_cases,
)
from tests.policies.cases import STACK_ITSELF, Case
from tests.policies.worlds import World

pytestmark = pytest.mark.engine

CASES = {
    "prod_isolation": isolation_cases.CASES,
    "identical_role_set": role_set_cases.CASES,
    "permissions_via_groups_only": identity_cases.GROUPS_ONLY,
    "identities_only_assume_roles": identity_cases.ONLY_ASSUME,
    "no_key_in_state": key_cases.CASES,
    "only_declared_federation": federation_cases.CASES,
}

PREVIEWED = {
    ("violating", "prod"): {
        "prod_isolation": "prod trusts the whole state account",
        "identical_role_set": "a session is longer in one account",
        "only_declared_federation": "an issuer that no identity is of",
    },
    ("violating", "state"): {
        "prod_isolation": "group and boundary both let the class try",
        "permissions_via_groups_only": "a policy is attached to a user",
        "identities_only_assume_roles": "a policy written into a group",
        "no_key_in_state": "the engine makes a key",
    },
    ("unknown", "prod"): {
        "prod_isolation": "a trust policy",
        "identical_role_set": "a role's policy",
        "only_declared_federation": "an issuer's address",
    },
    ("unknown", "state"): {
        "prod_isolation": "a policy of the class's group",
        "permissions_via_groups_only": "what is attached to a user",
        "identities_only_assume_roles": "a user's boundary",
        "no_key_in_state": "an output called as a key is",
    },
    ("near miss", "prod"): {
        "prod_isolation": "state's root is trusted, the class denied",
        "identical_role_set": "the same policy, laid out differently",
        "only_declared_federation": "tokens are denied",
    },
    ("near miss", "state"): {
        "prod_isolation": "the group alone lets the class try",
        "permissions_via_groups_only": "a policy that is attached to nobody",
        "identities_only_assume_roles": "another case of letters, and fewer actions",
        "no_key_in_state": "a key's id and a digest in hexadecimal",
    },
}
"""What one preview shows of each law: its cases are independent of each other."""


def previewed(project: Project, world: World, **environment: str) -> Ran:
    shutil.copyfile(Path(__file__).with_name("program.py"), project.folder / "__main__.py")
    (project.folder / "resources.json").write_text(world.program(), encoding="utf-8")
    return project.preview(world.stack, "--policy-pack", "policies", **environment)


def case_of(law: str, sort: str, title: str) -> Case:
    (found,) = [case for case in CASES[law] if case.sort == sort and case.title == title]
    return found


def told(ran: Ran, law: str) -> list[tuple[str, str]]:
    """The mandatory violations of a law: URN and message."""
    return [
        (one["resourceUrn"], one["message"])
        for one in ran.violations
        if one["policyName"] == law and one["enforcementLevel"] == "mandatory"
    ]


@pytest.mark.parametrize("account", ["state", "prod"])
def test_the_example_passes_every_law(project: Project, account: str) -> None:
    ran = previewed(project, World(account)).checked()
    assert ran.violations == []


@pytest.mark.parametrize(("sort", "account"), PREVIEWED, ids=" in ".join)
def test_each_law_refuses_its_cases_and_lets_near_misses_pass(
    project: Project, sort: str, account: str
) -> None:
    world = World(account)
    cases = {law: case_of(law, sort, title) for law, title in PREVIEWED[sort, account].items()}
    for case in cases.values():
        case.change(world)
    ran = previewed(project, world)
    if sort == "near miss":
        assert ran.checked().violations == []
        return
    assert ran.code != 0
    assert all(one["enforcementLevel"] == "mandatory" for one in ran.violations)
    for law, case in cases.items():
        assert case.found is not None
        at = ("pulumi:pulumi:Stack", f"iam-profiles-{account}")
        urn = world.urn(*(at if case.at[0] == STACK_ITSELF[0] else case.at))
        assert [text for where, text in told(ran, law) if where == urn and case.found in text], (
            law,
            told(ran, law),
        )
