"""One account's IAM as a flat table, `{what: what it says}`, so that two can be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from access.arn import arns
from access.world import Document, Grants, Role, User, World
from iam_profiles.model import Account, Profiles
from policies.iam_view import view
from policies.known_types import STORED_ACCESS_KEY
from policies.registered import Registered

_SERVICE_LINKED: Final = ":role/aws-service-role/"
_RESERVED: Final = "aws:"
"""What tags of AWS's own begin with."""


class Kind(StrEnum):
    """What an entry is about."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"
    POLICY = "policy"
    TRUST = "trust policy"
    INLINE = "inline policy"
    ATTACHMENT = "attachment"
    MEMBERSHIP = "membership"
    BOUNDARY = "boundary"
    TAG = "tag"
    KEY = "access key"
    PASSWORD = "console password"  # noqa: S105 -- words
    DEVICE = "MFA device"
    SECRET = "secret"  # noqa: S105 -- likewise
    SECRET_POLICY = "policy of the secret"  # noqa: S105 -- likewise
    PARAMETER = "parameter"
    KEY_ALIAS = "alias of a KMS key"
    KEY_POLICY = "key policy"
    IDENTITY_PROVIDER = "OpenID Connect provider"
    SAML_PROVIDER = "SAML provider"
    INSTANCE_PROFILE = "instance profile"


WHOLE: Final = frozenset(
    {
        *(Kind.USER, Kind.GROUP, Kind.ROLE, Kind.POLICY, Kind.SECRET, Kind.SECRET_POLICY),
        *(Kind.IDENTITY_PROVIDER, Kind.SAML_PROVIDER, Kind.INSTANCE_PROFILE),
        *(Kind.PARAMETER, Kind.KEY_ALIAS),
    }
)
"""What stands for itself; anything else is part of such a thing."""
DOCUMENTS: Final = frozenset(
    {Kind.POLICY, Kind.TRUST, Kind.INLINE, Kind.SECRET_POLICY, Kind.KEY_POLICY}
)
CREDENTIALS: Final = frozenset({Kind.KEY, Kind.PASSWORD})
"""What a user signs in with: whoever has one keeps it, whatever becomes of the user."""
UNMODELLED: Final = frozenset(
    {
        *(Kind.TAG, Kind.KEY, Kind.PASSWORD, Kind.DEVICE, Kind.PARAMETER),
        *(Kind.KEY_ALIAS, Kind.KEY_POLICY, Kind.SAML_PROVIDER, Kind.INSTANCE_PROFILE),
    }
)
"""What the rendered model does not speak of."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """What an entry is about: a thing by its ARN, or a part of it by its name."""

    of: str
    kind: Kind
    name: str = ""


Inventory = Mapping[Item, str | None]
"""`{item: its document, its value, or "" if it just exists}`; `None` is what is not known."""
Keys = Mapping[str, tuple[str, ...]]
"""`{ARN of a user: the ids of its access keys}`."""


def inventory(world: World, account: str, keys: Keys) -> dict[Item, str | None]:
    """Return what a world has in one account; what AWS makes for its own services is left out."""
    return {
        item: value for item, value in _entries(world, keys) if item.of.split(":")[4] == account
    }


def tagged(world: World, stack: Registered, profiles: Profiles, account: Account) -> World:
    """Return the world of a stack with the tags that its users and roles were given."""
    iam = view(stack, profiles.organization.partition, account.id)
    tags: dict[str, tuple[tuple[str, str], ...]] = {}
    for holder in iam.holders:
        resource = holder.resource
        given = resource.outputs.get("tagsAll") or resource.inputs.get("tags")
        if isinstance(given, Mapping):
            tags[holder.arn] = tuple(sorted((key, str(value)) for key, value in given.items()))
    return replace(
        world,
        users={arn: replace(one, tags=tags.get(arn, ())) for arn, one in world.users.items()},
        roles={arn: replace(one, tags=tags.get(arn, ())) for arn, one in world.roles.items()},
    )


def recorded_keys(stack: Registered, world: World) -> dict[str, tuple[str, ...]]:
    """Return the keys that a stack's state knows."""
    users = {arn.rpartition("/")[2]: arn for arn in world.users}
    found: dict[str, tuple[str, ...]] = {}
    for key in stack.of_type(STORED_ACCESS_KEY):
        owner, id_ = users.get(str(key.text("userName"))), key.outputs.get("accessKeyId")
        if owner is not None and isinstance(id_, str):
            found[owner] = (*found.get(owner, ()), id_)
    return found


def named_alike(live: World, *others: World) -> World:
    """Return the live world with each secret under the pattern that the others know it by."""
    patterns = {pattern: arns(pattern) for other in others for pattern in other.resources}

    def known(arn: str) -> str:
        return next((pattern for pattern, language in patterns.items() if arn in language), arn)

    return replace(live, resources={known(arn): one for arn, one in live.resources.items()})


def _entries(world: World, keys: Keys) -> Iterator[tuple[Item, str | None]]:
    for arn, user in world.users.items():
        yield Item(arn, Kind.USER), ""
        yield from _granted(arn, user.grants)
        yield from _bound(user)
        yield from ((Item(arn, Kind.MEMBERSHIP, group), "") for group in user.groups)
        yield from ((Item(arn, Kind.KEY, key), "") for key in keys.get(arn, ()))
    for arn, group in world.groups.items():
        yield Item(arn, Kind.GROUP), ""
        yield from _granted(arn, group.grants)
    for arn, role in world.roles.items():
        if _SERVICE_LINKED in arn:
            continue
        yield Item(arn, Kind.ROLE), ""
        yield Item(arn, Kind.TRUST), role.trust.text
        yield from _granted(arn, role.grants)
        yield from _bound(role)
    yield from ((Item(arn, Kind.POLICY), one.text) for arn, one in world.policies.items())
    for arn, own in world.resources.items():
        yield Item(arn, Kind.SECRET_POLICY), own.text


def _granted(arn: str, grants: Grants) -> Iterator[tuple[Item, str | None]]:
    yield from ((Item(arn, Kind.ATTACHMENT, policy), "") for policy in grants.managed)
    yield from ((Item(arn, Kind.INLINE, _short(one)), one.text) for one in grants.inline)


def _bound(holder: User | Role) -> Iterator[tuple[Item, str | None]]:
    if holder.boundary is not None:
        yield Item(holder.arn, Kind.BOUNDARY), holder.boundary
    for key, value in holder.tags:
        if not key.startswith(_RESERVED):
            yield Item(holder.arn, Kind.TAG, key), value


def _short(inline: Document) -> str:
    """Return a policy's own name: reasons call it "policy `name` of …"."""
    return inline.name.split("`")[1]
