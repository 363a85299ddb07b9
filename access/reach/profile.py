"""What policies can see of a caller and of a target besides their names: that, and no more."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache

from access.context import Absent, Among, Context, Exactly, Value
from access.given import Given, values
from access.pattern import ANYTHING, Language
from access.principal import Caller, Kind
from access.world import Tags


@dataclass(frozen=True, slots=True)
class Profile:
    """A caller, but for its ARN.

    Attributes:
        account: its account's id; "" for a service or an identity provider.
        name: the user's name, or the identifier of a service or an identity provider; `None` where
            it is not to be told apart.
        tags: its tags; `None` if they are what the caller likes.
        mfa: whether it may have used an MFA device.
        formerly: ARNs and ids of the users that a renamed one may be.
        taken: of users yet to be made, the ARNs of others.
    """

    kind: Kind
    account: str
    organization: str | None = None
    name: str | None = None
    tags: Tags | None = ()
    mfa: bool = True
    formerly: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        told = (self.kind, self.account, self.organization, self.name, self.tags, self.mfa)
        object.__setattr__(self, "_hash", hash((told, self.formerly, self.taken)))

    def __hash__(self) -> int:
        return self._hash  # it is asked for again and again

    def caller(self) -> Caller:
        """Return the caller with any ARN."""
        if self.kind is Kind.SERVICE:
            return Caller.service(self.name or "")
        if self.kind is Kind.FEDERATED:
            return Caller.federated(self.name or "")
        return Caller(self.kind, ANYTHING, self.account, self.name, formerly=self.formerly)

    def context(self, owner: "Owner", given: Given, text: str) -> Context:
        """Return what is known of a request, as far as the policy `text` can tell."""
        caller = self.caller()
        facts: dict[str, Value] = dict(caller.facts())
        facts.update(owner.facts())
        if caller.in_iam:
            if self.organization:
                facts["aws:principalorgid"] = Exactly((self.organization,))
            if self.tags is not None:
                facts.update(_tags(dict(self.tags), text))
            if not self.mfa:
                never = Among(Language.literal("false"), optional=True)
                facts["aws:multifactorauthpresent"] = never
        facts.update(values(given))
        return Context(facts)


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that a resource is of, as far as it matters."""

    account: str = ""
    organization: str | None = None

    def facts(self) -> Mapping[str, Value]:
        """Return the condition keys that follow from who owns the resource."""
        found: dict[str, Value] = {}
        if self.account:
            found["aws:resourceaccount"] = Exactly((self.account,))
        if self.organization:
            found["aws:resourceorgid"] = Exactly((self.organization,))
        return found


_TAG = re.compile(r'aws:principaltag/([^"},\s\'\\]+)')


def _tags(tags: Mapping[str, str], text: str) -> Mapping[str, Value]:
    lowered = {key.lower(): value for key, value in tags.items()}
    found: dict[str, Value] = {}
    for key in _TAG.findall(text.lower()):
        known = lowered.get(key)
        found[f"aws:principaltag/{key}"] = Absent() if known is None else Exactly((known,))
    return found


_OUTSIDE = (Kind.SERVICE, Kind.FEDERATED)


@dataclass(frozen=True, slots=True)
class Looks:
    """What a policy text looks at; what it does not look at need not be told apart."""

    name: bool
    tags: bool
    kind: bool
    account: bool
    organization: bool
    mfa: bool
    owner: bool

    @classmethod
    def together(cls, some: Iterable["Looks"]) -> "Looks":
        """Return what any of them looks at."""
        found = list(some)
        return cls(*(any(getattr(one, each.name) for one in found) for each in fields(cls)))

    def seen(self, profile: Profile, owner: Owner, *, kind: bool) -> tuple[object, ...]:
        """Return what it can see of a caller and a resource: the same where it sees no difference.

        INVARIANT: of two that are seen the same, `at` gives the same profile.
        """
        if profile.kind in _OUTSIDE:
            return profile, self.owner and owner
        return (
            (profile.kind, profile.formerly) if kind else (self.kind or self.name) and profile.kind,
            (kind or self.account) and profile.account,
            self.organization and profile.organization,
            self.name and (profile.name, profile.taken),
            self.tags and profile.tags,
            self.mfa and profile.mfa,
            self.owner and owner,
        )

    def at(self, profile: Profile, *, kind: bool) -> Profile:
        """Return the profile with all that the text cannot see left out."""
        if profile.kind in _OUTSIDE:
            return profile
        return Profile(
            profile.kind if kind or self.kind or self.name else Kind.ANY_IAM,
            profile.account if kind or self.account else "",
            profile.organization if self.organization else None,
            profile.name if self.name else None,
            profile.tags if self.tags else (),
            profile.mfa or not self.mfa,
            profile.formerly if kind else frozenset(),
            profile.taken if self.name else frozenset(),
        )


@lru_cache(maxsize=1 << 17)
def looks(text: str) -> Looks:
    """Return what a policy text can look at."""
    lowered = text.lower() if "\\u" not in text else None

    def at(*words: str) -> bool:
        return lowered is None or any(word in lowered for word in words)

    return Looks(
        name=at("aws:username", "aws:userid"),
        tags=at("aws:principaltag"),
        kind=at("aws:principaltype", "aws:principalis", "aws:principalservice"),
        account=at("aws:principalaccount"),
        organization=at("aws:principalorg"),
        mfa=at("aws:multifactorauth"),
        owner=at("aws:resourceaccount", "aws:resourceorg"),
    )
