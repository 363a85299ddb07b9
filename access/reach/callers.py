"""Whom the principals of a statement name, among callers of one profile: as `access.principal`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from access.arn import Arn, is_account
from access.document import PrincipalEntry, Statement
from access.errors import ArnParseError
from access.pattern import ANYTHING, NOTHING, Language
from access.principal import Grant, Kind, named
from access.reach.profile import Profile
from access.reach.texts import of_words


@dataclass(frozen=True, slots=True)
class Callers:
    """Reads principals, where unique ids are known.

    Attributes:
        ids: `{unique id: ARN}` of the principals whose id is known.
        ids_complete: whether that is all principals.
    """

    ids: Mapping[str, str]
    ids_complete: bool

    def of(
        self, statement: Statement, profile: Profile, *, trust: bool
    ) -> Iterator[tuple[Grant, Language, Language, bool]]:
        """Yield (grant, callers at most, callers at least, whether that is doubtful)."""
        principals = statement.principals
        if not trust:
            yield Grant.DIRECT, ANYTHING, ANYTHING, principals is not None
            return
        if principals is None or principals.negated:
            yield Grant.DIRECT, ANYTHING, NOTHING, True
            return
        exact: dict[Grant, set[str]] = {}
        for entry in principals.entries:
            found, doubtful = self._entry(entry, profile)
            for grant, may, must in found:
                if not doubtful and may.finite is not None and may.finite == must.finite:
                    exact.setdefault(grant, set()).update(may.finite)
                else:
                    yield grant, may, must, doubtful
        for grant, words in exact.items():
            if words:
                yield grant, of_words(words), of_words(words), False

    def _entry(
        self, entry: PrincipalEntry, profile: Profile
    ) -> tuple[list[tuple[Grant, Language, Language]], bool]:
        """Return whom a principal entry names, among callers of this profile."""
        value = entry.value
        in_iam = profile.kind not in (Kind.SERVICE, Kind.FEDERATED)
        if entry.kind == "AWS" and in_iam and value not in profile.formerly:
            if _is_root(value):
                same = value == profile.account or value.split(":")[4:5] == [profile.account]
                return ([(Grant.ACCOUNT, ANYTHING, ANYTHING)] if same else []), False
            if value[:4] in ("AIDA", "AROA") and value.isalnum():
                return self._by_id(value)
            if profile.kind is not Kind.FEDERATED_USER and _is_plain(value):
                grant = Grant.ROLE if ":role/" in value else Grant.DIRECT
                words = of_words((value,))
                return [(grant, words, words)], False
        found = named(entry, profile.caller())
        may, must = found.callers.may, found.callers.must
        nobody = may.finite is not None and not may.finite
        return ([] if nobody else [(found.grant, may, must)]), found.unsupported is not None

    def _by_id(self, value: str) -> tuple[list[tuple[Grant, Language, Language]], bool]:
        grant = Grant.ROLE if value.startswith("AROA") else Grant.DIRECT
        arn = self.ids.get(value)
        if arn is not None:
            return [(grant, of_words((arn,)), of_words((arn,)))], False
        # A deleted principal comes to nothing, unless it may be one whose id is not known.
        return ([] if self.ids_complete else [(grant, ANYTHING, NOTHING)]), not self.ids_complete


def _is_root(value: str) -> bool:
    if is_account(value):
        return True
    parts = value.split(":")
    return len(parts) == 6 and parts[2] == "iam" and parts[5] == "root" and is_account(parts[4])  # noqa: PLR2004 -- the components of an ARN


def _is_plain(value: str) -> bool:
    """Whether it names one user or role in full."""
    if "*" in value or "?" in value:
        return False
    try:
        arn = Arn.parse(value)
    except ArnParseError:
        return False
    return arn.service == "iam" and arn.kind in ("user", "role")
