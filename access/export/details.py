"""One page of `aws iam get-account-authorization-details`: its principals and policies."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

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
_HARMLESS = frozenset(
    {
        *("Path", "Arn", "CreateDate", "Tags", "UserName", "UserId", "RoleName", "RoleId"),
        *("InstanceProfileList", "RoleLastUsed"),
    }
)
# A key that AWS adds may be about anything; one that smells of permissions is not passed over.
_BEARING = re.compile("polic|bound|group|permission", re.IGNORECASE)
_Made = TypeVar("_Made")
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
    """A managed policy: its version in force; the account of AWS's own is `aws`."""

    arn: str
    account: str
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


class _WrongError(Exception):
    """Something is not as AWS writes it; the place is put together where the list is read."""

    def __init__(self, place: str, found: str, remedy: str = _REMEDY) -> None:
        super().__init__(place, found, remedy)
        self.place = place
        self.found = found
        self.remedy = remedy

    def under(self, place: str) -> "_WrongError":
        inner = f"{place}.{self.place}" if self.place else place
        return _WrongError(inner, self.found, self.remedy)


def page(raw: Mapping[str, Any], file: str) -> Page:
    """Return what a page says.

    Raises:
        ExportInvalidError: it is not such a page, or of more than one account.
    """
    try:
        return _page(raw, file)
    except _WrongError as wrong:
        raise problem(file, wrong.place, wrong.found, wrong.remedy) from wrong


def _page(raw: Mapping[str, Any], file: str) -> Page:
    unknown = sorted(set(raw) - _TOP)
    if unknown:
        raise _WrongError("", f"the key {shown(unknown[0])}")
    if not set(_LISTS) & set(raw):
        raise _WrongError("", f"none of {', '.join(_LISTS)}")
    reader = _Reader()
    users = _each(raw, "UserDetailList", reader.user)
    groups = _each(raw, "GroupDetailList", reader.group)
    roles = _each(raw, "RoleDetailList", reader.role)
    policies = _each(raw, "Policies", reader.policy)
    return Page(
        file,
        reader.account(),
        last=not (raw.get("IsTruncated") or raw.get("NextToken") or raw.get("Marker")),
        users=users,
        groups=groups,
        roles=roles,
        policies=policies,
    )


