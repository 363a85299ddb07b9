"""Four accounts as the reference leaves them: trust in all of `state`, groups by class."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.access.exports import attached, details, encoded, managed

ACCOUNTS = {
    "state": "111111111111",
    "sandbox": "222222222222",
    "nonprod": "333333333333",
    "prod": "444444444444",
}
STATE = ACCOUNTS["state"]
VPC, ZONES = "PSKPlatformVPCRole", "PSKPlatformHostedZonesRole"
NONPROD, PROD = "PSKNonprodServiceAccount", "PSKProdServiceAccount"
ORGANIZATION = """\
organization: psk
region: eu-west-1
prefix: PSK
accounts:
  state: {id: "111111111111", tier: state}
  sandbox: {id: "222222222222", tier: sandbox}
  nonprod: {id: "333333333333", tier: nonprod}
  prod: {id: "444444444444", tier: prod}
isolation:
  - {class: nonprod, never_reaches: [prod, state]}
"""
"""All that there is of `profiles/` before anything is adopted."""


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def vpc(account: str) -> dict[str, Any]:
    """Return what the role that builds networks may do, its ARNs those of one account."""
    return policy(
        {"Effect": "Allow", "Action": ["ec2:DescribeVpcs", "EC2:createVpc"], "Resource": "*"},
        {
            "Sid": "ManageLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "kms:DeleteKey"],
            "Resource": f"arn:aws:logs:*:{account}:log-group:/vpc/*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": [STATE, account]}},
        },
    )


def zones() -> dict[str, Any]:
    return policy({"Effect": "Allow", "Action": "route53:*", "Resource": "*"})


def trust_in_state(**condition: Any) -> dict[str, Any]:
    statement = {
        "Sid": "TrustRoleAndServiceToAssume",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Principal": {"AWS": f"arn:aws:iam::{STATE}:root"},
    }
    return policy({**statement, **({"Condition": condition} if condition else {})})


def may_assume(*accounts: str, role: str = "*", **condition: Any) -> dict[str, Any]:
    """Return what a group may do: assume the accounts' roles."""
    return policy(
        {
            "Sid": "AssumeRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": [f"arn:aws:iam::{ACCOUNTS[one]}:role/PSKRoles/{role}" for one in accounts],
            **({"Condition": condition} if condition else {}),
        }
    )


def role(account: str, name: str, *policies: str, **more: Any) -> dict[str, Any]:
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Path": "/PSKRoles/",
        "Arn": f"arn:aws:iam::{account}:role/PSKRoles/{name}",
        "AssumeRolePolicyDocument": encoded(trust_in_state()),
        "AttachedManagedPolicies": attached(*policies),
        **more,
    }


def of_role(account: str, name: str) -> str:
    """Return the ARN of a role's own policy."""
    return f"arn:aws:iam::{account}:policy/PSKPolicies/{name}Policy"


def of_group(name: str) -> str:
    """Return the ARN of a group's own policy."""
    return f"arn:aws:iam::{STATE}:policy/PSKPolicies/{name}Policy"


def roles(account: str) -> dict[str, tuple[Any, ...]]:
    """Return the roles of one account, and their policies."""
    return {
        "roles": tuple(role(account, name, of_role(account, name)) for name in (VPC, ZONES)),
        "policies": (
            managed(of_role(account, VPC), vpc(account)),
            managed(of_role(account, ZONES), zones()),
        ),
    }


GROUPS = {
    f"{NONPROD}Group": may_assume("sandbox", "nonprod"),
    f"{PROD}Group": may_assume("state", "sandbox", "nonprod", "prod"),
    "PSKLeads": may_assume(
        "prod", role=ZONES, DateLessThan={"aws:CurrentTime": "2031-01-01T00:00:00Z"}
    ),
}
MEMBERS = {NONPROD: f"{NONPROD}Group", PROD: f"{PROD}Group", "mira": "PSKLeads"}


def user(name: str, **more: Any) -> dict[str, Any]:
    path = "/" if name == "mira" else "/PSKServiceAccounts/"
    return {
        "UserName": name,
        "UserId": f"AIDA{name.upper()}",
        "Path": path,
        "Arn": f"arn:aws:iam::{STATE}:user{path}{name}",
        "GroupList": [MEMBERS[name]] if name in MEMBERS else [],
        **more,
    }


def group(name: str) -> dict[str, Any]:
    return {
        "GroupName": name,
        "GroupId": f"AGPA{name.upper()}",
        "Path": "/PSKGroups/",
        "Arn": f"arn:aws:iam::{STATE}:group/PSKGroups/{name}",
        "AttachedManagedPolicies": attached(of_group(name)),
    }


def exports() -> dict[str, dict[str, Any]]:
    """Return what each account exports."""
    found = {name: details(**roles(number)) for name, number in ACCOUNTS.items()}
    state = found["state"]
    state["UserDetailList"] = [user(name) for name in MEMBERS]
    state["GroupDetailList"] = [group(name) for name in GROUPS]
    state["Policies"] += [managed(of_group(name), said) for name, said in GROUPS.items()]
    return found


def create(iam: Any, export: dict[str, Any]) -> None:
    """Create in an account, by its API, what an export of it says."""
    for one in export["Policies"]:
        name, document = one["PolicyName"], one["PolicyVersionList"][0]["Document"]
        iam.create_policy(
            PolicyName=name, Path="/PSKPolicies/", PolicyDocument=json.dumps(document)
        )
    for one in export["RoleDetailList"]:
        iam.create_role(
            RoleName=one["RoleName"],
            Path=one["Path"],
            AssumeRolePolicyDocument=unquote(one["AssumeRolePolicyDocument"]),
            Description=f"As Terraform made {one['RoleName']}",
            MaxSessionDuration=7200,
        )
        for held in one["AttachedManagedPolicies"]:
            iam.attach_role_policy(RoleName=one["RoleName"], PolicyArn=held["PolicyArn"])
    for one in export["GroupDetailList"]:
        iam.create_group(GroupName=one["GroupName"], Path=one["Path"])
        for held in one["AttachedManagedPolicies"]:
            iam.attach_group_policy(GroupName=one["GroupName"], PolicyArn=held["PolicyArn"])
    for one in export["UserDetailList"]:
        iam.create_user(UserName=one["UserName"], Path=one["Path"])
        for held in one["GroupList"]:
            iam.add_user_to_group(GroupName=held, UserName=one["UserName"])


def ids(iam: Any) -> dict[str, str]:
    """Return `{name: unique id}` of everybody of an account but who is there from the start."""
    roles = {one["RoleName"]: one["RoleId"] for one in iam.list_roles()["Roles"]}
    users = {one["UserName"]: one["UserId"] for one in iam.list_users()["Users"]}
    groups = {one["GroupId"]: one["GroupId"] for one in iam.list_groups()["Groups"]}
    return {**roles, **users, **groups}


def written(folder: Path, found: dict[str, dict[str, Any]]) -> Path:
    """Write the exports, a file an account; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, export in found.items():
        (folder / f"{name}.json").write_text(json.dumps(export))
    return folder


def project(folder: Path, organization: str = ORGANIZATION) -> Path:
    """Make a project whose profiles say of the organisation alone; return its folder."""
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "organization.yaml").write_text(organization)
    return folder
