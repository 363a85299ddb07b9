"""What is asked: a request, or all the requests that patterns stand for."""

from dataclasses import dataclass, field

from access.arn import NO_RESOURCE, RESOURCES, arns
from access.context import Context, Exactly
from access.errors import ArnParseError
from access.pattern import Language
from access.principal import Caller


@dataclass(frozen=True, slots=True)
class Request:
    """One request or, where there are patterns, each request they stand for.

    Attributes:
        action: `service:Action`, in any case of letters.
        resource: an ARN; `*` for any resource at all, `NO_RESOURCE` for none.
        account: the account that owns the resource; `None` if that is not known.
    """

    caller: Caller
    action: str
    resource: str
    account: str | None
    context: Context = field(default_factory=Context)


_KNOWN = {"*": RESOURCES, NO_RESOURCE: Language.literal("*")}
"""An action that knows no resource is about `*`, which no pattern of ARNs matches."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The requests as languages: each caller, action and resource out of these.

    Attributes:
        actions: in lower case.
        context: with the keys that follow from caller and resource.
    """

    caller: Caller
    actions: Language
    resources: Language
    context: Context


def ask(request: Request) -> Ask:
    """Return the languages of a request.

    Raises:
        ArnParseError: the resource is not an ARN, nor a pattern of one.
    """
    resources = _KNOWN.get(request.resource) or arns(request.resource)
    if resources.is_empty():
        raise ArnParseError(request.resource, "give an ARN, a pattern of ARNs, or `*`")
    context = request.context.given(request.caller.facts())
    if request.account is not None:
        context = context.given({"aws:resourceaccount": Exactly((request.account,))})
    return Ask(request.caller, Language.glob(request.action.lower()), resources, context)
