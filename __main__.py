"""The Pulumi program: what `profiles/` says of this stack's account, as resources."""

from pathlib import Path

import pulumi

from components.account_provider import AccountArgs, account_provider
from components.boundaries import Boundaries, BoundariesArgs
from components.group_trust import GroupTrust, GroupTrustArgs
from components.person import Person, PersonArgs
from components.role_set import RoleSet, RoleSetArgs
from components.service_user import ServiceUser, ServiceUserArgs
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
    keys = [StoredAccessKeyProvider("keys")] if docs.service_users else []
    opts = pulumi.ResourceOptions(providers=[account_provider(docs.account.name, account), *keys])
    limits = Boundaries("boundaries", BoundariesArgs(docs.boundaries), opts).policies
    people = {
        person.name: Person(person.name, PersonArgs(person, limits[person.boundary_arn]), opts).user
        for person in docs.people
    }
    trust = GroupTrust("group-trust", GroupTrustArgs(docs.roles, docs.groups, people), opts)
    RoleSet("role-set", RoleSetArgs(docs.roles, trust.trust), opts)
    for user in docs.service_users:
        args = ServiceUserArgs(user, account, limits[user.boundary_arn], trust.groups)
        ServiceUser(user.name, args, opts)
    pulumi.export("accountId", docs.account.id)
    for kind, found in (("roles", docs.roles), ("people", docs.people)):
        pulumi.export(kind, {one.name: one.arn for one in found})
    pulumi.export("serviceUsers", {user.name: user.arn for user in docs.service_users})
    pulumi.export("secrets", {user.name: user.secret_name for user in docs.service_users})


deploy(documents())
