"""What steps of the catalogue can be done to, by the account that it is in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from access.catalogue.step import Gain, Kind, Step, Target
from access.checking.admitted import admitted
from access.checking.reading import account_of
from access.world import Account, World

_UNKNOWN = Account()


class Places:
    """The possible targets of steps.

    Attributes:
        providers: the identity providers that trust policies name.
        stores: what holds credentials, and the keys that these are encrypted with.
        owners: `{ARN: its account}` of whatever a step can be done to; "" if that is not known.
    """

    def __init__(self, world: World, made: Iterable[str]) -> None:
        self._world = world
        self._partitions: dict[str, str] = {}
        for arn in (*world.users, *world.roles):
            self._partitions.setdefault(account_of(arn), arn.split(":", 2)[1])
        trusts = {role.trust.text for role in world.roles.values()}
        self.providers = {one for text in trusts for one in admitted(text).providers}
        secrets = dict.fromkeys(one.secret for one in world.credentials)
        keys = dict.fromkeys(one.key for one in world.credentials if one.key)
        self.stores = secrets.keys() | keys.keys()
        self._of: Mapping[Target, Iterable[str]] = {
            Target.USER: world.users,
            Target.ROLE: world.roles,
            Target.GROUP: world.groups,
            Target.POLICY: world.policies,
            Target.PROVIDER: self.providers,
            Target.STORE: secrets,
            Target.KEY: keys,
        }
        self.owners: dict[str, str] = {}
        self._in: dict[tuple[Target, str], list[str]] = defaultdict(list)
        stated = {one.secret: one.account for one in world.credentials if one.account}
        for sort, labels in self._of.items():
            for label in labels:
                said = account_of(label) if label.startswith("arn:") else ""
                owner = self.owners[label] = said or stated.get(label) or ""
                self._in[sort, owner].append(label)
        self._made: dict[tuple[Target, str], list[str]] = defaultdict(list)
        for label in made:
            sort = Target.ROLE if ":role/" in label else Target.USER
            self._made[sort, account_of(label)].append(label)

    @property
    def labels(self) -> Iterable[str]:
        """The ARNs of all that a step can be done to, and that the world has."""
        return self.owners

    def partition(self, account: str) -> str:
        """Return the partition that the account's ARNs are of."""
        return self._partitions.get(account, "aws")

    def of(self, account: str, step: Step, *, administered: bool) -> Iterator[str]:
        """Yield what a caller of an account can do a step to; of who administers it, beyond it."""
        own = self._world.accounts.get(account, _UNKNOWN)
        if step.target is Target.ACCOUNT:
            yield account
        elif step.target is not Target.MEMBER:
            near = self._near(account, step, administered=administered)
            yield from filter(step.concerns, near)
        elif step.gain is Gain.UNLOCK:
            if own.organization and own.manages:
                yield own.organization
        elif own.manages:
            every = self._world.accounts.items()
            yield from (id_ for id_, one in every if one.organization == own.organization)

    def _near(self, account: str, step: Step, *, administered: bool) -> Iterator[str]:
        # INVARIANT: a step that is not `cross_account` is done to what is in the caller's own
        # account, or is in nobody knows which.
        if step.cross_account:
            yield from self._of[step.target]
            return
        for near in dict.fromkeys(("",) if administered else (account, "")):
            yield from self._in.get((step.target, near), ())
        if step.kind is not Kind.PASS:
            yield from self._made.get((step.target, account), ())
