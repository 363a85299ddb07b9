"""The vocabulary of steps: what a caller needs for one, and what it comes to control by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from access.arn import NO_RESOURCE
from access.given import Given
from access.label import bare
from access.pattern import Language


class Kind(Enum):
    """The four ways in which control spreads."""

    ASSUME = "assume"
    """A session of the target is handed out by AWS STS."""
    TAKE_OVER = "take over"
    """A change of IAM yields another principal's permissions."""
    PASS = "pass"  # noqa: S105 -- AWS's word: a role is passed to a service
    """A service runs the caller's code as the target."""
    READ = "read"
    """A stored credential of the target is read."""


class Target(Enum):
    """What sort of thing a step is done to; the ARNs of that sort are its possible targets."""

    ROLE = "role"
    USER = "user"
    GROUP = "group"
    POLICY = "policy"
    """A customer-managed policy, boundaries included."""
    PROVIDER = "provider"
    """A SAML or OpenID Connect provider: whoever controls it can be anybody it vouches for."""
    STORE = "store"
    """What holds a credential: a secret, a parameter, an object of a bucket."""
    KEY = "key"
    """A KMS key."""
    ACCOUNT = "account"
    """The caller's own account as a whole."""
    MEMBER = "member"
    """Any account of the organisation, if the caller's account manages it: as its management
    account, or as a delegated administrator."""


class Gain(Enum):
    """What a step yields. All facts only grow."""

    # Each member is one object; the hash of its name would be computed in Python, each time.
    __hash__ = object.__hash__

    CONTROL = "control"
    """Acting as the target: a key or login of a user, a session of a role. With PASS, the target
    must besides trust one of the step's `services`; with ASSUME, its trust policy must admit
    the caller for the step's first action."""
    GRANT = "grant"
    """One more policy on the target (principal or group) that allows everything; Denies and the
    boundary stay."""
    DETACH = "detach"
    """Policies come off the target (principal or group), and with them their Denies."""
    UNBIND = "unbind"
    """The target's permissions boundary comes off, or is another one."""
    ATTACH = "attach"
    """One managed policy more on the target (principal or group); of `access.label.given`."""
    BIND = "bind"
    """The target principal's permissions boundary is another policy; of `access.label.under`."""
    REWRITE = "rewrite"
    """The target policy allows everything and denies nothing, wherever it is attached or bounds.
    With target STORE or KEY: its resource-based policy."""
    JOIN = "join"
    """Any user of the account has the target group's policies."""
    LEAVE = "leave"
    """Any user of the account is rid of the target group's policies, and so of their Denies."""
    RETRUST = "retrust"
    """The target role's trust policy admits everybody."""
    TAG = "tag"
    """The target's tags are what the caller likes."""
    SESSION = "session"
    """Sessions of the target role have the tags that the caller likes."""
    MINT = "mint"
    """A new principal with any ARN that the first need's resource may have: a user or a role, by
    `target`. A new role's trust policy is the caller's own."""
    RENAME = "rename"
    """As MINT, of a user that is controlled already, under another ARN. Whichever it is, it keeps
    its policies, groups and tags, and what names it in a trust policy: the new name has those of
    all controlled users of the account, without their Denies and boundaries."""
    VOUCH = "vouch"
    """Signing for the target provider: roles whose trust policy names it hand out sessions."""
    ENROL = "enrol"
    """An MFA device for the target user, in the caller's hands."""
    UNLOCK = "unlock"
    """The SCPs and RCPs of the organisation are gone."""
    ADMINISTER = "administer"
    """Control of every principal of the target account, and of any to be made in it."""


class On(Enum):
    """Which resource a need is about."""

    TARGET = "target"
    """The target itself."""
    HOLDER = "holder"
    """What the target is in: the bucket of an object. Of anything else, the target itself."""
    ABOVE = "above"
    """Any path that the target, a parameter, is under."""
    COPY = "copy"
    """The target as it is copied into another Region."""
    ANY = "any"
    """Whatever resource the action is allowed on: `*`, or something the caller may make or find,
    such as the function or instance that carries its code."""
    NOTHING = "nothing"
    """No resource: the action knows none, and is allowed only by who writes `*`."""


@dataclass(frozen=True, slots=True)
class Need:
    """One action that must be allowed.

    Attributes:
        action: `service:Action`.
        context: `{condition key: value}` that the step itself sets, as sorted pairs; several values
            of one key are alternatives. Keys not listed are the caller's choice, or unknown.
        by_anyone: any controlled principal of the account may do this part; otherwise it must
            be the same one for all needs that are not `by_anyone`.
    """

    action: str
    on: On = On.TARGET
    context: Given = ()
    by_anyone: bool = False

    def resources(self, target: str) -> tuple[str, ...]:
        """Return which resources the need may be about, one of which is enough.

        `*` stands for any at all, `NO_RESOURCE` for none.
        """
        target = bare(target)
        match self.on:
            case On.ANY:
                return ("*",)
            case On.NOTHING:
                return (NO_RESOURCE,)
            case On.HOLDER if target.split(":", 3)[2:3] == ["s3"]:
                return (target.partition("/")[0],)
            case On.ABOVE:
                return tuple(_above(target))
            case On.COPY:
                *head, _, account, resource = target.split(":", 5)
                return (":".join((*head, "*", account, resource)),)
            case _:
                return (target,)


@dataclass(frozen=True, slots=True)
class Step:
    """One way in which control spreads; data, with its public source.

    Attributes:
        needs: all of them together (an AND-edge).
        target: the sort of thing it is done to.
        services: for PASS: the service principals as which code would run; the target's trust
            policy must admit one of them.
        among: a pattern that the target's ARN must match; for PROVIDER, its ARN or its host.
        cross_account: whether caller and target may be of different accounts.
        source: the public page that describes it.
    """

    id: str
    kind: Kind
    needs: tuple[Need, ...]
    target: Target
    gain: Gain
    source: str
    title: str = ""
    services: tuple[str, ...] = ()
    among: str = "*"
    cross_account: bool = False

    def concerns(self, label: str) -> bool:
        """Whether an ARN, or one that a pattern of ARNs names, can be the target."""
        return _concerns(self.among, label)


def _above(target: str) -> Iterator[str]:
    """Yield the paths that a parameter is under, with and without the `/` at their end.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-retrieval-authorization.html
    """
    head, _, name = target.partition(":parameter/")
    first, *parts = name.split("/")[:-1] or [""]
    yield f"{head}:parameter/"
    path = ""
    for part in filter(None, (first, *parts)):
        path = f"{path}/{part}"
        yield from (f"{head}:parameter{path}", f"{head}:parameter{path}/")
    if {"*", "?"} & set(target):  # what a wildcard stands for may have paths of its own
        yield target


@lru_cache(maxsize=1 << 12)
def _concerns(among: str, label: str) -> bool:
    if among == "*":
        return True
    # A pattern's last wildcard must not be taken for another service's name.
    if among.startswith("arn:") and among.split(":")[2] != (label.split(":", 3) + [""] * 3)[2]:
        return False
    asked = Language.glob(among)
    host = label.rpartition("oidc-provider/")[2]
    return not (asked.is_disjoint(Language.glob(label)) and asked.is_disjoint(Language.glob(host)))
