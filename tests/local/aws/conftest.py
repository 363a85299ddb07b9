"""One stand-in, configured for the state account of a running local cloud."""

import itertools
from collections.abc import Iterator

import pytest

from local.env import environment
from local.home import LocalHome
from tests.local.aws.plugin import Plugin

_COUNTER = itertools.count(1)

DEFAULT_TAGS = {"managed-by": "tests"}


@pytest.fixture(scope="session")
def aws_environment(cloud: LocalHome) -> dict[str, str]:
    """What boto3 reads, for the running cloud."""
    return {key: value for key, value in environment(cloud).items() if key.startswith("AWS_")}


@pytest.fixture(scope="session")
def plugin(aws_environment: dict[str, str]) -> Iterator[Plugin]:
    started = Plugin()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in aws_environment.items():
            patch.setenv(key, value)
        started.configure({"profile": "iam-profiles-state", "defaultTags": {"tags": DEFAULT_TAGS}})
    yield started
    started.close()


@pytest.fixture
def unconfigured() -> Iterator[Plugin]:
    started = Plugin()
    yield started
    started.close()


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"t{next(_COUNTER)}"
