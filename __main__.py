"""The Pulumi program: what `profiles/` says of this stack's account, as resources."""

# ruff: noqa: E402 -- the collector rests while modules load, which is when it takes longest

import atexit
import gc

# What is loaded stays, and the program ends in a second: nothing is to be collected, then either.
gc.disable()
atexit.register(gc.freeze)

from pathlib import Path

import pulumi

from components.account_provider import AccountArgs, account_provider
from components.boundaries import Boundaries, BoundariesArgs
from components.federation import Federation, FederationArgs
from components.group_trust import GroupTrust, GroupTrustArgs
from components.person import Person, PersonArgs
from components.reader import Reader, ReaderArgs
from components.role_set import RoleSet, RoleSetArgs
from components.service_user import ServiceUser, ServiceUserArgs
from components.store_key import StoreKey, StoreKeyArgs
from components.stored_access_key import StoredAccessKeyProvider
from iam_profiles.documents import AccountDocuments
from iam_profiles.errors import ProfilesError
from iam_profiles.load import load
from iam_profiles.names import AccountName
from iam_profiles.render import render


def documents() -> AccountDocuments:
    """Render this stack's account; a user's mistake ends the program in one message."""
    account = AccountName(pulumi.Config().require("account"))
    try:
        return render(load(Path("profiles")), account)
    except ProfilesError as error:
        raise pulumi.RunError(str(error)) from None


def deploy(docs: AccountDocuments) -> None:
    """Register the account's resources, each after what it needs, and export names and ARNs."""
    account = AccountArgs(docs.account.id, docs.region, pulumi.Config("aws").get("profile"))
    own = [StoredAccessKeyProvider("keys")] if docs.service_users else []
    opts = pulumi.ResourceOptions(providers=[account_provider(docs.account.name, account), *own])
    limits = Boundaries("boundaries", BoundariesArgs(docs.boundaries), opts).policies
    people = {
        person.name: Person(person.name, PersonArgs(person, limits[person.boundary_arn]), opts).user
        for person in docs.people
    }
    trust = GroupTrust("group-trust", GroupTrustArgs(docs.roles, docs.groups, people), opts)
    trusted = FederationArgs(docs.identity_providers)
    issuers = Federation("federation", trusted, opts).providers if docs.identity_providers else ()
    RoleSet("role-set", RoleSetArgs(docs.roles, trust.trust, issuers), opts)
    for one in docs.readers:
        Reader(one.name, ReaderArgs(one, limits[one.boundary_arn], issuers), opts)
    keys = {one.alias: StoreKey(one.name, StoreKeyArgs(one), opts).alias for one in docs.store_keys}
    for user in docs.service_users:
        args = ServiceUserArgs(user, account, limits[user.boundary_arn], trust.groups, keys)
        ServiceUser(user.name, args, opts)
    pulumi.export("accountId", docs.account.id)
    for kind, found in (("roles", docs.roles), ("people", docs.people)):
        pulumi.export(kind, {one.name: one.arn for one in found})
    pulumi.export("serviceUsers", {user.name: user.arn for user in docs.service_users})
    pulumi.export("secrets", {user.name: user.secret_name for user in docs.service_users})


deploy(documents())
