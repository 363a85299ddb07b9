"""Names that differ in case only are one name to IAM; the emulator takes them for two."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

from local.aws.cloud import Cloud
from local.aws.types.common import refusal

_LISTS: Final[Mapping[str, tuple[str, str, str, Mapping[str, str]]]] = {
    "Role": ("iam.ListRoles", "Roles", "RoleName", {}),
    "User": ("iam.ListUsers", "Users", "UserName", {}),
    "Group": ("iam.ListGroups", "Groups", "GroupName", {}),
    "Policy": ("iam.ListPolicies", "Policies", "PolicyName", {"Scope": "Local"}),
}
_SAYS: Final = {
    "Role": "Role with name {} already exists.",
    "User": "User with name {} already exists.",
    "Group": "Group with name {} already exists.",
    "Policy": "A policy called {} already exists. Duplicate names are not allowed.",
}


@contextmanager
def claimed(cloud: Cloud, operation: str, kind: str, name: str) -> Generator[None]:
    """Hold `name` while it is created, refused when one like it exists.

    Raises:
        AwsError: EntityAlreadyExists.
    """
    folded = name.casefold()
    with cloud.lock(f"names of {kind}"):
        if _clashes(cloud, kind, name, fresh=False) and _clashes(cloud, kind, name, fresh=True):
            raise refusal(operation, "EntityAlreadyExists", _SAYS[kind].format(name))
        before = cloud.names[kind].get(folded)
        cloud.names[kind][folded] = name
    try:
        yield
    except BaseException:
        if before is None:
            cloud.names[kind].pop(folded, None)
        raise


def _clashes(cloud: Cloud, kind: str, name: str, *, fresh: bool) -> bool:
    """Whether another spelling of `name` exists; by the names last listed unless `fresh`."""
    if fresh or kind not in cloud.names:
        operation, key, field, filters = _LISTS[kind]
        listed = cloud.pages(operation, key, **filters)
        cloud.names[kind] = {one[field].casefold(): one[field] for one in listed}
    return cloud.names[kind].get(name.casefold(), name) != name
