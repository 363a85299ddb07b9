"""What the tables share: properties that many types have, tags, names, and AWS's limits on them."""

import time
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.errors import GONE, AwsError
from local.aws.table import Kind, Property, Values

_COUNTER: Final = count(1)

NAME_OR_PREFIX: Final = (("name", "namePrefix"),)


def name(shape: str, *, force_new: bool = True) -> Property:
    """A name that is made from the resource's name in the program when it is not given."""
    return Property(name="name", shape=shape, force_new=force_new, computed=True, autoname=True)


def name_prefix(shape: str) -> Property:
    """What a name made at creation begins with."""
    return Property(name="namePrefix", shape=shape, force_new=True, computed=True, local=True)


def path(shape: str, *, force_new: bool = True) -> Property:
    """An IAM path."""
    return Property(
        name="path", shape=shape, rules=(rules.iam_path,), default="/", force_new=force_new
    )


def boundary(shape: str) -> Property:
    """A permissions boundary, by its policy's ARN."""
    return Property(name="permissionsBoundary", shape=shape, rules=(rules.policy_arn,))


def tags(shape: str) -> Property:
    """Tags, by key."""
    return Property(name="tags", kind=Kind.TAGS, shape=shape)


def chosen_name(inputs: Values) -> str:
    """Return the name given, or a unique one of the prefix given, as Terraform makes it."""
    if "name" in inputs:
        return inputs["name"]
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    return f"{inputs['namePrefix']}{stamp}{next(_COUNTER):012x}"


def tag_list(all_tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS's calls take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(all_tags.items())]


def tag_map(found: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return tags as AWS's answers have them, without AWS's own."""
    return {tag["Key"]: tag["Value"] for tag in found or () if not tag["Key"].startswith("aws:")}


def update_tags(cloud: Cloud, kind: str, key: Values, old: Values, new: Values) -> None:
    """Make the tags of an IAM `kind` (`Role`) what `new` wants."""
    before, after = old.get("tagsAll", {}), new["tagsAll"]
    gone = sorted(before.keys() - after.keys())
    if gone:
        cloud.call(f"iam.Untag{kind}", **key, TagKeys=gone)
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    if changed:
        cloud.call(f"iam.Tag{kind}", **key, Tags=tag_list(changed))


def update_boundary(cloud: Cloud, kind: str, key: Values, old: Values, new: Values) -> None:
    """Make the permissions boundary of an IAM `kind` (`Role`, `User`) what `new` wants."""
    before, after = old.get("permissionsBoundary"), new.get("permissionsBoundary")
    if before == after:
        return
    if after:
        operation = f"Put{kind}PermissionsBoundary"
        require_boundary(cloud, operation, after)
        cloud.call(f"iam.{operation}", **key, PermissionsBoundary=after)
    else:
        cloud.call(f"iam.Delete{kind}PermissionsBoundary", **key)


def boundary_of(found: Mapping[str, Any]) -> str | None:
    """Return the ARN of the permissions boundary of a role or user, as AWS answers it."""
    boundary: Mapping[str, str] = found.get("PermissionsBoundary") or {}
    return boundary.get("PermissionsBoundaryArn")


def require_boundary(cloud: Cloud, operation: str, arn: str) -> None:
    """Refuse a permissions boundary that does not exist, as AWS does and the emulator does not."""
    try:
        cloud.call("iam.GetPolicy", PolicyArn=arn)
    except AwsError as error:
        if error.code not in GONE or ":iam::aws:" in arn:
            raise
        message = f"Scope ARN: {arn} does not exist or is not attachable."
        raise refusal(operation, "NoSuchEntity", message, status=404) from None


def refusal(operation: str, code: str, message: str, *, status: int = 409) -> AwsError:
    """Return an error of IAM that the emulator does not raise by itself, in AWS's words."""
    return AwsError(
        service="IAM",
        operation=operation,
        status=status,
        code=code,
        message=message,
        request_id="00000000-0000-0000-0000-000000000000",
    )
