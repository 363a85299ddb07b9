"""The decision on a request: every policy that applies to it, put together by AWS's rules."""

from dataclasses import dataclass

from access.document import PolicyDocument
from access.explain import verdict
from access.layers import Layer, Layers
from access.match import Attached
from access.principal import Kind
from access.request import Ask, Request, ask
from access.verdict import Verdict

RCP_SERVICES = frozenset({"kms", "s3", "secretsmanager", "sqs", "sts"})
"""The services that RCPs limit, as far as AWS's documentation lists them: no other is limited.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

Hierarchy = tuple[tuple[PolicyDocument, ...], ...]
"""SCPs or RCPs by level, from the root of the organisation down to the account."""

# A role, and a KMS key, are used only if their own policy says so, within one account too.
_RESOURCE_DECIDES = (
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
    "sts:setcontext",
)


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies that apply to a request; `None` where there is no policy of that kind.

    The management account has neither SCPs nor RCPs: leave them empty.
    """

    identity: tuple[PolicyDocument, ...] = ()
    boundary: PolicyDocument | None = None
    session: tuple[PolicyDocument, ...] | None = None
    resource: PolicyDocument | None = None
    scps: Hierarchy = ()
    rcps: Hierarchy = ()


def decide(request: Request, policies: Policies) -> Verdict:
    """Return whether the request, or any of the requests, is allowed, and by which statements.

    Raises:
        ArnParseError: the resource is not an ARN, nor a pattern of one.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    return verdict(lambda: layers(request, policies))


def layers(request: Request, policies: Policies) -> Layers:
    """Return the layers of policies that the request passes, for who wants to see each statement.

    Raises:
        ArnParseError: the resource is not an ARN, nor a pattern of one.
    """
    asked = ask(request)
    caller, account = request.caller, request.account
    resource = () if policies.resource is None else (policies.resource,)
    scps = policies.scps if caller.in_iam else ()  # they limit the organisation's principals only
    rcps = policies.rcps if limited_by_rcps(request.action) else ()
    session = policies.session
    if session is None and caller.kind is Kind.FEDERATED_USER:
        session = ()  # GetFederationToken without a session policy gives no permissions
    return Layers(
        ask=asked,
        identity=Layer.of("the identity-based policies", policies.identity, asked),
        boundary=Layer.limit("the permissions boundary", _one(policies.boundary), asked),
        session=Layer.limit("the session policies", session, asked),
        resource=Layer.of("the resource-based policy", resource, asked, Attached.RESOURCE),
        scps=_levels("the SCPs", scps, asked, Attached.IDENTITY),
        rcps=_levels("the RCPs", rcps, asked, Attached.RESOURCE),
        same_account=None in (caller.account, account) or caller.account == account,
        resource_decides=_resource_decides(request.action.lower()),
        refused=caller.kind is Kind.FEDERATED_USER and _is_of_sts(request.action.lower()),
    )


def _one(policy: PolicyDocument | None) -> tuple[PolicyDocument, ...] | None:
    return None if policy is None else (policy,)


def _levels(title: str, hierarchy: Hierarchy, asked: Ask, attached: Attached) -> tuple[Layer, ...]:
    return tuple(
        Layer.of(f"{title} of level {depth}", level, asked, attached)
        for depth, level in enumerate(hierarchy, start=1)
    )


def limited_by_rcps(action: str) -> bool:
    """Whether RCPs limit an action."""
    return action.partition(":")[0].lower() in RCP_SERVICES


def _is_of_sts(action: str) -> bool:
    """Whether it is an action that STS refuses to federated users, whatever policies say.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    return action.startswith("sts:") and action != "sts:getcalleridentity"


def _resource_decides(action: str) -> bool:
    return action in _RESOURCE_DECIDES or action.startswith("kms:")
