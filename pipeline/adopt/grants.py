"""Grants as they are: what groups' and machines' policies and the roles' trust allow together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from access.arn import account_of
from access.document import Statement
from access.inquiry import Inquiry
from access.verdict import Allowed, Denied
from access.world import Grants, Role, Unreadable, User, World
from iam_profiles.model import Profiles
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.paths import role_path, user_arn
from pipeline.adopt.found import Notice, Sort, name_of, path_of
from pipeline.adopt.identities import Identities, only_by
from pipeline.adopt.role_changes import trusted

_ASSUME: Final = "sts:AssumeRole"
_NOW: Final = "aws:currenttime"


@dataclass(frozen=True, slots=True)
class GrantDraft:
    """A grant, as a team's file would have it; `mfa` is `None` for a machine."""

    subject: str
    machine: bool
    role: str
    on: tuple[str, ...]
    mfa: bool | None
    expires: date | None


@dataclass(frozen=True, slots=True, order=True)
class _Terms:
    mfa: bool
    expires: date


@dataclass(frozen=True, slots=True)
class _Subject:
    """A group or a machine, and those who stand for it: a group is granted what each member is."""

    name: str
    arn: str
    inquiries: tuple[tuple[str, Inquiry, Inquiry], ...]
    """(the user, with the world as it is, and with one in which it has no second factor)."""
    statements: tuple[Statement, ...]

    @property
    def machine(self) -> bool:
        """Whether it is a user, not a group."""
        return ":user/" in self.arn


def grants(
    profiles: Profiles, world: World, identities: Identities, names: Iterable[str]
) -> tuple[list[GrantDraft], list[Notice]]:
    """Return what the identities are granted of the roles, and what cannot be granted so."""
    organization = profiles.organization
    wanted, drafts, notices = set(names), list[GrantDraft](), list[Notice]()
    there: dict[str, dict[str, Role]] = defaultdict(dict)
    for arn, role in sorted(world.roles.items()):
        if path_of(arn) == role_path(organization) and name_of(arn) in wanted:
            there[name_of(arn)][account_of(arn)] = role
    for subject in _subjects(profiles, world, identities):
        for name, copies in sorted(there.items()):
            cells: dict[str, _Terms] = {}
            for account, role in copies.items():
                answer = _terms(subject, role)
                if isinstance(answer, Notice):
                    notices.append(answer)
                elif answer is not None:
                    cells[account] = answer
            found, more = _by_tier(profiles, subject, name, cells)
            drafts += found
            notices += more
    return drafts, notices


def _subjects(profiles: Profiles, world: World, identities: Identities) -> Iterator[_Subject]:
    for name, user in sorted(identities.machines.items()):
        alone = replace(world, users={**world.users, user.arn: replace(user, mfa=False)})
        inquiry = Inquiry(alone)
        yield _Subject(
            name, user.arn, ((user.arn, inquiry, inquiry),), tuple(_of_user(world, user))
        )
    nobody = user_arn(profiles.organization, IdentityClass.PEOPLE, UserName("nobody"))
    for name, group in sorted(identities.groups.items()):
        members = [arn for arn, user in world.users.items() if group.arn in user.groups]
        people = [arn for arn in members if name_of(arn) not in identities.machines]
        asked = [world.users.get(arn, User(arn)) for arn in sorted(people) or [nobody]]
        yield _Subject(
            name,
            group.arn,
            tuple(
                (
                    user.arn,
                    Inquiry(only_by(world, replace(user, mfa=True), group.arn)),
                    Inquiry(only_by(world, replace(user, mfa=False), group.arn)),
                )
                for user in asked
            ),
            tuple(_statements(world, group.grants)),
        )


