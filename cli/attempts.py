"""Try real AssumeRole calls with the stored keys, and compare each answer with the model."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from cli.stored_keys import StoredKeys
from credentials.store import StoredKey
from iam_profiles.matrix import Cell, Matrix
from iam_profiles.names import AccountName, Arn, RoleName

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Attempt:
    """One AssumeRole call: who, which role, where, and what came back."""

    identity: str
    role: str
    account: str
    granted: bool
    """What the model says."""
    let_through: bool
    answer: str
    """`let through`, or the error code that the API answered with."""

    @property
    def surprising(self) -> bool:
        """Whether the answer is not what the model says."""
        return self.granted != self.let_through


def attempt_all(
    matrix: Matrix, arns: Mapping[tuple[RoleName, AccountName], Arn], keys: StoredKeys, region: str
) -> tuple[Attempt, ...]:
    """Try every service user × role × account, each with its stored key.

    `arns` is `{(role, account): ARN}`.
    """
    clients = {user.name: _client(key, region) for user, key in keys.fetch()}
    cells = [cell for cell in matrix.cells() if cell.identity.name in clients]

    def attempt(cell: Cell) -> Attempt:
        client = clients[cell.identity.name]
        answer = _assume(client, arns[cell.role, cell.account.name])
        return Attempt(
            identity=cell.identity.name,
            role=cell.role,
            account=cell.account.name,
            granted=bool(cell.ways),
            let_through=answer == "let through",
            answer=answer,
        )

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        return tuple(workers.map(attempt, cells))


def _client(key: StoredKey, region: str) -> "STSClient":
    session = boto3.Session(
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key.reveal(),
        region_name=region,
    )
    return session.client("sts")


def _assume(client: "STSClient", role: Arn) -> str:
    """Ask for the shortest session; say what came back."""
    try:
        client.assume_role(RoleArn=role, RoleSessionName="demo", DurationSeconds=900)
    except ClientError as error:
        return error.response.get("Error", {}).get("Code", "refused")
    return "let through"
