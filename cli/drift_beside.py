"""Reads for `iam-profiles drift` what AWS's inventory lacks; what is refused is told as unread."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from credentials.patience import READING
from iam_profiles.model import Account, Organization, ParameterStore
from iam_profiles.names import IdentityClass
from iam_profiles.paths import parameter_arn, store_key_alias, user_path
from pipeline.drift.beside import Unread, audiences
from pipeline.drift.inventory import Inventory, Item, Kind

_AT_ONCE: Final = 4
_NOT_THERE: Final = frozenset(
    {"NoSuchEntity", "NotFoundException", "ResourceNotFoundException", "InvalidRequestException"}
)
"""It went between two calls, or waits to be deleted."""
Entry = tuple[Item, str | None]


@dataclass(frozen=True, slots=True)
class Beside:
    """What the accounts have that AWS's inventory of them lacks.

    Attributes:
        found: `{account: what is there}`.
        unread: what could not be read.
    """

    found: Mapping[str, Inventory]
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One account, and what there is to ask about.

    Attributes:
        users: the ARNs of its users that are no people: who signs in with a password is not one.
        keys: the ARNs of the KMS keys that its stack has.
        known: the names of the secrets whose policies are read as the proof's.
        owned: the names that a key is kept by, by `profiles/` or by the stack's state.
    """

    account: Account
    organization: Organization
    session: boto3.Session
    users: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()

    @property
    def prefix(self) -> str:
        """What the names of the store's secrets begin with."""
        return self.organization.secrets_store.prefix


def no_people(users: Iterable[str], organization: Organization) -> tuple[str, ...]:
    """Return the users that are not on the path of people."""
    people = f":user{user_path(organization, IdentityClass.PEOPLE)}"
    return tuple(arn for arn in users if people not in arn)


def read_beside(places: Iterable[Place]) -> Beside:
    """Return what is there, and what could not be read."""
    found: dict[str, dict[Item, str | None]] = {}
    unread: list[Unread] = []
    asked = tuple(places)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        for place, (entries, refused) in zip(asked, workers.map(_read, asked), strict=True):
            found[str(place.account.name)] = entries
            unread += refused
    return Beside(found, tuple(unread))


def _read(place: Place) -> tuple[dict[Item, str | None], list[Unread]]:
    entries: dict[Item, str | None] = {}
    unread: list[Unread] = []
    for kind, read in _READS.items():
        try:
            entries |= dict(read(place))
        except (BotoCoreError, ClientError) as error:
            # INVARIANT: what is not read is told, and never taken for what is not there.
            unread.append(Unread(str(place.account.name), kind, str(error)))
    return entries, unread


def _identity_providers(place: Place) -> Iterator[Entry]:
    client = place.session.client("iam", config=READING)
    for listed in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        arn = listed.get("Arn", "")
        provider = _there(
            lambda arn=arn: client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        )
        if provider is not None:
            yield Item(arn, Kind.IDENTITY_PROVIDER), audiences(provider["ClientIDList"])


def _saml_providers(place: Place) -> Iterator[Entry]:
    client = place.session.client("iam", config=READING)
    for listed in client.list_saml_providers()["SAMLProviderList"]:
        yield Item(listed.get("Arn", ""), Kind.SAML_PROVIDER), ""


def _instance_profiles(place: Place) -> Iterator[Entry]:
    client = place.session.client("iam", config=READING)
    for page in client.get_paginator("list_instance_profiles").paginate():
        for one in page["InstanceProfiles"]:
            roles = ", ".join(sorted(role["Arn"] for role in one["Roles"]))
            yield Item(one["Arn"], Kind.INSTANCE_PROFILE), roles


def _passwords(place: Place) -> Iterator[Entry]:
    client = place.session.client("iam", config=READING)

    def has_one(arn: str) -> bool:
        name = arn.rpartition("/")[2]
        return _there(lambda: client.get_login_profile(UserName=name)) is not None

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        for arn, has in zip(place.users, workers.map(has_one, place.users), strict=True):
            if has:
                yield Item(arn, Kind.PASSWORD), ""


