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
    lock = cloud.lock(f"names of {kind}")
    with lock:
        if _clashes(cloud, kind, name, fresh=False) and _clashes(cloud, kind, name, fresh=True):
            raise refusal(operation, "EntityAlreadyExists", _SAYS[kind].format(name))
        cloud.names[kind][name.casefold()] = name
        cloud.claims[kind].append(name)
    try:
        yield
    except BaseException:
        with lock:
            cloud.names.pop(kind, None)  # whether it is there now, a new list says
        raise
    finally:
        with lock:
            cloud.claims[kind].remove(name)


def _clashes(cloud: Cloud, kind: str, name: str, *, fresh: bool) -> bool:
    """Whether another spelling of `name` exists; by the names last listed unless `fresh`."""
    if fresh or kind not in cloud.names:
        operation, key, field, filters = _LISTS[kind]
        listed = [one[field] for one in cloud.pages(operation, key, **filters)]
        # What is being created is in no list yet.
        cloud.names[kind] = {one.casefold(): one for one in (*listed, *cloud.claims[kind])}
    return cloud.names[kind].get(name.casefold(), name) != name
