"""What a request for a role's session may carry, where the role's trust policy looks at it.

Session tags take `sts:TagSession`, and a source identity `sts:SetSourceIdentity`, on both sides, as
`sts:AssumeRole` itself does: a request that may not carry them is one without their keys.

A session of a role may hand on tags that it was given: what that takes AWS does not say, and
whether the request then has their keys. Of users, who have none, it is certain.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from access.evidence import Put
from access.given import Given
from access.label import bare
from access.world import World

ASSUME, TAG, IDENTIFY = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"

_UNTAGGED: Given = (
    ("aws:RequestTag/", None),
    ("aws:TagKeys", None),
    ("sts:TransitiveTagKeys", None),
)
_UNIDENTIFIED: Given = (("sts:SourceIdentity", None),)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask for a session.

    Attributes:
        given: the condition keys that it is certain to lack.
        also: actions that must be allowed besides `sts:AssumeRole`, in the same request.
    """

    given: Given = ()
    also: tuple[str, ...] = ()


@lru_cache(maxsize=1 << 17)
def ways(trust: str | None, *, user: bool, tagging: bool = False) -> tuple[Way, ...]:
    """Return the ways to ask for a session of a role with this trust policy, the plainest first.

    Args:
        trust: the policy's text; `None` if it is not known.
        user: whether a user asks, who hands on no tags.
        tagging: whether the session is to have tags of the caller's choice.
    """
    tags = [Way((), (TAG,))] if tagging else [Way()]
    if user and not tagging and _looks(trust, _UNTAGGED):
        tags = [Way(_UNTAGGED), Way((), (TAG,))]
    identities = [Way()]
    if _looks(trust, _UNIDENTIFIED):
        identities = [Way(_UNIDENTIFIED), Way((), (IDENTIFY,))]
    return tuple(
        Way((*one.given, *two.given), (*one.also, *two.also)) for one in tags for two in identities
    )


def _looks(text: str | None, keys: Given) -> bool:
    lowered = (text or "").lower()
    return "\\u" in lowered or any(key.lower() in lowered for key, _ in keys)


def is_user(label: str) -> bool:
    """Whether a label is a user's, or a pattern of users."""
    _, _, service, *_, resource = bare(label).split(":", 5)
    return service == "iam" and resource.startswith("user/")


def requests(
    world: World, caller: str, role: str, *, tagging: bool = False
) -> Iterator[tuple[Put, ...]]:
    """Yield, for each way to ask for a role's session, what must be allowed all together."""
    trust = world.roles[role].trust.text
    for way in ways(trust, user=is_user(caller), tagging=tagging):
        yield tuple(
            Put(caller, action, role, way.given, trust=True) for action in (ASSUME, *way.also)
        )
