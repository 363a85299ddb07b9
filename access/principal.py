"""Who calls, and what an entry of a Principal element says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from access.arn import Arn, arns, is_account
from access.context import Absent, Among, Exactly, Value
from access.document import PrincipalEntry
from access.errors import ArnParseError
from access.pattern import ANYTHING, NOTHING, Language, Wildcard, pieces
from access.span import EMPTY, EVERYTHING, Span

_WILDCARDS = frozenset("*?")
_UNIQUE_ID = ("AIDA", "AROA")
_SESSION_PARTS = 3


LINKED = Language.segmented(pieces("arn:*:iam::*:role/aws-service-role/*"))
"""Service-linked roles: the organisation's policies do not limit them."""


class Kind(Enum):
    """What sort of principal calls."""

    USER = "User"
    SESSION = "AssumedRole"
    ROOT = "Account"
    FEDERATED_USER = "FederatedUser"
    ANY_IAM = "any"
    """Any of those above: all that a pattern of ARNs names."""
    SERVICE = "Service"
    FEDERATED = "Federated"


class Grant(Enum):
    """What an Allow to a principal entry gives within one account.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """

    DIRECT = "direct"
    """All of it: implicit denies elsewhere do not matter."""
    ROLE = "role"
    """What boundary and session policy let through."""
    ACCOUNT = "account"
    """What the account's own policies allow: it is delegated to them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal, or all principals whose `aws:PrincipalArn` is in `names`.

    Attributes:
        names: values of `aws:PrincipalArn`: for a role's session, the role's ARN;
            for a service or an identity provider, its identifier.
        account: their account id, `None` if it is not one known account.
        session: the session's name; `None` if it is the caller's choice, or there is no session.
        unique_id: `AIDA…` or `AROA…`, `None` if it is not known.
        formerly: ARNs and ids of the users that a renamed one may be: what names one follows it;
            of a federated user, of whose permissions it has.
        taken: of users yet to be made, the ARNs of others: AWS takes no name twice.
    """

    kind: Kind
    names: Language
    account: str | None
    name: str | None = None
    session: str | None = None
    unique_id: str | None = None
    formerly: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()

    @classmethod
    def of(cls, arn: str, *, unique_id: str | None = None) -> "Caller":
        """Return the caller that an ARN, or a pattern of ARNs, names.

        Raises:
            ArnParseError: it is not an ARN.
        """
        if _WILDCARDS & set(arn):
            return cls._matching(arn)
        parsed = Arn.parse(arn)
        account = parsed.account if is_account(parsed.account) else None
        if parsed.kind == "assumed-role":
            parts = parsed.resource.split("/")
            names = _role_named(parsed, parts[1])
            session = parts[2] if len(parts) == _SESSION_PARTS else None
            return cls(Kind.SESSION, names, account, parts[1], session, unique_id)
        kind = {
            "user": Kind.USER,
            "role": Kind.SESSION,
            "root": Kind.ROOT,
            "federated-user": Kind.FEDERATED_USER,
        }.get(parsed.kind, Kind.ANY_IAM)
        return cls(kind, Language.literal(arn), account, parsed.leaf, None, unique_id)

    @classmethod
    def _matching(cls, pattern: str) -> "Caller":
        names = arns(pattern)
        if names.is_empty() or ":assumed-role/" in pattern:
            raise ArnParseError(pattern, "give a pattern of user or role ARNs")
        _, _, service, _, account, resource = [*pattern.split(":", 5), *[""] * 5][:6]
        sorts = {"iam user": Kind.USER, "sts federated-user": Kind.FEDERATED_USER}
        sort = resource.partition("/")[0] if "/" in resource else ""
        kind = sorts.get(f"{service} {sort}", Kind.ANY_IAM)
        return cls(kind, names, account if is_account(account) else None)

    @classmethod
    def session_of(cls, role_arn: str, session: str, *, unique_id: str | None = None) -> "Caller":
        """Return a session of a role, by the role's ARN and the session's name."""
        role = cls.of(role_arn, unique_id=unique_id)
        return cls(Kind.SESSION, role.names, role.account, role.name, session, unique_id)

    @classmethod
    def service(cls, identifier: str) -> "Caller":
        """Return an AWS service, such as `ec2.amazonaws.com`."""
        return cls(Kind.SERVICE, Language.literal(identifier), None, identifier)

    @classmethod
    def federated(cls, identifier: str) -> "Caller":
        """Return whoever an identity provider vouches for."""
        return cls(Kind.FEDERATED, Language.literal(identifier), None, identifier)

    @property
    def in_iam(self) -> bool:
        """Whether it has an ARN and, as a rule, identity-based policies."""
        return self.kind not in (Kind.SERVICE, Kind.FEDERATED)

    def facts(self) -> Mapping[str, Value]:
        """Return the condition keys that follow from who calls.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        service = Exactly(("true" if self.kind is Kind.SERVICE else "false",))
        if not self.in_iam:
            keys = ("aws:principalarn", "aws:principalaccount", "aws:username")
            absent: dict[str, Value] = dict.fromkeys(keys, Absent())
            if self.kind is Kind.SERVICE and self.name:
                absent["aws:principalservicename"] = Exactly((self.name,))
            return {**absent, "aws:principalisawsservice": service}
        found: dict[str, Value] = {
            "aws:principalarn": Among(self.names),
            "aws:principalisawsservice": service,
            "aws:principalservicename": Absent(),
            "aws:principalservicenameslist": Absent(),
        }
        if self.account:
            found["aws:principalaccount"] = Exactly((self.account,))
        if self.kind is Kind.USER:
            found["aws:username"] = Exactly((self.name,)) if self.name else Among(ANYTHING)
        elif self.kind is not Kind.ANY_IAM:
            found["aws:username"] = Absent()
        if self.unique_id and self.kind is Kind.USER:
            found["aws:userid"] = Exactly((self.unique_id,))
        if self.unique_id and self.session:
            found["aws:userid"] = Exactly((f"{self.unique_id}:{self.session}",))
        if self.kind is not Kind.ANY_IAM:
            found["aws:principaltype"] = Exactly((self.kind.value,))
        return found


@dataclass(frozen=True, slots=True)
class Named:
    """Whom an entry names: `callers`, by what `grant`; or why that cannot be told."""

    grant: Grant
    callers: Span
    unsupported: str | None = None


def named(entry: PrincipalEntry, caller: Caller) -> Named:
    """Return which of the callers an entry of a Principal element names.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if entry.value == "*" and entry.kind in ("*", "AWS"):
        return Named(Grant.DIRECT, EVERYTHING)
    if entry.kind == "CanonicalUser":
        return _doubtful(f"the canonical user `{entry.value[:80]}`")
    if entry.kind != "AWS":
        kind = Kind.SERVICE if entry.kind == "Service" else Kind.FEDERATED
        if caller.kind is not kind:
            return Named(Grant.DIRECT, EMPTY)
        return Named(Grant.DIRECT, Span.exact(Language.literal(entry.value)))
    return _named_in_iam(entry.value, caller) if caller.in_iam else Named(Grant.DIRECT, EMPTY)


