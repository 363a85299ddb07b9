"""All that is to be declared, and what is left of it once `check` has had its say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from iam_profiles.errors import Problem
from iam_profiles.model import Organization
from iam_profiles.names import IdentityClass
from pipeline.adopt.found import Notice, Sort
from pipeline.adopt.grants import GrantDraft
from pipeline.adopt.roles import RoleDraft

_AT: Final = re.compile(r"(?P<list>grants|people)\[(?P<at>\d+)\](?:\.on\[(?P<tier>\d+)\])?")


@dataclass(frozen=True, slots=True)
class Drafts:
    """What the proposed files say.

    Attributes:
        people: `{name: ARN}`.
        groups: `{name: (ARN, its people)}`.
        machines: `{name: (ARN, class)}`.
    """

    organization: Organization
    roles: tuple[RoleDraft, ...]
    people: Mapping[str, str]
    groups: Mapping[str, tuple[str, tuple[str, ...]]]
    machines: Mapping[str, tuple[str, IdentityClass]]
    grants: tuple[GrantDraft, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to declare."""
        return not (self.roles or self.people or self.groups or self.machines or self.grants)

    def counts(self) -> dict[str, int]:
        """Return `{sort: how many}`."""
        return {
            "roles": len(self.roles),
            "people": len(self.people),
            "groups": len(self.groups),
            "service_users": len(self.machines),
            "grants": len(self.grants),
        }

    def without(self, problem: Problem, team: str) -> "tuple[Drafts, list[Notice]] | None":
        """Return the drafts without what a problem is about; nothing if it is about none of them.

        What is refused goes as a whole, with the grants of it: never a part of it in silence.
        """
        for role in self.roles:
            if problem.file.endswith(f"roles/{role.name}.yaml"):
                return self._without_role(role.name), self._notices(role.copies, problem)
        if not problem.file.endswith(f"teams/{team}.yaml"):
            return None
        found = _AT.match(problem.field)
        if found and found["list"] == "grants":
            return self._without_grant(int(found["at"]), found["tier"], problem)
        if found:
            name = sorted(self.people)[int(found["at"])]
            return self._without_person(name), self._notices((self.people[name],), problem)
        return self._without_named(problem)

    def _without_named(self, problem: Problem) -> "tuple[Drafts, list[Notice]] | None":
        for name, (arn, _) in self.machines.items():
            if _is_of(problem.field, f"service_users.{name}"):
                rest = {one: held for one, held in self.machines.items() if one != name}
                left = self._ungranted(name, machine=True)
                return replace(left, machines=rest), self._notices((arn,), problem)
        for name, (arn, _) in self.groups.items():
            if _is_of(problem.field, f"groups.{name}"):
                rest = {one: held for one, held in self.groups.items() if one != name}
                left = self._ungranted(name, machine=False)
                return replace(left, groups=rest), self._notices((arn,), problem)
        return None

    def _without_grant(
        self, at: int, tier: str | None, problem: Problem
    ) -> "tuple[Drafts, list[Notice]]":
        grant = self.grants[at]
        kept = [one for number, one in enumerate(grant.on) if str(number) != tier]
        rest = [replace(grant, on=tuple(kept))] if tier is not None and kept else []
        grants = (*self.grants[:at], *rest, *self.grants[at + 1 :])
        arn = self.machines[grant.subject][0] if grant.machine else self.groups[grant.subject][0]
        where = f" on `{grant.on[int(tier)]}`" if tier is not None else ""
        found = f"may assume `{grant.role}`{where}: {problem.found}"
        remedy = f"the update takes that away; else {problem.remedy}"
        return replace(self, grants=grants), [Notice(Sort.LEFT, arn, found, remedy)]

    def _without_role(self, name: str) -> "Drafts":
        return replace(
            self,
            roles=tuple(role for role in self.roles if role.name != name),
            grants=tuple(grant for grant in self.grants if grant.role != name),
        )

    def _without_person(self, name: str) -> "Drafts":
        return replace(
            self,
            people={one: arn for one, arn in self.people.items() if one != name},
            groups={
                group: (arn, tuple(one for one in people if one != name))
                for group, (arn, people) in self.groups.items()
            },
        )

    def _ungranted(self, name: str, *, machine: bool) -> "Drafts":
        return replace(
            self,
            grants=tuple(
                grant for grant in self.grants if (grant.subject, grant.machine) != (name, machine)
            ),
        )

    def _notices(self, arns: Iterable[str], problem: Problem) -> list[Notice]:
        where = f"{problem.field}: " if problem.field else ""
        found = f"{where}{problem.found}"
        return [Notice(Sort.LEFT, arn, found, problem.remedy) for arn in arns]


def _is_of(field: str, place: str) -> bool:
    return field == place or field.startswith((f"{place}.", f"{place}["))
