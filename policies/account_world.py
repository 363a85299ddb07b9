"""One account's stack, as registered or as deployed, in the words of `access.world`."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from access.world import Account as AwsAccount
from access.world import Credential, Document, Grants, Group, Missing, Role, User, World
from iam_profiles.model import Account, Organization, Profiles
from iam_profiles.names import IdentityClass
from iam_profiles.paths import secret_pattern, user_path
from iam_profiles.store_config import declared_store, stored_at
from policies.iam import Holder, Iam, arn
from policies.iam_view import view
from policies.known_types import SECRET, STORED_ACCESS_KEY, Kind
from policies.registered import Registered, Resource, Value

_UNKNOWN: Final = "it is unknown until the update"


def account_world(stack: Registered, profiles: Profiles, account: Account) -> World:
    """Return the world of one account as its stack has it, whatever the model says.

    What the stack leaves open is `missing` there: nothing is proved that needs it.
    """
    here = _Here(view(stack, profiles.organization.partition, account.id), profiles, account)
    return World(
        accounts={str(account.id): AwsAccount()},
        users={user.arn: user for user in here.users()},
        groups={group.arn: group for group in here.groups()},
        roles={role.arn: role for role in here.roles()},
        policies=dict(here.policies()),
        resources=dict(here.resources(stack)),
        credentials=tuple(here.credentials(stack)),
        missing=tuple(here.missing(stack)),
    )


class _Here:
    """One stack's IAM in the words of `access.world`."""

    def __init__(self, iam: Iam, profiles: Profiles, account: Account) -> None:
        self._iam = iam
        self._organization = profiles.organization
        self._account = account

    def roles(self) -> Iterator[Role]:
        """Its roles."""
        for holder in self._iam.of_kind(Kind.ROLE):
            name = f"the trust policy of role `{holder.arn}`"
            trust = _document(name, holder.resource.inputs.get("assumeRolePolicy"))
            yield Role(holder.arn, trust, _grants(holder), _boundary(holder))

    def groups(self) -> Iterator[Group]:
        """Its groups."""
        for holder in self._iam.of_kind(Kind.GROUP):
            yield Group(holder.arn, _grants(holder))

    def users(self) -> Iterator[User]:
        """Its users, each in every group that the stack puts it into."""
        groups = {holder.name: holder.arn for holder in self._iam.of_kind(Kind.GROUP)}
        people = user_path(self._organization, IdentityClass.PEOPLE)
        for holder in self._iam.of_kind(Kind.USER):
            of = {name for name, _ in self._iam.members.get(holder.name, ()) if name in groups}
            yield User(
                holder.arn,
                _grants(holder),
                groups=tuple(sorted(groups[name] for name in of)),
                boundary=_boundary(holder),
                # A machine has no second factor: only a step that enrols a device gives it one.
                mfa=holder.path.startswith(people),
            )

    def policies(self) -> Iterator[tuple[str, Document]]:
        """Its customer-managed policies; one that is declared twice is not known."""
        for name, declared in self._iam.policies.items():
            text = declared[0].inputs.get("policy") if len(declared) == 1 else None
            yield name, _document(f"policy `{name}`", text)

    def resources(self, stack: Registered) -> Iterator[tuple[str, Document]]:
        """Its secrets' own policies; a secret without one is left to its readers' policies."""
        for secret in stack.of_type(SECRET):
            own = secret.inputs.get("policy")
            if own not in (None, ""):
                name = _secret(secret, self._organization, self._account)
                yield name, _document(f"the policy of secret `{name}`", own)

    def credentials(self, stack: Registered) -> Iterator[Credential]:
        """The keys that it stores, each for its user."""
        users = {holder.name: holder.arn for holder in self._iam.of_kind(Kind.USER)}
        for key in stack.of_type(STORED_ACCESS_KEY):
            user, region = key.text("userName"), key.text("region")
            owner = users.get(str(user), arn(*self._prefix, f"user/{user}"))
            place = (self._organization.partition, str(region), self._account.id)
            for pattern in stored_at(declared_store(key.inputs) or {}, *place):
                yield Credential(pattern, owner)

    def missing(self, stack: Registered) -> Iterator[Missing]:
        """What it leaves open."""
        for key in stack.of_type(STORED_ACCESS_KEY):
            if declared_store(key.inputs) is None:
                yield Missing(key.urn, f"where its key is kept: {_UNKNOWN}")
        for gap in self._iam.gaps:
            yield Missing(gap.urn, gap.why)
        for name, times in Counter(holder.arn for holder in self._iam.holders).items():
            if times > 1:
                yield Missing(name, f"it is registered `{times}` times")
        for group in {group for of in self._iam.members.values() for group, _ in of}:
            if group not in {holder.name for holder in self._iam.of_kind(Kind.GROUP)}:
                full = arn(*self._prefix, f"group/{group}")
                yield Missing(full, f"group `{group}` is not registered in this stack")

    @property
    def _prefix(self) -> tuple[str, str]:
        return self._organization.partition, self._account.id


def _grants(holder: Holder) -> Grants:
    """What a holder carries; an inline policy is taken for everything: the model has none."""
    written = (one for one in holder.carried if one.inline)
    return Grants(
        inline=tuple(
            Document.missing(f"policy `{one.name}` of {holder.kind} `{holder.arn}`", _INLINE)
            for one in written
        ),
        managed=tuple(sorted(holder.attached)),
    )


_INLINE: Final = "inline policies are not judged; write a managed policy"


def _boundary(holder: Holder) -> str | None:
    """A boundary's ARN; one that is unknown bounds nothing."""
    bound = holder.resource.text("permissionsBoundary")
    return bound if isinstance(bound, str) else None


def _document(name: str, text: Value) -> Document:
    if isinstance(text, str):
        return Document(name, text)
    return Document.missing(name, _UNKNOWN)


def declared(stack: Registered, profiles: Profiles, account: Account) -> dict[str, str]:
    """Return `{ARN: URN}` of what the stack declares that has or is a policy."""
    organization = profiles.organization
    iam = view(stack, organization.partition, account.id)
    found = {holder.arn: holder.urn for holder in iam.holders}
    found |= {_secret(one, organization, account): one.urn for one in stack.of_type(SECRET)}
    return found | {name: resources[0].urn for name, resources in iam.policies.items()}


def _secret(secret: Resource, organization: Organization, account: Account) -> str:
    """The pattern of a secret's ARN; of one whose name is unknown, that of any secret."""
    name, region = secret.text("name"), secret.text("region")
    return secret_pattern(
        organization.partition,
        region if isinstance(region, str) else organization.region,
        account.id,
        name if isinstance(name, str) else "*",
    )
