"""Secrets stores of each kind: what opens each user's, and the ARNs by which its key is read."""

from pathlib import Path
from typing import Any

import pytest

from iam_profiles.load import load
from iam_profiles.model import Profiles
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.render import render_all
from iam_profiles.store_config import store_config, stored_at
from iam_profiles.world import world
from tests.domain.load_world import Case

NAME = "iam-profiles/nonprod/payments-nonprod"
PARAMETER = "arn:aws:ssm:eu-west-1:111111111111:parameter"
PLACE = ("aws", "eu-west-1", "111111111111")
STORES: dict[str, tuple[str, dict[str, Any]]] = {
    "Secrets Manager, unnamed": (
        "prefix: iam-profiles",
        {"kind": "aws-secrets-manager", "name": NAME},
    ),
    "Parameter Store": (
        "kind: aws-ssm-parameter-store, kms_key: alias/keys",
        {
            "kind": "aws-ssm-parameter-store",
            "name": NAME,
            "arn": f"{PARAMETER}/{NAME}",
            "kms_key": "alias/keys",
        },
    ),
    "Vault": (
        "kind: vault, address: 'https://vault.example.org:8200', namespace: platform",
        {
            "kind": "vault",
            "name": NAME,
            "mount": "secret",
            "address": "https://vault.example.org:8200",
            "namespace": "platform",
        },
    ),
    "a tool": (
        (
            "kind: exec, read: [t, r, '{name}'], write: [t, w, r, r, '{name}'],"
            " delete: [t, d, '{name}'], absent: nothing there"
        ),
        {
            "kind": "exec",
            "name": NAME,
            "read": ["t", "r", "{name}"],
            "write": ["t", "w", "r", "r", "{name}"],
            "delete": ["t", "d", "{name}"],
            "absent": "nothing there",
            "timeout_seconds": 20,
        },
    ),
}


def keeping_in(store: str, folder: Path) -> Profiles:
    """Sound profiles with that store."""
    change = {"organization.yaml": {"prefix: team/keys, recovery_window: 7d": store}}
    return load(Case("", (), change).write(folder))


@pytest.mark.parametrize("kind", STORES)
def test_each_kind_of_store_is_opened_by_what_the_organisation_says_of_it(
    kind: str, tmp_path: Path
) -> None:
    written, config = STORES[kind]
    organization = keeping_in(written, tmp_path).organization
    user = UserName("payments-nonprod")
    assert store_config(organization, IdentityClass.NONPROD, user) == config


def test_a_secret_is_read_by_its_arn_with_six_characters_more() -> None:
    patterns = stored_at({"kind": "aws-secrets-manager", "name": NAME}, *PLACE)
    assert patterns == (f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:{NAME}-??????",)


def test_a_parameter_is_read_by_its_path_and_by_every_path_above_it() -> None:
    patterns = stored_at({"kind": "aws-ssm-parameter-store", "name": NAME}, *PLACE)
    assert patterns == (
        f"{PARAMETER}/{NAME}/*",
        f"{PARAMETER}/",
        f"{PARAMETER}/iam-profiles",
        f"{PARAMETER}/iam-profiles/nonprod",
        f"{PARAMETER}/{NAME}",
    )


@pytest.mark.parametrize(
    ("kind", "count"),
    [("Secrets Manager, unnamed", 1), ("Parameter Store", 5), ("Vault", 0), ("a tool", 0)],
)
def test_what_reads_a_key_in_aws_is_in_the_world_that_is_proved(
    kind: str, count: int, tmp_path: Path
) -> None:
    documents = render_all(keeping_in(STORES[kind][0], tmp_path)).documents
    of_users = [one.principal for one in world(documents.values()).credentials]
    user = "arn:aws:iam::111111111111:user/PlatformServiceUsers/nonprod/payments-nonprod"
    assert of_users.count(user) == count
