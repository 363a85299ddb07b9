"""What steps of the catalogue can be done to, by the account that it is in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from access.catalogue.step import Gain, Kind, Step, Target
from access.checking.reading import account_of, admitted
from access.world import Account, World

_UNKNOWN = Account()


class Places:
    """The possible targets of steps.

    Attributes:
        providers: the identity providers that trust policies name.
        stores: what holds credentials, and the keys that these are encrypted with.
    """

    def __init__(self, world: World, made: Iterable[str]) -> None:
        self._world = world
        self._in: dict[tuple[Target, str], list[str]] = defaultdict(list)
        self._partitions: dict[str, str] = {}
        for arn in (*world.users, *world.roles):
            self._partitions.setdefault(account_of(arn), arn.split(":", 2)[1])
        trusts = {role.trust.text for role in world.roles.values()}
        self.providers = {one for text in trusts for one in admitted(text).providers}
        secrets = {one.secret for one in world.credentials}
        keys = {one.key for one in world.credentials if one.key}
        self.stores = secrets | keys
        sorts: tuple[tuple[Target, Iterable[str]], ...] = (
            (Target.USER, world.users),
            (Target.ROLE, world.roles),
            (Target.GROUP, world.groups),
            (Target.POLICY, world.policies),
            (Target.PROVIDER, self.providers),
            (Target.STORE, secrets),
            (Target.KEY, keys),
        )
        for sort, labels in sorts:
            for label in labels:
                self._in[sort, world.owner(label)].append(label)
        self._made: dict[tuple[Target, str], list[str]] = defaultdict(list)
        for label in made:
            sort = Target.ROLE if ":role/" in label else Target.USER
            self._made[sort, account_of(label)].append(label)

    def partition(self, account: str) -> str:
        """Return the partition that the account's ARNs are of."""
        return self._partitions.get(account, "aws")

    def of(self, account: str, step: Step) -> Iterator[str]:
        """Yield what a caller of an account can do a step to."""
        own = self._world.accounts.get(account, _UNKNOWN)
        if step.target is Target.ACCOUNT:
            yield account
        elif step.target is not Target.MEMBER:
            yield from filter(step.concerns, self._near(account, step))
        elif step.gain is Gain.UNLOCK:
            if own.organization and own.manages:
                yield own.organization
        elif own.manages:
            every = self._world.accounts.items()
            yield from (id_ for id_, one in every if one.organization == own.organization)

    def _near(self, account: str, step: Step) -> Iterator[str]:
        # INVARIANT: a step that is not `cross_account` is done to what is in the caller's own
        # account, or is in nobody knows which.
        if step.cross_account:
            for (sort, _), labels in self._in.items():
                yield from labels if sort is step.target else ()
        else:
            for near in dict.fromkeys((account, "")):
                yield from self._in.get((step.target, near), ())
        if step.kind is not Kind.PASS:
            yield from self._made.get((step.target, account), ())
