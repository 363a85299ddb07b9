"""Accounts of which the model cannot say everything: one change each to the reference's."""

from collections.abc import Callable
from typing import Any

from pipeline.adopt.found import Sort
from tests.access.exports import attached, inline, managed
from tests.pipeline.adopt import accounts
from tests.pipeline.adopt.accounts import ACCOUNTS, NONPROD, PROD, STATE, ZONES

Exports = dict[str, dict[str, Any]]


def role_of(exports: Exports, name: str, account: str = "prod") -> dict[str, Any]:
    return next(one for one in exports[account]["RoleDetailList"] if one["RoleName"] == name)


def _user(exports: Exports, name: str) -> dict[str, Any]:
    return next(one for one in exports["state"]["UserDetailList"] if one["UserName"] == name)


def _group(exports: Exports, name: str) -> dict[str, Any]:
    return next(one for one in exports["state"]["GroupDetailList"] if one["GroupName"] == name)


def permit(exports: Exports, document: dict[str, Any], *where: str) -> None:
    """Put another document into the policy of the role for zones in these accounts."""
    for account in where or ACCOUNTS:
        arn = accounts.of_role(ACCOUNTS[account], ZONES)
        own = exports[account]["Policies"]
        own[:] = [managed(arn, document) if one["Arn"] == arn else one for one in own]


def statement(**more: Any) -> dict[str, Any]:
    return accounts.policy({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", **more})


def _differs(exports: Exports) -> None:
    permit(exports, statement(), "prod")


def _negated(exports: Exports) -> None:
    permit(exports, accounts.policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))


def _everything(exports: Exports) -> None:
    permit(exports, statement(Action="*"))


def _chains(exports: Exports) -> None:
    permit(exports, statement(Action="sts:AssumeRole"))


def _bounded(exports: Exports) -> None:
    arn = f"arn:aws:iam::{ACCOUNTS['prod']}:policy/Cap"
    exports["prod"]["Policies"].append(managed(arn, statement()))
    role_of(exports, ZONES)["PermissionsBoundary"] = {"PermissionsBoundaryArn": arn}


def _stranger(exports: Exports) -> None:
    trust = accounts.trust_in_state()
    trust["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::999999999999:root"}
    role_of(exports, ZONES)["AssumeRolePolicyDocument"] = trust


def _service(exports: Exports) -> None:
    trust = accounts.trust_in_state()
    service = {"Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust["Statement"].append({"Effect": "Allow", **service})
    role_of(exports, ZONES)["AssumeRolePolicyDocument"] = trust


def _condition(exports: Exports) -> None:
    trust = accounts.trust_in_state(StringEquals={"sts:ExternalId": "x"})
    role_of(exports, ZONES)["AssumeRolePolicyDocument"] = trust


def _inline_role(exports: Exports) -> None:
    for account in ACCOUNTS:
        role_of(exports, ZONES, account)["RolePolicyList"] = inline(statement(), "extra")


def _inline_user(exports: Exports) -> None:
    _user(exports, "mira")["UserPolicyList"] = inline(statement(), "mine")


def _attached_group(exports: Exports) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    exports["state"]["Policies"].append(managed(arn, statement()))
    _group(exports, "PSKLeads")["AttachedManagedPolicies"] += attached(arn)


def outside(exports: Exports) -> None:
    exports["prod"]["RoleDetailList"].append(
        {
            **accounts.role(ACCOUNTS["prod"], "Other"),
            "Path": "/",
            "Arn": f"arn:aws:iam::{ACCOUNTS['prod']}:role/Other",
        }
    )


def _abroad(exports: Exports) -> None:
    arn = f"arn:aws:iam::{ACCOUNTS['prod']}:user/local"
    exports["prod"]["UserDetailList"].append({**accounts.user("local"), "Arn": arn})


def _mixed(exports: Exports) -> None:
    _user(exports, PROD)["GroupList"].append("PSKLeads")


def _shared(exports: Exports) -> None:
    _user(exports, PROD)["GroupList"].append(f"{NONPROD}Group")


def to_prod(exports: Exports) -> None:
    arn = accounts.of_group(f"{NONPROD}Group")
    own = exports["state"]["Policies"]
    wider = managed(arn, accounts.may_assume("sandbox", "nonprod", "prod"))
    own[:] = [wider if one["Arn"] == arn else one for one in own]


def _reserved(exports: Exports) -> None:
    leads = _group(exports, "PSKLeads")
    leads |= {"GroupName": "service-desk", "Arn": f"arn:aws:iam::{STATE}:group/service-desk"}
    _user(exports, "mira")["GroupList"] = ["service-desk"]


def _denied(exports: Exports) -> None:
    trust = accounts.trust_in_state()
    trust["Statement"].append({**trust["Statement"][0], "Sid": "No", "Effect": "Deny"})
    trust["Statement"][1]["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    role_of(exports, ZONES)["AssumeRolePolicyDocument"] = trust


def _tagged(exports: Exports) -> None:
    _user(exports, "mira")["Tags"] = [{"Key": "team", "Value": "net"}]


def _unheld(exports: Exports) -> None:
    arn = f"arn:aws:iam::{STATE}:policy/Old"
    exports["state"]["Policies"].append(managed(arn, statement()))


ODD: dict[str, tuple[Callable[[Exports], None], Sort, str, str]] = {
    "a role that differs": (_differs, Sort.LEFT, f"/{ZONES}", "is permitted other things"),
    "NotAction": (_negated, Sort.LEFT, f"/{ZONES}", "has `NotAction`"),
    "every action": (_everything, Sort.LEFT, f"/{ZONES}", "allows `*`"),
    "a role that chains": (_chains, Sort.LEFT, f"/{ZONES}", "which covers the role set"),
    "a role's boundary": (_bounded, Sort.LEFT, f"/{ZONES}", "has the permissions boundary"),
    "a stranger's trust": (_stranger, Sort.OTHERWISE, f"/{ZONES}", "trusts `arn:aws:iam::9999"),
    "a service in one account": (_service, Sort.LEFT, f"/{ZONES}", "trusts other services"),
    "another condition": (_condition, Sort.OTHERWISE, f"/{ZONES}", "of `sts:ExternalId`"),
    "a role's inline policy": (_inline_role, Sort.OTHERWISE, f"/{ZONES}", "`extra` inline"),
    "a user's inline policy": (_inline_user, Sort.OTHERWISE, "/mira", "`mine` inline"),
    "a group's other policy": (_attached_group, Sort.OTHERWISE, "/PSKLeads", "ReadOnlyAccess"),
    "a role on another path": (outside, Sort.LEFT, "/Other", "on the path `/`"),
    "a user elsewhere": (_abroad, Sort.LEFT, "/local", "outside of the state account"),
    "a machine among people": (_mixed, Sort.OTHERWISE, "/PSKLeads", "has machines among"),
    "a group of machines": (_shared, Sort.LEFT, f"/{NONPROD}Group", "of several machines"),
    "a way to prod": (to_prod, Sort.LEFT, f"/{NONPROD}", "which never reaches `prod`"),
    "a reserved name": (_reserved, Sort.LEFT, "/service-desk", "a name that is reserved"),
    "a Deny in a trust": (_denied, Sort.OTHERWISE, f"/{ZONES}", "denies in statement `No`"),
    "a tag": (_tagged, Sort.OTHERWISE, "/mira", "has the tags `team`"),
    "a policy of nobody": (_unheld, Sort.LEFT, "/Old", "a policy that nobody has"),
}
