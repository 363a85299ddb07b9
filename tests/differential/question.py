"""One request with every policy that bears on it, as JSON: put to the engine and the evaluator."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from access.arn import NO_RESOURCE
from access.context import Context, Exactly, Value
from access.decide import Policies, decide
from access.document import PolicyDocument, parse
from access.principal import Caller
from access.request import Request
from access.verdict import Allowed, Denied, Verdict

Document = dict[str, Any]
"""A policy as JSON has it, with a list of statements."""

Statement = dict[str, Any]

Result = str
"""`Allowed`, `ExplicitlyDenied` or `ImplicitlyDenied`; `Undecided` is the engine's alone."""

UNDECIDED: Result = "Undecided"

_EVERYBODY: Statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}

FULL_RCP: Document = {"Version": "2012-10-17", "Statement": [_EVERYBODY]}
"""Attached by AWS at every level, and added by the evaluator without being asked."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request, its whole context, and the policies that apply to it.

    Attributes:
        caller: the ARN of a user, a session, a federated user or an account's root; or what names
            a service or an identity provider.
        role: for a session, the ARN of its role.
        unique_id: `AIDA…` or `AROA…` of the user or role.
        resource: an ARN, or `*` for an action that knows none.
        account: whose the resource is.
        context: what the request has of condition keys, besides those that follow from the caller.
    """

    caller: str
    action: str
    resource: str
    account: str
    role: str = ""
    unique_id: str = ""
    context: dict[str, str | list[str]] = field(default_factory=dict[str, str | list[str]])
    identity: list[Document] = field(default_factory=list[Document])
    boundary: Document | None = None
    session: Document | None = None
    policy: Document | None = None
    scps: list[list[Document]] = field(default_factory=list[list[Document]])
    rcps: list[list[Document]] = field(default_factory=list[list[Document]])

    @property
    def kind(self) -> str:
        """What sort of principal calls, as `aws:PrincipalType` says it; "" for none of IAM's."""
        if self.role:
            return "AssumedRole"
        kinds = {":user/": "User", ":root": "Account", ":federated-user/": "FederatedUser"}
        return next((kind for part, kind in kinds.items() if part in self.caller), "")

    @property
    def home(self) -> str:
        """The caller's account; "" for a service or an identity provider."""
        return self.caller.split(":")[4] if self.kind else ""

    def documents(self) -> Iterator[Document]:
        """Yield every policy."""
        yield from self.identity
        yield from (one for one in (self.boundary, self.session, self.policy) if one)
        for level in (*self.scps, *self.rcps):
            yield from level

    def whole_context(self) -> dict[str, str | list[str]]:
        """Return the context with the keys that follow from who calls and what is asked for."""
        known: dict[str, str | list[str]] = {
            "aws:PrincipalIsAWSService": "false",
            "aws:ResourceAccount": self.account,
        }
        if self.kind:
            known |= {
                "aws:PrincipalArn": self.role or self.caller,
                "aws:PrincipalAccount": self.home,
                "aws:PrincipalType": self.kind,
            }
        elif self.caller.endswith(".amazonaws.com"):
            known |= {
                "aws:PrincipalIsAWSService": "true",
                "aws:PrincipalServiceName": self.caller,
            }
        if self.kind == "User":
            known["aws:username"] = self.caller.rpartition("/")[2]
            known["aws:userid"] = self.unique_id
        if self.kind == "AssumedRole":
            known["aws:userid"] = f"{self.unique_id}:{self.caller.rpartition('/')[2]}"
        return {**self.context, **known}

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in ("", [], {})}


def principal(question: Question) -> Caller:
    """Return the caller as the engine has it."""
    if question.role:
        session = question.caller.rpartition("/")[2]
        return Caller.session_of(question.role, session, unique_id=question.unique_id)
    if question.kind:
        return Caller.of(question.caller, unique_id=question.unique_id or None)
    if question.caller.endswith(".amazonaws.com"):
        return Caller.service(question.caller)
    return Caller.federated(question.caller)


def policies(question: Question) -> Policies:
    """Return the policies as the engine has them."""

    def read(document: Document, name: str) -> PolicyDocument:
        return parse(document, name=name)

    def one(document: Document | None, name: str) -> PolicyDocument | None:
        return None if document is None else read(document, name)

    return Policies(
        identity=tuple(read(each, f"identity {at}") for at, each in enumerate(question.identity)),
        boundary=one(question.boundary, "boundary"),
        session=None if question.session is None else (read(question.session, "session"),),
        resource=one(question.policy, "resource"),
        scps=tuple(tuple(read(each, "SCP") for each in level) for level in question.scps),
        rcps=tuple(
            tuple(read(each, "RCP") for each in (FULL_RCP, *level)) for level in question.rcps
        ),
    )


def asked_of(question: Question, context: Context | None = None) -> Request:
    """Return the request as the engine has it, its context whole unless another one is given."""
    values: dict[str, Value] = {
        key: Exactly((value,) if isinstance(value, str) else tuple(value))
        for key, value in question.context.items()
    }
    return Request(
        principal(question),
        question.action,
        NO_RESOURCE if question.resource == "*" else question.resource,
        question.account,
        context or Context(values, complete=True),
    )


def verdict(question: Question, context: Context | None = None) -> Verdict:
    """Return the engine's verdict, the context being whole unless another one is given."""
    return decide(asked_of(question, context), policies(question))


def result(found: Verdict) -> Result:
    """Return a verdict in the evaluator's words."""
    if isinstance(found, Allowed):
        return "Allowed"
    if not isinstance(found, Denied):
        return UNDECIDED
    explicit = any(reason.text.endswith(" denies it") for reason in found.reasons)
    return "ExplicitlyDenied" if explicit else "ImplicitlyDenied"


def ours(question: Question) -> Result:
    """Return what the engine says, in the evaluator's words."""
    return result(verdict(question))


def simulation(question: Question) -> dict[str, Any]:
    """Return the question as the evaluator takes it."""

    def named(documents: list[Document]) -> list[dict[str, Any]]:
        return [{"name": f"policy{at}", "policy": each} for at, each in enumerate(documents)]

    def levels(hierarchy: list[list[Document]]) -> list[dict[str, Any]]:
        return [
            {"orgIdentifier": f"level{at}", "policies": named(level)}
            for at, level in enumerate(hierarchy)
        ]

    asked: dict[str, Any] = {
        "request": {
            "principal": question.caller,
            "action": question.action,
            "resource": {"resource": question.resource, "accountId": question.account},
            "contextVariables": question.whole_context(),
        },
        "identityPolicies": named(question.identity),
        "serviceControlPolicies": levels(question.scps),
        "resourceControlPolicies": levels(question.rcps),
    }
    if question.boundary is not None:
        asked["permissionBoundaryPolicies"] = named([question.boundary])
    if question.session is not None:
        asked["sessionPolicy"] = question.session
    if question.policy is not None:
        asked["resourcePolicy"] = question.policy
    return asked
