"""Who gains and who loses which role where, and by which statements: decided, not rendered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from access.inquiry import Inquiry
from access.verdict import Allowed, Denied, Reason, Verdict
from access.world import Role, User, World
from pipeline.narrowed import Narrowed

_ASSUME: Final = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class Change:
    """One identity and one role, of which the answer is another one than before.

    Attributes:
        before: `allowed`, `denied` or `undecided`.
        groups: the groups by which it is, or was, allowed.
        because: the statements of the side on which it is allowed; of both, where neither is.
    """

    identity: str
    role: str
    before: str
    after: str
    groups: tuple[str, ...]
    because: tuple[Reason, ...]

    @property
    def gains(self) -> bool:
        """Whether the identity may have more than before: what is undecided may be allowed."""
        return self.before == "denied"

    @property
    def account(self) -> str:
        """The id of the role's account."""
        return self.role.split(":")[4]

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "identity": self.identity,
            "role": self.role,
            "account": self.account,
            "before": self.before,
            "after": self.after,
            "groups": list(self.groups),
            "because": [
                {"policy": one.policy, "statement": one.statement, "why": one.text}
                for one in self.because
            ],
        }


def access_diff(before: World, after: World) -> tuple[Change, ...]:
    """Return every change of who may assume which role, sorted; conditions count as met.

    A pair is decided on only if a policy that bears on it differs.
    """
    return tuple(_changes(before, after))


def _changes(before: World, after: World) -> Iterator[Change]:
    sides = _Sides(Narrowed(before), Narrowed(after))
    users = sorted({*before.users, *after.users})
    roles = sorted({*before.roles, *after.roles})
    moved = {arn for arn in users if _bearing(before, arn) != _bearing(after, arn)}
    for role in roles:
        same = _trust(before.roles.get(role)) == _trust(after.roles.get(role))
        for user in sorted(moved) if same else users:
            one, two = sides.of(role.split(":")[4])
            old, new = _verdict(one, user, role), _verdict(two, user, role)
            if _word(old) != _word(new):
                gained = isinstance(old, Denied)
                shown, world = (new, after) if gained else (old, before)
                yield Change(
                    user, role, _word(old), _word(new), _groups(world, user, shown), shown.reasons
                )


@dataclass
class _Sides:
    """Before and after, as far as they bear on one account after the other."""

    before: Narrowed
    after: Narrowed
    _of: dict[str, tuple[Inquiry, Inquiry]] = field(
        default_factory=dict[str, tuple[Inquiry, Inquiry]]
    )

    def of(self, account: str) -> tuple[Inquiry, Inquiry]:
        """Return what answers questions about an account's roles; they come account by account."""
        if account not in self._of:
            self._of = {
                account: (Inquiry(self.before.to(account)), Inquiry(self.after.to(account)))
            }
        return self._of[account]


def _verdict(inquiry: Inquiry, user: str, role: str) -> Verdict:
    if user not in inquiry.world.users:
        return Denied((Reason("the identity is not there"),))
    if role not in inquiry.world.roles:
        return Denied((Reason("the role is not there"),))
    return inquiry.can(user, _ASSUME, role)


def _word(verdict: Verdict) -> str:
    return type(verdict).__name__.lower()


def _bearing(world: World, arn: str) -> tuple[User, tuple[object, ...]] | None:
    """Return everything that decides what a user may do."""
    user = world.users.get(arn)
    if user is None:
        return None
    groups = tuple(world.groups.get(group) for group in user.groups)
    managed = [*user.grants.managed, *((user.boundary,) if user.boundary else ())]
    managed += [policy for group in groups if group for policy in group.grants.managed]
    return user, (groups, tuple(world.managed(policy) for policy in managed))


def _trust(role: Role | None) -> object:
    return None if role is None else role.trust


def _groups(world: World, arn: str, verdict: Verdict) -> tuple[str, ...]:
    """Return the groups of the user whose policies are among the reasons."""
    if not isinstance(verdict, Allowed) or arn not in world.users:
        return ()
    named = " ".join(reason.policy or "" for reason in verdict.reasons)
    return tuple(
        group
        for group in world.users[arn].groups
        if group in world.groups
        and any(f"`{policy}`" in named for policy in world.groups[group].grants.managed)
    )