def _named_in_iam(value: str, caller: Caller) -> Named:  # noqa: PLR0911 -- one for each form
    if value in caller.formerly and caller.kind is Kind.FEDERATED_USER:
        return _doubtful(f"the user `{value}`, of whom the caller is a federated user")
    if value in caller.formerly:
        return Named(Grant.DIRECT, Span(ANYTHING, NOTHING))
    if is_account(value):
        return Named(Grant.ACCOUNT, Span.exact(_whole_account("*", value)))
    if value.startswith(_UNIQUE_ID) and value.isalnum():
        if caller.unique_id is None:
            return _doubtful(f"the unique id `{value[:80]}`, and the caller's is not known")
        grant = Grant.ROLE if value.startswith("AROA") else Grant.DIRECT
        return Named(grant, EVERYTHING if caller.unique_id == value else EMPTY)
    try:
        arn = Arn.parse(value)
    except ArnParseError as error:
        return _doubtful(f"the principal {error}")
    if _WILDCARDS & set(value):
        why = f"the principal `{value[:80]}`: AWS takes no part of one as a wildcard"
        return replace(_doubtful(why), callers=Span(Language.glob(value), NOTHING))
    return _named_by_arn(arn, caller)


def _named_by_arn(arn: Arn, caller: Caller) -> Named:
    exact = Span.exact(Language.literal(str(arn)))
    match arn.service, arn.kind:
        case "iam", "root":
            return Named(Grant.ACCOUNT, Span.exact(_whole_account(arn.partition, arn.account)))
        case "iam", "user" if _may_act_for(caller, arn):
            return _doubtful(f"the user `{arn}`, of whom the caller may be a federated user")
        case ("iam", "user") | ("sts", "federated-user"):
            return Named(Grant.DIRECT, exact)
        case "iam", "role":
            return Named(Grant.ROLE, exact)
        case "sts", "assumed-role":
            return Named(Grant.DIRECT, _session(arn, caller))
        case _:
            return _doubtful(f"the principal `{arn}`, of a kind not known")


def _may_act_for(caller: Caller, user: Arn) -> bool:
    """Whether the caller is a federated user, and it is not known whose, and may be this user's."""
    known = bool(caller.formerly) or caller.account not in (None, user.account)
    return caller.kind is Kind.FEDERATED_USER and not known


def _session(arn: Arn, caller: Caller) -> Span:
    """Return the roles whose session has this ARN, as far as the caller's session can be it."""
    _, _, rest = arn.resource.partition("/")
    role, _, session = rest.partition("/")
    if caller.session is not None and caller.session != session:
        return EMPTY
    names = _role_named(arn, role)
    return Span(names, names if caller.session == session else NOTHING)


def _role_named(arn: Arn, name: str) -> Language:
    """Return the ARNs of roles of that name: a session's ARN leaves the path out."""
    prefix = f"arn:{arn.partition}:iam::{arn.account}:role/"
    return Language.literal(prefix + name) | Language.of((prefix, Wildcard.STAR, f"/{name}"))


def _whole_account(partition: str, account: str) -> Language:
    iam, sts = (
        Language.segmented(pieces(f"arn:{partition}:{service}::{account}:*"))
        for service in ("iam", "sts")
    )
    return iam | sts


def of_its_account(entry: PrincipalEntry) -> Span:
    """Return the callers of the account that an entry is of; anybody's where that is not told."""
    if entry.kind not in ("*", "AWS"):
        return EMPTY
    if is_account(entry.value):
        return Span.exact(_whole_account("*", entry.value))
    try:
        arn = Arn.parse(entry.value)
    except ArnParseError:
        return Span(ANYTHING, NOTHING)
    known = is_account(arn.account) and not _WILDCARDS & set(arn.partition)
    return Span.exact(_whole_account(arn.partition, arn.account)) if known else EVERYTHING


def _doubtful(why: str) -> Named:
    """Return an entry that might name anybody and certainly names nobody."""
    return Named(Grant.DIRECT, Span(ANYTHING, NOTHING), why)
