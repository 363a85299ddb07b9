"""The local cloud refuses what comes faster than it was told to take, as AWS does."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.home import LocalHome
from tests.engine import client


@pytest.fixture
def iam(cloud: LocalHome) -> Iterator[Any]:
    """IAM of one account, asked without a second try."""
    yield client(cloud, "iam", "sandbox")
    cloud.throttle.unlink(missing_ok=True)


def refusals(iam: Any, calls: int) -> list[str]:
    """What came of so many calls in a row, but for those that were answered."""
    found: list[str] = []
    for _ in range(calls):
        try:
            iam.list_users()
        except ClientError as error:
            found.append(str(error))
    return found


def test_beyond_a_burst_calls_are_throttled_until_the_account_has_some_left(
    cloud: LocalHome, iam: Any
) -> None:
    assert refusals(iam, 5) == []
    cloud.throttle.write_text(json.dumps({"per_second": 0.5, "burst": 3}), "utf-8")
    assert 3 <= len(refusals(iam, 8)) <= 5
    assert refusals(client(cloud, "iam", "nonprod"), 1) == []
    time.sleep(2.2)
    assert refusals(iam, 1) == []


def test_a_throttled_call_is_told_as_aws_tells_it(cloud: LocalHome, iam: Any) -> None:
    cloud.throttle.write_text(json.dumps({"per_second": 0.0, "burst": 0}), "utf-8")
    [said] = refusals(iam, 1)
    assert "(Throttling) when calling the ListUsers operation" in said
    assert "Rate exceeded" in said
