"""What AWS's inventory of an account lacks, as entries: providers, secrets, keys, passwords."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from access.arn import arns
from iam_profiles.documents import AccountDocuments
from iam_profiles.model import Account, Organization
from iam_profiles.paths import secret_pattern
from iam_profiles.store_config import declared_store
from pipeline.drift.inventory import Inventory, Item, Kind
from policies.known_types import (
    IDENTITY_PROVIDER,
    KMS_ALIAS,
    KMS_KEY,
    SECRET,
    STORED_ACCESS_KEY,
)
from policies.registered import Registered, Resource


@dataclass(frozen=True, slots=True)
class Unread:
    """Something of an account that could not be read: whether it drifted is not known."""

    account: str
    kind: Kind
    why: str

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {"account": self.account, "kind": self.kind.value, "why": self.why}

    def __str__(self) -> str:
        what = "a user's console password" if self.kind is Kind.PASSWORD else f"any {self.kind}"
        return (
            f"whether {what} drifted in account `{self.account}` is not known: {self.why}; "
            "let the role that runs this read it, as the example's `AuditRole` does"
        )


def recorded_beside(
    stack: Registered, organization: Organization, account: Account
) -> dict[Item, str | None]:
    """Return what a stack's state has of it."""
    return dict(_recorded(stack, organization, account))


def modelled_beside(documents: AccountDocuments) -> dict[Item, str | None]:
    """Return what the model renders of it, as far as that can be known beforehand."""
    place = (documents.partition, documents.region, documents.account.id)
    providers = {
        Item(one.arn, Kind.IDENTITY_PROVIDER): audiences(one.audiences)
        for one in documents.identity_providers
    }
    secrets = {
        Item(secret_pattern(*place, user.secret_name), Kind.SECRET): ""
        for user in documents.service_users
        if user.store["kind"] == "aws-secrets-manager"
    }
    return {**providers, **secrets}


def live_beside(
    live: Inventory, unread: Iterable[Kind], *others: Inventory
) -> tuple[dict[Item, str | None], ...]:
    """Return what is there and the others, comparable: what was not read is in none of them.

    A secret gets the pattern that the others know it by.
    """
    patterns = {
        item.of: arns(item.of) for other in others for item in other if item.kind is Kind.SECRET
    }

    def known(item: Item) -> Item:
        if item.kind not in {Kind.SECRET, Kind.SECRET_POLICY}:
            return item
        found = (pattern for pattern, language in patterns.items() if item.of in language)
        return Item(next(found, item.of), item.kind, item.name)

    here = {known(item): value for item, value in live.items()}
    left = frozenset(unread)
    return tuple(
        {item: value for item, value in one.items() if item.kind not in left}
        for one in (here, *others)
    )


def audiences(names: Iterable[str]) -> str:
    """Return an issuer's audiences as one value: their order does not count."""
    return ", ".join(sorted(names))


def declared_keys(stack: Registered) -> tuple[str, ...]:
    """Return the ARNs of the KMS keys that a stack has."""
    return tuple(filter(None, map(_arn, stack.of_type(KMS_KEY))))


def stored_names(stack: Registered) -> frozenset[str]:
    """Return the names by which a stack's access keys are kept in their store."""
    stores = (declared_store(one.inputs) for one in stack.of_type(STORED_ACCESS_KEY))
    return frozenset(str(store["name"]) for store in stores if store is not None)


def _recorded(
    stack: Registered, organization: Organization, account: Account
) -> Iterator[tuple[Item, str | None]]:
    for one in stack.of_type(IDENTITY_PROVIDER):
        names = one.texts("clientIdLists")
        value = audiences(names) if isinstance(names, tuple) else None
        yield Item(_arn(one) or one.urn, Kind.IDENTITY_PROVIDER), value
    for one in stack.of_type(SECRET):
        name, region = one.text("name"), one.text("region")
        place = region if isinstance(region, str) else organization.region
        if isinstance(name, str):
            pattern = secret_pattern(organization.partition, place, account.id, name)
            yield Item(pattern, Kind.SECRET), ""
    for one in stack.of_type(KMS_ALIAS):
        target = one.text("targetKeyId")
        value = target.rpartition("/")[2] if isinstance(target, str) else None
        yield Item(_arn(one) or one.urn, Kind.KEY_ALIAS), value
    for one in stack.of_type(KMS_KEY):
        policy = one.text("policy")
        value = policy if isinstance(policy, str) else None
        yield Item(_arn(one) or one.urn, Kind.KEY_POLICY), value


def _arn(resource: Resource) -> str | None:
    """Return the ARN that AWS gave it."""
    found: Mapping[str, Any] = resource.outputs
    arn = found.get("arn")
    return arn if isinstance(arn, str) else None
