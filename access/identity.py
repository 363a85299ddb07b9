"""The identity's side alone: what its policies permit, whatever the resource's own policy says."""

from collections.abc import Sequence

from access.context import Context
from access.document import PolicyDocument
from access.explain import verdict
from access.layers import Layer, Layers
from access.principal import Caller
from access.request import Ask, Request, ask
from access.verdict import Verdict


def permits(  # noqa: PLR0913 -- one question, with the parts that it has
    policies: Sequence[PolicyDocument],
    action: str,
    resource: str,
    *,
    boundary: PolicyDocument | None,
    principal: str,
    context: Context | None = None,
) -> Verdict:
    """Return whether any request on a resource that matches `resource` may be allowed.

    The resource's own policy is left open: it counts as allowing everything.

    Args:
        policies: every identity-based policy of the principal: its own and its groups'.
        action: `service:Action`, or a pattern of actions, in any case of letters.
        resource: an ARN or a pattern of ARNs; `*` for any resource at all.
        boundary: the principal's permissions boundary, `None` if it has none.
        principal: its ARN, or a pattern of ARNs.
        context: what is known of the request; by default, nothing.

    Raises:
        ArnParseError: `principal` or `resource` is not an ARN, nor a pattern of one.
    """

    def layers() -> Layers:
        caller = Caller.of(principal)
        asked = ask(Request(caller, action, resource, None, context or Context()))
        return _layers(tuple(policies), boundary, asked)

    return verdict(layers)


def _layers(
    policies: tuple[PolicyDocument, ...], boundary: PolicyDocument | None, asked: Ask
) -> Layers:
    limits = None if boundary is None else (boundary,)
    return Layers(
        ask=asked,
        identity=Layer.of("the identity-based policies", policies, asked),
        boundary=Layer.limit("the permissions boundary", limits, asked),
        session=Layer("the session policies", open=True),
        resource=Layer("the resource-based policy", open=True),
        scps=(),
        rcps=(),
        same_account=False,
        resource_decides=False,
    )
