"""IAM paths, ARNs and names of everything we make: each is computed here and nowhere else."""

import re
from typing import Final

from iam_profiles.model import Account, Organization
from iam_profiles.names import (
    AccountId,
    Arn,
    GroupName,
    IdentityClass,
    RoleName,
    UserName,
)

PEOPLE_GROUP: Final = GroupName("people")
"""Every person is in it: it carries the one permission that is not assuming a role."""

OWN_MFA_POLICY: Final = "people-manage-own-mfa"
WORKLOAD_BOUNDARY: Final = "boundary-workloads"

_USER_PATHS: Final = {
    IdentityClass.NONPROD: "ServiceUsers/nonprod",
    IdentityClass.PROD: "ServiceUsers/prod",
    IdentityClass.PEOPLE: "People",
}


def state_account(organization: Organization) -> Account:
    """Return the account in which identities and groups live."""
    return next(account for account in organization.accounts if account.tier == "state")


def role_path(organization: Organization) -> str:
    """Return the path of the role set."""
    return f"/{organization.prefix}Roles/"


def group_path(organization: Organization) -> str:
    """Return the path of the groups."""
    return f"/{organization.prefix}Groups/"


def policy_path(organization: Organization) -> str:
    """Return the path of the managed policies of roles and groups."""
    return f"/{organization.prefix}Policies/"


def boundary_path(organization: Organization) -> str:
    """Return the path of the permissions boundaries."""
    return f"{policy_path(organization)}boundaries/"


def workload_path(organization: Organization) -> str:
    """Return the path of what clusters and functions run as: outside the role set."""
    return f"/{organization.prefix}Workloads/"


def user_path(organization: Organization, identity_class: IdentityClass) -> str:
    """Return the path of the class's users, which is what encodes the class."""
    return f"/{organization.prefix}{_USER_PATHS[identity_class]}/"


def account_root(organization: Organization, account: AccountId) -> Arn:
    """Return the principal that stands for a whole account."""
    return _arn(organization, account, "root")


def every_role_in(organization: Organization, account: AccountId) -> Arn:
    """Return the pattern of all roles of an account, ours or not."""
    return _arn(organization, account, "role/*")


def every_principal_in(organization: Organization, account: AccountId) -> Arn:
    """Return the pattern of all users and roles of an account, ours or not, and of its root."""
    return _arn(organization, account, "*")


def role_arn(organization: Organization, account: AccountId, role: RoleName) -> Arn:
    """Return the ARN of a role of the role set in an account."""
    return _arn(organization, account, f"role{role_path(organization)}{role}")


def role_set_pattern(organization: Organization, account: AccountId) -> Arn:
    """Return the pattern of the whole role set in an account; `*` stands for any account."""
    return role_arn(organization, account, RoleName("*"))


def workload_roles_pattern(organization: Organization, account: AccountId) -> Arn:
    """Return the pattern of the roles that clusters and functions run as in an account."""
    return _arn(organization, account, f"role{workload_path(organization)}*")


def reader_roles_pattern(organization: Organization, identity_class: IdentityClass) -> Arn:
    """Return the pattern of the roles that read the class's keys at run time; in state alone."""
    return reader_arn(organization, identity_class, UserName("*"))


def reader_path(organization: Organization, identity_class: IdentityClass) -> str:
    """Return the path of the class's readers."""
    return f"/{organization.prefix}Readers/{identity_class}/"


def reader_arn(organization: Organization, identity_class: IdentityClass, user: UserName) -> Arn:
    """Return the ARN of the role that reads a service user's key, named after it."""
    path = reader_path(organization, identity_class)
    return _arn(organization, state_account(organization).id, f"role{path}{user}")


def reader_policy_name(user: UserName) -> str:
    """Return the name of a reader's one policy."""
    return f"reader-{user}"


def reader_boundary_name(identity_class: IdentityClass) -> str:
    """Return the name of the boundary of the class's readers."""
    return f"boundary-readers-{identity_class}"


def user_arn(organization: Organization, identity_class: IdentityClass, user: UserName) -> Arn:
    """Return the ARN of a user, person or machine, in the state account."""
    path = user_path(organization, identity_class)
    return _arn(organization, state_account(organization).id, f"user{path}{user}")


def class_pattern(organization: Organization, identity_class: IdentityClass) -> Arn:
    """Return the pattern of all users of a class."""
    return user_arn(organization, identity_class, UserName("*"))


def mfa_device_arn(organization: Organization, device: str) -> Arn:
    """Return the ARN of a virtual MFA device in the state account."""
    return _arn(organization, state_account(organization).id, f"mfa/{device}")


def identity_provider_arn(organization: Organization, account: AccountId, host: str) -> Arn:
    """Return the ARN of an OpenID Connect issuer's identity provider in an account."""
    return _arn(organization, account, f"oidc-provider/{host}")


def policy_arn(organization: Organization, account: AccountId, path: str, name: str) -> Arn:
    """Return the ARN of a managed policy of ours in an account."""
    return _arn(organization, account, f"policy{path}{name}")


def aws_policy_arn(organization: Organization, name: str) -> Arn:
    """Return the ARN of a policy that AWS manages, such as `job-function/ViewOnlyAccess`."""
    return Arn(f"arn:{organization.partition}:iam::aws:policy/{name}")


def boundary_name(identity_class: IdentityClass) -> str:
    """Return the name of the class's permissions boundary."""
    return f"boundary-{identity_class}"


def boundary_arn(organization: Organization, identity_class: IdentityClass) -> Arn:
    """Return the ARN of the class's permissions boundary, in the state account."""
    account = state_account(organization).id
    path = boundary_path(organization)
    return policy_arn(organization, account, path, boundary_name(identity_class))


def own_group(user: UserName) -> GroupName:
    """Return the group that carries a service user's grants: nothing is attached to a user."""
    return GroupName(f"service-{user}")


def role_policy_name(role: RoleName, part: int) -> str:
    """Return the name of the role's `part`-th policy, `XPolicy`, `XPolicy2` and so on."""
    return f"{role}Policy{part if part > 1 else ''}"


def group_policy_name(group: GroupName, part: int) -> str:
    """Return the name of the group's `part`-th policy, counted from 1."""
    return f"{group}-assume-roles{f'-{part}' if part > 1 else ''}"


def secret_name(organization: Organization, identity_class: IdentityClass, user: UserName) -> str:
    """Return where a service user's key is kept, named by class so that access can be too."""
    return f"{organization.secrets_store.prefix}/{identity_class}/{user}"


def secret_pattern(partition: str, region: str, account: str, name: str) -> str:
    """Return the pattern of a secret's ARN: Secrets Manager adds six characters to the name."""
    return f"arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????"


def store_key_alias(organization: Organization, identity_class: IdentityClass) -> str:
    """Return the alias of the KMS key of a class; an alias takes letters, digits and `/_-`."""
    prefix = re.sub("[^A-Za-z0-9/_-]", "-", organization.secrets_store.prefix)
    return f"alias/{prefix}/{identity_class}"


def parameter_arn(partition: str, region: str, account: str, name: str) -> Arn:
    """Return the ARN of a path in Parameter Store."""
    return Arn(f"arn:{partition}:ssm:{region}:{account}:parameter/{name}")


def _arn(organization: Organization, account: AccountId, resource: str) -> Arn:
    return Arn(f"arn:{organization.partition}:iam::{account}:{resource}")
