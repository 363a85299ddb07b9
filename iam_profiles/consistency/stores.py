"""The secrets store: whether it takes what the files name."""

import re
from collections.abc import Iterator

from iam_profiles.consistency.world import World
from iam_profiles.errors import Problem
from iam_profiles.model import ParameterStore, SecretsManager
from iam_profiles.source.wording import quoted

_OF_A_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


def names(world: World) -> Iterator[Problem]:
    """Find service users whose names Parameter Store does not take.

    Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    """
    if not isinstance(world.organization.secrets_store, ParameterStore):
        return
    for name, places in world.declared["service user"].items():
        if not _OF_A_PARAMETER.fullmatch(name):
            found = f"{quoted(name)}, which `aws-ssm-parameter-store` cannot keep a key of"
            yield places[0].problem(found, "use letters, digits and `_.-` only")


def kept(world: World) -> Iterator[Problem]:
    """Find keepers that are roles of nobody."""
    store, source = world.organization.secrets_store, world.sources.organization
    if isinstance(store, SecretsManager | ParameterStore):
        for at, keeper in enumerate(store.keepers):
            if not keeper.startswith("arn:"):
                path = ("secrets_store", "keepers", at)
                yield from world.undefined("role", keeper, source, path)