def _terms(subject: _Subject, role: Role) -> _Terms | Notice | None:
    """Return on what terms a subject may assume one copy of a role, if it may."""
    answers = [(one.can(arn, _ASSUME, role.arn), user) for arn, one, user in subject.inquiries]
    if all(isinstance(answer, Denied) for answer, _ in answers):
        return None
    if not all(isinstance(answer, Allowed) for answer, _ in answers):
        some = any(isinstance(answer, Allowed) for answer, _ in answers)
        why = "some of its members, and not others," if some else "nobody can tell who of it"
        return Notice(
            Sort.LEFT,
            subject.arn,
            f"{why} may assume `{role.arn}`",
            "no grant is proposed: a group is granted alike; grant it by hand if it is meant",
        )
    without = [
        isinstance(bare.can(arn, _ASSUME, role.arn), Allowed) for arn, _, bare in subject.inquiries
    ]
    ends = [
        end
        for statement in (*subject.statements, *trusted(role))
        if statement.effect == "Allow" and _bears_on(statement, role)
        for end in _ends(statement)
    ]
    return _Terms(not all(without), min(ends, default=date.max))


def _by_tier(
    profiles: Profiles, subject: _Subject, role: str, cells: Mapping[str, _Terms]
) -> tuple[list[GrantDraft], list[Notice]]:
    """Return the cells as grants: by tier, whose accounts must all be alike."""
    organization, notices = profiles.organization, list[Notice]()
    on: dict[_Terms, list[str]] = defaultdict(list)
    for tier in organization.tiers:
        accounts = [str(one.id) for one in organization.accounts if one.tier == tier]
        terms = {cells.get(account) for account in accounts}
        if terms <= {None}:
            continue
        if None in terms or len(terms) > 1:
            notices.append(
                Notice(
                    Sort.LEFT,
                    subject.arn,
                    f"may assume `{role}` in some accounts of tier `{tier}` only",
                    "no grant is proposed for it: a grant is for a tier; give the account a tier "
                    "of its own, or grant the tier by hand",
                )
            )
            continue
        on[next(one for one in terms if one is not None)].append(str(tier))
    required = organization.defaults.mfa == "required"
    drafts: list[GrantDraft] = []
    for terms, tiers in sorted(on.items()):
        if required and not terms.mfa and not subject.machine:
            notices.append(_without_mfa(subject.arn, role))
        mfa = None if subject.machine else terms.mfa or required
        expires = None if terms.expires == date.max else terms.expires
        drafts.append(GrantDraft(subject.name, subject.machine, role, tuple(tiers), mfa, expires))
    return drafts, notices


def _without_mfa(arn: str, role: str) -> Notice:
    return Notice(
        Sort.OTHERWISE,
        arn,
        f"may assume `{role}` without MFA",
        "the update asks for it, as `defaults.mfa` says: each of its people needs a device before",
    )


def _of_user(world: World, user: User) -> Iterator[Statement]:
    yield from _statements(world, user.grants)
    for group in user.groups:
        yield from _statements(world, world.groups[group].grants)


def _statements(world: World, own: Grants) -> Iterator[Statement]:
    for document in (*own.inline, *(world.managed(arn) for arn in own.managed)):
        read = document.read()
        if not isinstance(read, Unreadable):
            yield from read.statements


def _bears_on(statement: Statement, role: Role) -> bool:
    """Whether a statement may be about assuming the role; of a trust policy, every one is."""
    if statement.resources is None:
        return True
    return any(_globbed(one, role.arn) for one in statement.resources.values)


def _globbed(pattern: str, text: str) -> bool:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text) is not None


def _ends(statement: Statement) -> Iterator[date]:
    """Yield the last days, UTC, of a statement that ends."""
    for condition in statement.conditions:
        if condition.key.lower() == _NOW and condition.operator.lower().startswith("dateless"):
            for value in condition.values:
                try:
                    end = datetime.fromisoformat(value)
                except ValueError:
                    continue
                midnight = (end.hour, end.minute, end.second) == (0, 0, 0)
                yield end.date() - timedelta(days=1) if midnight else end.date()
