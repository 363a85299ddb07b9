"""One page of `aws iam get-account-authorization-details`: its principals and policies."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from access.arn import Arn, is_account
from access.errors import ArnParseError
from access.export.errors import problem
from access.export.text import document, shown
from access.world import Document, Grants, Role, Tags

_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_TOP = frozenset({*_LISTS, "IsTruncated", "Marker", "NextToken", "ResponseMetadata"})
_USER = frozenset({"UserPolicyList", "GroupList", "AttachedManagedPolicies", "PermissionsBoundary"})
_GROUP = frozenset({"GroupPolicyList", "GroupName", "GroupId", "AttachedManagedPolicies"})
_ROLE = frozenset(
    {
        *("AssumeRolePolicyDocument", "RolePolicyList", "AttachedManagedPolicies"),
        "PermissionsBoundary",
    }
)
# A key that AWS adds may be about anything; one that smells of permissions is not passed over.
_BEARING = re.compile("polic|bound|group|permission", re.IGNORECASE)
_REMEDY = "give what `aws iam get-account-authorization-details` writes"


@dataclass(frozen=True, slots=True)
class Member:
    """A user of an export, the groups still by name, as the export has them."""

    arn: str
    grants: Grants
    groups: tuple[str, ...]
    boundary: str | None
    tags: Tags
    unique_id: str | None


@dataclass(frozen=True, slots=True)
class Managed:
    """A managed policy: its version in force."""

    arn: str
    version: int
    document: Document


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an account's export; a group is its ARN, name and grants.

    Attributes:
        last: whether no page follows.
    """

    file: str
    account: str | None
    last: bool
    users: tuple[Member, ...]
    groups: tuple[tuple[str, str, Grants], ...]
    roles: tuple[Role, ...]
    policies: tuple[Managed, ...]