def _each(
    raw: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any]], _Made]
) -> tuple[_Made, ...]:
    """Return what is read of each object of a list; a list that is left out is empty."""
    listed: Any = raw.get(key, [])
    if not isinstance(listed, list):
        raise _WrongError(key, f"found {shown(listed)}", "it is a list")
    if not listed:
        return ()
    entries = cast("list[dict[str, Any]]", listed)
    found: list[_Made] = []
    index = 0
    try:
        for index, entry in enumerate(entries):  # noqa: B007 read when one is wrong
            if not isinstance(entry, dict):  # pyright: ignore[reportUnnecessaryIsInstance] somebody else wrote it
                raise _WrongError("", f"found {shown(entry)}", "it is an object")  # noqa: TRY301 the place is added below
            found.append(read(entry))
    except _WrongError as wrong:
        raise wrong.under(f"{key}[{index}]") from wrong
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of a page; `accounts` are those of the ARNs that it has read."""

    accounts: set[str] = field(default_factory=set[str])

    def user(self, raw: Mapping[str, Any]) -> Member:
        arn = self._arn(raw, "user")
        _refuse_unknown(raw, _USER)
        return Member(
            arn,
            _grants(raw, "UserPolicyList", f"user `{arn}`"),
            _names(raw, "GroupList"),
            _boundary(raw),
            _tags(raw),
            _optional(raw, "UserId"),
        )

    def group(self, raw: Mapping[str, Any]) -> tuple[str, str, Grants]:
        arn = self._arn(raw, "group")
        _refuse_unknown(raw, _GROUP)
        grants = _grants(raw, "GroupPolicyList", f"group `{arn}`")
        return arn, _text(raw, "GroupName"), grants

    def role(self, raw: Mapping[str, Any]) -> Role:
        arn = self._arn(raw, "role")
        _refuse_unknown(raw, _ROLE)
        return Role(
            arn,
            document(raw.get("AssumeRolePolicyDocument"), f"the trust policy of role `{arn}`"),
            _grants(raw, "RolePolicyList", f"role `{arn}`"),
            _boundary(raw),
            _tags(raw),
            _optional(raw, "RoleId"),
        )

    def policy(self, raw: Mapping[str, Any]) -> Managed:
        arn = self._arn(raw, "policy")
        default = _text(raw, "DefaultVersionId")
        number = default.removeprefix("v")
        if not number.isdecimal() or len(number) > len("999999"):
            raise _WrongError("DefaultVersionId", f"found {shown(default)}", "it is such as `v3`")
        versions = _each(raw, "PolicyVersionList", lambda version: version)
        found = [one.get("Document") for one in versions if one.get("VersionId") == default]
        text = document(found[0] if found else None, f"policy `{arn}`")
        return Managed(arn, Arn.parse(arn).account, int(number), text)

    def account(self) -> str | None:
        """Return the one account that the ARNs are of; AWS's own policies are of none."""
        found = sorted(self.accounts - {"aws"})
        wrong = [account for account in found if not is_account(account)]
        if wrong:
            raise _WrongError("", f"the account {shown(wrong[0])}", "an id has 12 digits")
        if len(found) > 1:
            two = f"accounts `{found[0]}` and `{found[1]}` in one file"
            raise _WrongError("", two, "give each account files of its own")
        return found[0] if found else None

    def _arn(self, raw: Mapping[str, Any], kind: str) -> str:
        text = _text(raw, "Arn")
        try:
            arn = Arn.parse(text)
        except ArnParseError as error:
            raise _WrongError("Arn", f"found {shown(text)}") from error
        if (arn.service, arn.kind) != ("iam", kind) or "*" in text or "?" in text:
            raise _WrongError("Arn", f"found {shown(text)}", f"a {kind} has its own")
        self.accounts.add(arn.account)
        return text


def _grants(raw: Mapping[str, Any], key: str, whose: str) -> Grants:
    def inline(entry: Mapping[str, Any]) -> Document:
        name = f"policy `{_text(entry, 'PolicyName')}` of {whose}"
        return document(entry.get("PolicyDocument"), name)

    def managed(entry: Mapping[str, Any]) -> str:
        return _text(entry, "PolicyArn")

    attached = _each(raw, "AttachedManagedPolicies", managed)
    return Grants(_each(raw, key, inline), tuple(sorted(attached)))


def _names(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    listed: Any = raw.get(key, [])
    names = cast("list[Any]", listed if isinstance(listed, list) else [None])
    if not all(isinstance(name, str) for name in names):
        raise _WrongError(key, f"found {shown(names)}", "list names")
    return tuple(sorted(map(str, names)))


def _boundary(raw: Mapping[str, Any]) -> str | None:
    boundary: Any = raw.get("PermissionsBoundary")
    if boundary is None:
        return None
    if not isinstance(boundary, dict):
        raise _WrongError("PermissionsBoundary", f"found {shown(boundary)}", "it is an object")
    try:
        return _text(cast("dict[str, Any]", boundary), "PermissionsBoundaryArn")
    except _WrongError as wrong:
        raise wrong.under("PermissionsBoundary") from wrong


def _tags(raw: Mapping[str, Any]) -> Tags:
    def tag(entry: Mapping[str, Any]) -> tuple[str, str]:
        return _text(entry, "Key"), _text(entry, "Value")

    return tuple(sorted(_each(raw, "Tags", tag)))


def _refuse_unknown(raw: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in raw.keys() - _HARMLESS - known:
        if _BEARING.search(key):
            raise _WrongError("", f"the key {shown(key)}")


def _text(raw: Mapping[str, Any], key: str) -> str:
    value: Any = raw.get(key)
    if not isinstance(value, str):
        raise _WrongError(key, f"found {shown(value)}" if key in raw else "it is missing")
    return value


def _optional(raw: Mapping[str, Any], key: str) -> str | None:
    return _text(raw, key) if key in raw else None
