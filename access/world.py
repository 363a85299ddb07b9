"""The world that is proved about: accounts, principals and every policy that bears on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from access.arn import account_of
from access.document import PolicyDocument, parse
from access.errors import PolicyParseError


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A policy that cannot be read: `why`, with the remedy."""

    why: str


@dataclass(frozen=True, slots=True)
class Document:
    """A policy as an account has it, read when first needed and once for all that are equal.

    Attributes:
        name: what reasons call it, such as "policy `Deploy` of role `arn:…`".
        text: its JSON; `None` if it is not known, and then `unknown` says why.
    """

    name: str
    text: str | None
    unknown: str = ""

    @classmethod
    def of(cls, written: str | Mapping[str, Any], *, name: str) -> "Document":
        """Return the document of JSON text, or of JSON already decoded."""
        return cls(name, written if isinstance(written, str) else _written(written))

    @classmethod
    def missing(cls, name: str, why: str) -> "Document":
        """Return a document that is not known, such as one an export lacks."""
        return cls(name, None, why)

    def read(self) -> PolicyDocument | Unreadable:
        """Return the policy, or why it cannot be read; its Allow then counts as everything."""
        if self.text is None:
            return Unreadable(self.unknown)
        found = read(self.text)
        return found if isinstance(found, Unreadable) else replace(found, name=self.name)

    @property
    def digest(self) -> str:
        """What tells its text from others."""
        return "unknown" if self.text is None else digest(self.text)


_written = json.JSONEncoder(sort_keys=True).encode


@lru_cache(maxsize=1 << 17)
def read(text: str) -> PolicyDocument | Unreadable:
    """Return the policy that a text states, or why it cannot be read."""
    try:
        return parse(text)
    except PolicyParseError as error:
        return Unreadable(str(error))


@lru_cache(maxsize=1 << 17)
def digest(text: str) -> str:
    """Return what tells a text from others."""
    return sha256(text.encode()).hexdigest()[:16]


Tags = tuple[tuple[str, str], ...]
"""Pairs of key and value, sorted."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What a principal or group is permitted by: inline policies, and managed ones by ARN."""

    inline: tuple[Document, ...] = ()
    managed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """An IAM group."""

    arn: str
    grants: Grants = field(default_factory=Grants)


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user; `groups` are ARNs, `boundary` is a managed policy's ARN.

    Attributes:
        mfa: whether whoever holds its key may have an MFA device; if not,
            `aws:MultiFactorAuthPresent` is never true, unless a step enrols one.
    """

    arn: str
    grants: Grants = field(default_factory=Grants)
    groups: tuple[str, ...] = ()
    boundary: str | None = None
    tags: Tags = ()
    unique_id: str | None = None
    mfa: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role; `boundary` is a managed policy's ARN."""

    arn: str
    trust: Document
    grants: Grants = field(default_factory=Grants)
    boundary: str | None = None
    tags: Tags = ()
    unique_id: str | None = None


Levels = tuple[tuple[Document, ...], ...]
"""SCPs or RCPs from the root of the organisation down to the account."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of an account besides its principals.

    Attributes:
        organization: the organisation's id; `None` if it is not known.
        management: whether it is the management account: neither SCPs nor RCPs limit it.
        delegated: whether it is a delegated administrator, which manages other accounts.
    """

    organization: str | None = None
    scps: Levels = ()
    rcps: Levels = ()
    management: bool = False
    delegated: bool = False

    @property
    def manages(self) -> bool:
        """Whether it manages the other accounts of its organisation."""
        return self.management or self.delegated


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored credential: whoever reads `secret`, an ARN or a pattern, can act as `principal`.

    Attributes:
        key: the KMS key that its readers must be allowed to decrypt with; `None` if there is none
            of the customer's own, or it is not known; one whose policy a world lacks is none there.
        account: the account that the secret is in, where its ARN does not say it, as for objects
            of a bucket; `None` if it is not known: it may then be anybody's.
        unknown_key: in place of `key`, one whose policy the world lacks.
    """

    secret: str
    principal: str
    key: str | None = None
    account: str | None = None
    unknown_key: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the input lacks; `arn` is what it is about. A proof that needs it fails."""

    arn: str
    what: str


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a proof is about.

    INVARIANT: what is not in here does not exist, unless a fact of the proof makes it.

    Attributes:
        accounts: `{account id: Account}`, with an entry for every account of a principal.
        policies: `{ARN: its default version}`, AWS-managed policies and boundaries included.
        resources: `{ARN: resource-based policy}` of secrets, parameters, keys, buckets.
        missing: what the input lacks.
        passing: the ARNs of users and roles who are there at times only, so that others can be
            made under their names.
    """

    accounts: Mapping[str, Account]
    users: Mapping[str, User] = field(default_factory=dict[str, User])
    groups: Mapping[str, Group] = field(default_factory=dict[str, Group])
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    policies: Mapping[str, Document] = field(default_factory=dict[str, Document])
    resources: Mapping[str, Document] = field(default_factory=dict[str, Document])
    credentials: tuple[Credential, ...] = ()
    missing: tuple[Missing, ...] = ()
    passing: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Leave out the keys of credentials that no resource-based policy is known of."""
        # INVARIANT: every KMS key has a policy, which alone may let anybody in: a key of which none
        # is known, be it named by an alias that may move, keeps nobody out.
        if any(one.key is not None and one.key not in self.resources for one in self.credentials):
            kept = (
                one
                if one.key is None or one.key in self.resources
                else replace(one, key=None, unknown_key=one.key)
                for one in self.credentials
            )
            object.__setattr__(self, "credentials", tuple(kept))

    def stays(self, arn: str) -> bool:
        """Whether a user or role has that ARN, and nobody else can come to have it."""
        return (arn in self.users or arn in self.roles) and arn not in self.passing

    def owner(self, arn: str) -> str:
        """Return the account that a resource is in; "" if that is not known."""
        said = account_of(arn)
        stated = (
            one.account
            for one in self.credentials
            if one.account and (one.secret == arn or one.secret.startswith(f"{arn}/"))
        )
        return said or next(stated, "")

    def managed(self, arn: str) -> Document:
        """Return a managed policy by its ARN; one that the input lacks is unreadable."""
        found = self.policies.get(arn)
        name = f"policy `{arn}`"
        return found or Document.missing(name, f"{name} is not in the input; add its document")