def page(raw: Mapping[str, Any], file: str) -> Page:
    """Return what a page says.

    Raises:
        ExportInvalidError: it is not such a page, or of more than one account.
    """
    unknown = sorted(set(raw) - _TOP)
    if unknown:
        raise problem(file, "", f"the key {shown(unknown[0])}", _REMEDY)
    if not set(_LISTS) & set(raw):
        raise problem(file, "", f"none of {', '.join(_LISTS)}", _REMEDY)
    reader = _Reader(file)
    users = tuple(reader.user(raw, where) for raw, where in reader.each(raw, "UserDetailList"))
    groups = tuple(reader.group(raw, where) for raw, where in reader.each(raw, "GroupDetailList"))
    roles = tuple(reader.role(raw, where) for raw, where in reader.each(raw, "RoleDetailList"))
    policies = tuple(reader.policy(raw, where) for raw, where in reader.each(raw, "Policies"))
    return Page(
        file,
        reader.account(
            (*(user.arn for user in users), *(group[0] for group in groups)),
            (*(role.arn for role in roles), *(policy.arn for policy in policies)),
        ),
        last=not (raw.get("IsTruncated") or raw.get("NextToken") or raw.get("Marker")),
        users=users,
        groups=groups,
        roles=roles,
        policies=policies,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of a page, and says where something is not as AWS writes it."""

    file: str

    def each(self, raw: Mapping[str, Any], key: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield the objects of a list, each with its place; what is left out is empty."""
        listed: Any = raw.get(key, [])
        if not isinstance(listed, list):
            raise problem(self.file, key, f"found {shown(listed)}", "it is a list")
        for index, entry in enumerate(cast("list[Any]", listed)):
            if not isinstance(entry, dict):
                place = f"{key}[{index}]"
                raise problem(self.file, place, f"found {shown(entry)}", "it is an object")
            yield cast("dict[str, Any]", entry), f"{key}[{index}]"

    def user(self, raw: Mapping[str, Any], where: str) -> Member:
        arn = self._arn(raw, "user", where)
        self._known(raw, _USER, where)
        return Member(
            arn,
            self._grants(raw, "UserPolicyList", f"user `{arn}`", where),
            self._names(raw, "GroupList", where),
            self._boundary(raw, where),
            self._tags(raw, where),
            self._optional(raw, "UserId", where),
        )

    def group(self, raw: Mapping[str, Any], where: str) -> tuple[str, str, Grants]:
        arn = self._arn(raw, "group", where)
        self._known(raw, _GROUP, where)
        grants = self._grants(raw, "GroupPolicyList", f"group `{arn}`", where)
        return arn, self._text(raw, "GroupName", where), grants

    def role(self, raw: Mapping[str, Any], where: str) -> Role:
        arn = self._arn(raw, "role", where)
        self._known(raw, _ROLE, where)
        return Role(
            arn,
            document(raw.get("AssumeRolePolicyDocument"), f"the trust policy of role `{arn}`"),
            self._grants(raw, "RolePolicyList", f"role `{arn}`", where),
            self._boundary(raw, where),
            self._tags(raw, where),
            self._optional(raw, "RoleId", where),
        )

    def policy(self, raw: Mapping[str, Any], where: str) -> Managed:
        arn = self._arn(raw, "policy", where)
        default = self._text(raw, "DefaultVersionId", where)
        number = default.removeprefix("v")
        if not number.isdecimal() or len(number) > len("999999"):
            place = f"{where}.DefaultVersionId"
            raise problem(self.file, place, f"found {shown(default)}", "it is such as `v3`")
        found = [
            version.get("Document")
            for version, _ in self.each(raw, "PolicyVersionList")
            if version.get("VersionId") == default
        ]
        return Managed(arn, int(number), document(found[0] if found else None, f"policy `{arn}`"))

    def account(self, *arns: Iterable[str]) -> str | None:
        """Return the one account that the ARNs are of; AWS's own policies are of none."""
        found = sorted({Arn.parse(arn).account for group in arns for arn in group} - {"aws"})
        wrong = [account for account in found if not is_account(account)]
        if wrong:
            raise problem(self.file, "", f"the account {shown(wrong[0])}", "an id has 12 digits")
        if len(found) > 1:
            two = f"accounts `{found[0]}` and `{found[1]}` in one file"
            raise problem(self.file, "", two, "give each account files of its own")
        return found[0] if found else None

    def _arn(self, raw: Mapping[str, Any], kind: str, where: str) -> str:
        text = self._text(raw, "Arn", where)
        try:
            arn = Arn.parse(text)
        except ArnParseError as error:
            raise problem(self.file, f"{where}.Arn", f"found {shown(text)}", _REMEDY) from error
        if (arn.service, arn.kind) != ("iam", kind) or {"*", "?"} & set(text):
            raise problem(
                self.file, f"{where}.Arn", f"found {shown(text)}", f"a {kind} has its own"
            )
        return text

    def _grants(self, raw: Mapping[str, Any], key: str, whose: str, where: str) -> Grants:
        inline = tuple(
            document(
                entry.get("PolicyDocument"),
                f"policy `{self._text(entry, 'PolicyName', f'{where}.{place}')}` of {whose}",
            )
            for entry, place in self.each(raw, key)
        )
        managed = (
            self._text(entry, "PolicyArn", f"{where}.{place}")
            for entry, place in self.each(raw, "AttachedManagedPolicies")
        )
        return Grants(inline, tuple(sorted(managed)))

    def _names(self, raw: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        listed: Any = raw.get(key, [])
        names = cast("list[Any]", listed if isinstance(listed, list) else [None])
        if not all(isinstance(name, str) for name in names):
            raise problem(self.file, f"{where}.{key}", f"found {shown(names)}", "list names")
        return tuple(sorted(map(str, names)))

    def _boundary(self, raw: Mapping[str, Any], where: str) -> str | None:
        boundary: Any = raw.get("PermissionsBoundary")
        if boundary is None:
            return None
        place = f"{where}.PermissionsBoundary"
        if not isinstance(boundary, dict):
            raise problem(self.file, place, f"found {shown(boundary)}", "it is an object")
        return self._text(cast("dict[str, Any]", boundary), "PermissionsBoundaryArn", place)

    def _tags(self, raw: Mapping[str, Any], where: str) -> Tags:
        pairs = (
            (self._text(tag, "Key", f"{where}.{at}"), self._text(tag, "Value", f"{where}.{at}"))
            for tag, at in self.each(raw, "Tags")
        )
        return tuple(sorted(pairs))

    def _known(self, raw: Mapping[str, Any], known: frozenset[str], where: str) -> None:
        for key in raw:
            if key not in known and _BEARING.search(key):
                raise problem(self.file, where, f"the key {shown(key)}", _REMEDY)

    def _text(self, raw: Mapping[str, Any], key: str, where: str) -> str:
        value: Any = raw.get(key)
        if not isinstance(value, str):
            found = f"found {shown(value)}" if key in raw else "it is missing"
            raise problem(self.file, f"{where}.{key}", found, _REMEDY)
        return value

    def _optional(self, raw: Mapping[str, Any], key: str, where: str) -> str | None:
        return self._text(raw, key, where) if key in raw else None
