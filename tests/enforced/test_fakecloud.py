"""The deployed example against fakecloud: AssumeRole with the stored keys, decided by its IAM.

It is evidence for the matrix, not for chains: a trust that names a role does not admit that role's
sessions there, and a same-account root trust needs no identity allow.
"""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iam_profiles.load import load
from iam_profiles.matrix import Cell, matrix
from iam_profiles.paths import role_arn
from tests.engine import REGION, REPOSITORY, Project

pytestmark = [pytest.mark.enforced, pytest.mark.xdist_group("fakecloud")]

PROFILES = load(REPOSITORY / "profiles")
CELLS = [cell for cell in matrix(PROFILES).cells() if cell.identity.identity_class != "people"]


def sts_as(project: Project, user: str, secret_name: str) -> Any:
    """An STS client that signs with the key that the user's secret holds."""
    credentials = project.home.aws_credentials.read_text("utf-8")
    admin = credentials.split("[iam-profiles-state]")[1].splitlines()[1:3]
    key_id, secret = (line.split(" = ", 1)[1] for line in admin)
    common: dict[str, Any] = {
        "region_name": REGION,
        "endpoint_url": project.environment["AWS_ENDPOINT_URL"],
    }
    store = boto3.client(
        "secretsmanager", aws_access_key_id=key_id, aws_secret_access_key=secret, **common
    )
    value = json.loads(store.get_secret_value(SecretId=secret_name)["SecretString"])
    assert value["user_arn"].endswith(f"/{user}")
    return boto3.client(
        "sts",
        aws_access_key_id=value["access_key_id"],
        aws_secret_access_key=value["secret_access_key"],
        **common,
    )


@pytest.fixture(scope="session")
def clients(fakecloud: Project) -> dict[str, Any]:
    return {
        user.name: sts_as(fakecloud, user.name, f"iam-profiles/{user.identity_class}/{user.name}")
        for user in PROFILES.service_users
    }


@pytest.mark.parametrize(
    "cell", CELLS, ids=lambda cell: f"{cell.identity.name}-{cell.role}-{cell.account.name}"
)
def test_a_service_user_is_let_through_exactly_where_the_matrix_says_so(
    clients: dict[str, Any], cell: Cell
) -> None:
    arn = role_arn(PROFILES.organization, cell.account.id, cell.role)
    try:
        clients[cell.identity.name].assume_role(RoleArn=arn, RoleSessionName="test")
        answer = "let through"
    except ClientError as error:
        answer = error.response.get("Error", {}).get("Code", "no code").removesuffix("Exception")
    assert answer == ("let through" if cell.ways else "AccessDenied")
