"""The tables, by type token: exactly the types of pulumi-aws that the program and its tests use."""

from collections.abc import Mapping
from typing import Final

from local.aws.table import Resource
from local.aws.types import (
    access_keys,
    attachments,
    exclusive,
    groups,
    identity_providers,
    inline,
    keys,
    policies,
    roles,
    secrets,
    users,
)

RESOURCES: Final[Mapping[str, Resource]] = {
    resource.type: resource
    for area in (
        access_keys,
        attachments,
        exclusive,
        groups,
        identity_providers,
        inline,
        keys,
        policies,
        roles,
        secrets,
        users,
    )
    for resource in area.RESOURCES
}
