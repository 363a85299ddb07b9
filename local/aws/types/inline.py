"""`aws.iam.RolePolicy`, `GroupPolicy` and `UserPolicy`: policies inside their owner."""

import json
from functools import partial
from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.errors import ImportIdError
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common, quotas


def listed(cloud: Cloud, kind: str, owner: str) -> list[str]:
    """Return the names of the inline policies of `owner`, in order."""
    key = {f"{kind}Name": owner}
    return sorted(cloud.pages(f"iam.List{kind}Policies", "PolicyNames", **key))


def remove(cloud: Cloud, kind: str, owner: str, name: str) -> None:
    """Delete an inline policy."""
    cloud.call(f"iam.Delete{kind}Policy", **{f"{kind}Name": owner}, PolicyName=name)


def document(cloud: Cloud, kind: str, owner: str, name: str) -> str:
    """Return the document of an inline policy."""
    answer = cloud.call(f"iam.Get{kind}Policy", **{f"{kind}Name": owner}, PolicyName=name)
    return json.dumps(answer["PolicyDocument"], separators=(",", ":"))


def _put(kind: str, cloud: Cloud, owner: str, name: str, text: str) -> None:
    others = [
        document(cloud, kind, owner, other) for other in listed(cloud, kind, owner) if other != name
    ]
    operation = f"Put{kind}Policy"
    quotas.require_inline(operation, kind, owner, [text, *others])
    key = {f"{kind}Name": owner, "PolicyName": name}
    cloud.call(f"iam.{operation}", **key, PolicyDocument=text)


def _create(kind: str, cloud: Cloud, inputs: Values) -> str:
    owner, name = inputs[kind.lower()], common.chosen_name(inputs)
    _put(kind, cloud, owner, name, inputs["policy"])
    return f"{owner}:{name}"


def _read(kind: str, cloud: Cloud, identifier: str, _: Values) -> dict[str, Any]:
    owner, colon, name = identifier.partition(":")
    if not colon:
        form = f"{kind.lower()}-name:policy-name"
        raise ImportIdError(f"IAM {kind} Policy", identifier, form)
    text = document(cloud, kind, owner, name)
    return {kind.lower(): owner, "name": name, "policy": text}


def _update(kind: str, cloud: Cloud, identifier: str, __: Values, new: Values) -> None:
    owner, _, name = identifier.partition(":")
    _put(kind, cloud, owner, name, new["policy"])


def _delete(kind: str, cloud: Cloud, identifier: str, __: Values) -> None:
    owner, _, name = identifier.partition(":")
    remove(cloud, kind, owner, name)


def _resource(kind: str) -> Resource:
    operation = f"iam.Put{kind}Policy"
    return Resource(
        type=f"aws:iam/{kind.lower()}Policy:{kind}Policy",
        title=f"IAM {kind} Policy",
        properties=(
            common.name(f"{operation}.PolicyName"),
            common.name_prefix(f"{operation}.PolicyName"),
            Property(
                name="policy",
                kind=Kind.POLICY,
                shape=f"{operation}.PolicyDocument",
                rules=(rules.json_policy,),
                required=True,
            ),
            Property(
                name=kind.lower(),
                shape=f"{operation}.{kind}Name",
                required=True,
                force_new=True,
            ),
        ),
        conflicts=common.NAME_OR_PREFIX,
        create=partial(_create, kind),
        read=partial(_read, kind),
        update=partial(_update, kind),
        delete=partial(_delete, kind),
    )


RESOURCES = tuple(_resource(kind) for kind in ("Role", "Group", "User"))
