"""The resource's side alone: whom a trust policy lets in, whatever their own policies say."""

from access.context import Context
from access.document import PolicyDocument
from access.explain import verdict
from access.layers import Layer, Layers
from access.match import Attached
from access.principal import Caller
from access.request import Request, ask
from access.verdict import Verdict


def admits(
    trust: PolicyDocument,
    callers: str,
    *,
    role_account: str,
    action: str = "sts:AssumeRole",
    context: Context | None = None,
) -> Verdict:
    """Return whether any principal whose `aws:PrincipalArn` matches `callers` may be let in.

    The callers' own policies are left open: they count as allowing everything. A trust in a whole
    account therefore lets in every principal of it that no Deny keeps out.

    Args:
        trust: the role's trust policy.
        callers: an ARN, or a pattern of ARNs, such as `arn:aws:iam::111111111111:user/nonprod/*`.
        role_account: the account the role is in.
        action: what they would do.
        context: what is known of the request; by default, nothing.

    Raises:
        ArnParseError: `callers` is not a pattern of principals' ARNs.
    """
    return verdict(lambda: _layers(trust, callers, role_account, action, context or Context()))


def _layers(
    trust: PolicyDocument, callers: str, role_account: str, action: str, context: Context
) -> Layers:
    caller = Caller.of(callers)
    role = f"arn:aws:iam::{role_account}:role/*"  # a trust policy names no resource: any will do
    asked = ask(Request(caller, action, role, role_account, context))
    return Layers(
        ask=asked,
        identity=Layer("the identity-based policies", open=True),
        boundary=Layer("the permissions boundary", open=True),
        session=Layer("the session policies", open=True),
        resource=Layer.of("the trust policy", (trust,), asked, Attached.RESOURCE),
        scps=(),
        rcps=(),
        same_account=caller.account in (None, role_account),
        resource_decides=True,
    )