def _devices(place: Place) -> Iterator[Entry]:
    client = place.session.client("iam", config=READING)

    def of(arn: str) -> list[str]:
        pages = client.get_paginator("list_mfa_devices").paginate(UserName=arn.rpartition("/")[2])
        found = _there(lambda: [one for page in pages for one in page["MFADevices"]])
        return [one["SerialNumber"] for one in found or ()]

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        for arn, serials in zip(place.users, workers.map(of, place.users), strict=True):
            yield from ((Item(arn, Kind.DEVICE, serial), "") for serial in serials)


def _aliases(place: Place) -> Iterator[Entry]:
    """Yield the aliases on the path of the store's keys."""
    # The alias of any class names the path that those of all classes share.
    path = store_key_alias(place.organization, IdentityClass.PEOPLE).rpartition("/")[0]
    client = _unstubbed(place.session, "kms")
    for page in client.get_paginator("list_aliases").paginate():
        for one in page["Aliases"]:
            if one.get("AliasName", "").startswith(f"{path}/"):
                yield Item(one.get("AliasArn", ""), Kind.KEY_ALIAS), one.get("TargetKeyId", "")


def _key_policies(place: Place) -> Iterator[Entry]:
    client = _unstubbed(place.session, "kms")
    for arn in place.keys:
        found = _there(lambda arn=arn: client.get_key_policy(KeyId=arn, PolicyName="default"))
        if found is not None:
            yield Item(arn, Kind.KEY_POLICY), found["Policy"]


def _secrets(place: Place) -> Iterator[Entry]:
    """Yield the secrets with the store's prefix, and the policies of those that nobody owns."""
    client = place.session.client("secretsmanager", config=READING)
    pages = client.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [f"{place.prefix}/"]}]
    )
    for page in pages:
        for one in page["SecretList"]:
            arn, name = one.get("ARN", ""), one.get("Name", "")
            if not name.startswith(f"{place.prefix}/"):
                continue  # the filter is blind to case
            yield Item(arn, Kind.SECRET), ""
            if name not in place.known:
                found = _there(lambda arn=arn: client.get_resource_policy(SecretId=arn))
                if found is not None and "ResourcePolicy" in found:
                    yield Item(arn, Kind.SECRET_POLICY), found["ResourcePolicy"]


def _parameters(place: Place) -> Iterator[Entry]:
    """Yield the parameters below the store's path that nobody owns."""
    if not isinstance(place.organization.secrets_store, ParameterStore):
        return
    client = _unstubbed(place.session, "ssm")
    path = f"/{place.prefix.strip('/')}/"
    below = [{"Key": "Name", "Option": "BeginsWith", "Values": [path]}]
    owned = tuple(f"/{name.strip('/')}/" for name in place.owned)
    for page in client.get_paginator("describe_parameters").paginate(ParameterFilters=below):
        for one in page["Parameters"]:
            name = one.get("Name", "")
            if not f"{name}/".startswith(owned):
                arn = parameter_arn(
                    place.organization.partition,
                    place.organization.region,
                    place.account.id,
                    name.strip("/"),
                )
                yield Item(arn, Kind.PARAMETER), ""


_READS: Final[dict[Kind, Callable[[Place], Iterator[Entry]]]] = {
    Kind.IDENTITY_PROVIDER: _identity_providers,
    Kind.SAML_PROVIDER: _saml_providers,
    Kind.INSTANCE_PROFILE: _instance_profiles,
    Kind.PASSWORD: _passwords,
    Kind.DEVICE: _devices,
    Kind.KEY_ALIAS: _aliases,
    Kind.KEY_POLICY: _key_policies,
    Kind.SECRET: _secrets,
    Kind.PARAMETER: _parameters,
}


def _unstubbed(session: Any, service: str) -> Any:  # noqa: ANN401 -- no stubs of it are installed
    return session.client(service, config=READING)


def _there(read: Callable[[], Any]) -> Any:  # noqa: ANN401 -- boto3's answers
    """Return the answer; nothing if what it is about is not there any more."""
    try:
        return read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            return None
        raise
