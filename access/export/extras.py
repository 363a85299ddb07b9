"""What an account's export does not say: resource policies, SCPs, RCPs, stored credentials.

`{ARN: policy}` is the form of resource policies, a policy being an object or its JSON text.
Of SCPs and of RCPs::

    {"organization": "o-example", "management_account": "111111111111",
     "delegated_administrators": ["222222222222"],
     "policies": {"FullAWSAccess": {…}, "DenyRoot": {…}},
     "accounts": {"333333333333": [["FullAWSAccess"], ["FullAWSAccess", "DenyRoot"]]}}

with an account's policies level by level, from the organisation's root down to the account. Of
stored credentials `{"credentials": [{"secret": ARN or pattern, "principal": ARN, "key": ARN}]}`,
`key` being the customer's own KMS key, if there is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from access.arn import Arn, is_account
from access.errors import ArnParseError
from access.export.errors import ExportProblem, problem
from access.export.text import Source, document, shown, single
from access.world import Account, Credential, Document, Levels

_Kind = Literal["scps", "rcps"]
_ORGANIZATION = frozenset(
    {"organization", "management_account", "delegated_administrators", "policies", "accounts"}
)


@dataclass(frozen=True, slots=True)
class Extras:
    """What is known besides the exports."""

    accounts: Mapping[str, Account] = field(default_factory=dict[str, Account])
    resources: Mapping[str, Document] = field(default_factory=dict[str, Document])
    credentials: tuple[Credential, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """`{principal of a credential: the file that names it}`."""

    def strangers(self, *known: Mapping[str, object] | set[str]) -> Iterator[ExportProblem]:
        """Yield the principals of credentials that no export has."""
        for credential in self.credentials:
            principal = credential.principal
            if not any(principal in some for some in known):
                found = f"the principal `{principal}` is in none of the exports"
                file = self.files[principal]
                yield ExportProblem(file, "credentials", found, "mend its ARN, or add its account")


def extras(
    resource_policies: Sequence[Source],
    scps: Sequence[Source],
    rcps: Sequence[Source],
    credentials: Sequence[Source],
) -> Extras:
    """Return what these files say together.

    Raises:
        ExportInvalidError: one of them is not of the form that is described above.
    """
    resources: dict[str, Document] = {}
    for source in resource_policies:
        for arn, policy in _resources(source):
            if arn in resources:
                raise problem(source.name, "", f"`{arn}` twice", "give each resource one policy")
            resources[arn] = policy
    accounts: dict[str, Account] = {}
    for source in scps:
        _organization(source, "scps", accounts)
    for source in rcps:
        _organization(source, "rcps", accounts)
    found = [(source.name, one) for source in credentials for one in _credentials(source)]
    return Extras(
        accounts,
        resources,
        tuple(credential for _, credential in found),
        {credential.principal: file for file, credential in found},
    )


def _resources(source: Source) -> Iterator[tuple[str, Document]]:
    for arn, raw in single(source).items():
        _is_arn(arn, source.name, "")
        if not isinstance(raw, dict | str):
            raise problem(source.name, f"`{arn}`", f"found {shown(raw)}", "write its policy")
        yield arn, document(cast("object", raw), f"the policy of `{arn}`")


def _credentials(source: Source) -> Iterator[Credential]:
    top = single(source)
    _only(top, frozenset({"credentials"}), source.name, "")
    listed = _list(top.get("credentials"), source.name, "credentials")
    for index, raw in enumerate(listed):
        where = f"credentials[{index}]"
        entry = _object(raw, source.name, where)
        _only(entry, frozenset({"secret", "principal", "key"}), source.name, where)
        for key in ("secret", "principal", *(("key",) if "key" in entry else ())):
            _is_arn(entry.get(key), source.name, f"{where}.{key}")
        yield Credential(entry["secret"], entry["principal"], entry.get("key"))


def _organization(source: Source, kind: _Kind, accounts: dict[str, Account]) -> None:
    """Add to `accounts` what a file says of each."""
    top = single(source)
    _only(top, _ORGANIZATION, source.name, "")
    policies = {
        name: document(raw, f"the {kind[:-1].upper()} `{name}`")
        for name, raw in _object(top.get("policies", {}), source.name, "policies").items()
    }
    placed = _object(top.get("accounts", {}), source.name, "accounts")
    delegated = _list(top.get("delegated_administrators", []), source.name, "…administrators")
    manager = top.get("management_account")
    for account in {*placed, *map(str, delegated), *({str(manager)} if manager else ())}:
        if not is_account(account):
            raise problem(source.name, "", f"the account {shown(account)}", "an id has 12 digits")
        before = accounts.get(account, Account())
        named = top.get("organization")
        if named is not None and before.organization not in (None, named):
            two = f"account `{account}` in `{before.organization}` and in {shown(named)}"
            raise problem(source.name, "organization", two, "an account is in one")
        place = f"accounts.{account}"
        levels = _levels(placed.get(account, []), policies, source.name, place)
        if getattr(before, kind) and levels:
            raise problem(source.name, place, f"its {kind} twice", "give them in one file")
        accounts[account] = replace(
            before,
            organization=named or before.organization,
            management=before.management or account == manager,
            delegated=before.delegated or account in delegated,
            scps=levels if kind == "scps" and levels else before.scps,
            rcps=levels if kind == "rcps" and levels else before.rcps,
        )


def _levels(raw: object, policies: Mapping[str, Document], file: str, where: str) -> Levels:
    return tuple(
        tuple(
            _named(name, policies, file, f"{where}[{depth}]")
            for name in _list(level, file, f"{where}[{depth}]")
        )
        for depth, level in enumerate(_list(raw, file, where))
    )


def _named(name: object, policies: Mapping[str, Document], file: str, where: str) -> Document:
    found = policies.get(name) if isinstance(name, str) else None
    if found is None:
        raise problem(file, where, f"no policy {shown(name)}", "add it under `policies`")
    return found


def _only(raw: Mapping[str, Any], known: frozenset[str], file: str, where: str) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        remedy = f"use {', '.join(sorted(known))}"
        raise problem(file, where, f"the key {shown(unknown[0])}", remedy)


def _object(raw: object, file: str, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise problem(file, where, f"found {shown(raw)}", "write an object")
    return cast("dict[str, Any]", raw)


def _list(raw: object, file: str, where: str) -> list[Any]:
    if not isinstance(raw, list):
        raise problem(file, where, f"found {shown(raw)}", "write a list")
    return cast("list[Any]", raw)


def _is_arn(raw: object, file: str, where: str) -> None:
    try:
        Arn.parse(raw if isinstance(raw, str) else "")
    except ArnParseError as error:
        raise problem(file, where, f"found {shown(raw)}", "write an ARN") from error
