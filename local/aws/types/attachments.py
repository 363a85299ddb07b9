"""`aws.iam.RolePolicyAttachment`, `GroupPolicyAttachment` and `UserPolicyAttachment`."""

from functools import partial
from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.errors import ImportIdError
from local.aws.table import Property, Resource, Values
from local.aws.types import quotas


def attach(cloud: Cloud, kind: str, owner: str, arn: str) -> None:
    """Attach a managed policy to a role, group or user, within its quota."""
    attached = listed(cloud, kind, owner)
    operation = f"Attach{kind}Policy"
    quotas.require_count(operation, f"PoliciesPer{kind}", len({*attached, arn}))
    cloud.call(f"iam.{operation}", **{f"{kind}Name": owner}, PolicyArn=arn)


def detach(cloud: Cloud, kind: str, owner: str, arn: str) -> None:
    """Detach a managed policy."""
    cloud.call(f"iam.Detach{kind}Policy", **{f"{kind}Name": owner}, PolicyArn=arn)


def listed(cloud: Cloud, kind: str, owner: str) -> list[str]:
    """Return the ARNs of the managed policies attached to `owner`, in order."""
    found = cloud.pages(
        f"iam.ListAttached{kind}Policies", "AttachedPolicies", **{f"{kind}Name": owner}
    )
    return sorted(policy["PolicyArn"] for policy in found)


def _create(kind: str, cloud: Cloud, inputs: Values) -> str:
    owner, arn = inputs[kind.lower()], inputs["policyArn"]
    attach(cloud, kind, owner, arn)
    return f"{owner}/{arn}"


def _read(kind: str, cloud: Cloud, identifier: str, state: Values) -> dict[str, Any] | None:
    owner, slash, arn = identifier.partition("/")
    if state:
        owner, arn = state[kind.lower()], state["policyArn"]
    elif not slash:
        form = f"{kind.lower()}-name/policy-arn"
        raise ImportIdError(f"IAM {kind} Policy Attachment", identifier, form)
    if arn not in listed(cloud, kind, owner):
        return None
    return {kind.lower(): owner, "policyArn": arn}


def _update(_: Cloud, __: str, ___: Values, ____: Values) -> None:
    """Nothing of an attachment changes in place."""


def _delete(kind: str, cloud: Cloud, _: str, state: Values) -> None:
    detach(cloud, kind, state[kind.lower()], state["policyArn"])


def _resource(kind: str) -> Resource:
    operation = f"iam.Attach{kind}Policy"
    return Resource(
        type=f"aws:iam/{kind.lower()}PolicyAttachment:{kind}PolicyAttachment",
        title=f"IAM {kind} Policy Attachment",
        properties=(
            Property(
                name="policyArn",
                shape=f"{operation}.PolicyArn",
                rules=(rules.policy_arn,),
                required=True,
                force_new=True,
            ),
            Property(
                name=kind.lower(),
                shape=f"{operation}.{kind}Name",
                required=True,
                force_new=True,
            ),
        ),
        # Made first, a replacement that is the same attachment would go with the old one.
        delete_first=True,
        create=partial(_create, kind),
        read=partial(_read, kind),
        update=_update,
        delete=partial(_delete, kind),
    )


RESOURCES = tuple(_resource(kind) for kind in ("Role", "Group", "User"))
