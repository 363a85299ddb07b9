"""Cases of `identical_role_set`."""

import json

from tests.policies.cases import Case, Change, allow, trust, unchanged, with_statement
from tests.policies.worlds import UNKNOWN_INPUT, World

ROLE = ("Role", "PaymentsDeployRole")
POLICY = ("Policy", "PaymentsDeployRolePolicy")
ATTACHMENTS = ("RolePolicyAttachmentsExclusive", "PaymentsDeployRole")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def stranger(path: str) -> Change:
    def change(world: World) -> None:
        world.add("Role", "Extra", name="Extra", path=path, assumeRolePolicy=trust("*"))

    return change


def lay_out_differently(world: World) -> None:
    document = json.loads(world.resources["aws:iam/policy:Policy", POLICY[1]]["policy"])
    world.change(*POLICY, policy=json.dumps(document, indent=4))


def rename(world: World) -> None:
    world.change(*ROLE, name="PaymentsDeployerRole")


def declare_twice(world: World) -> None:
    world.add("Role", "again", **world.resources["aws:iam/role:Role", ROLE[1]])


CASES = [
    *(
        Case("passing", f"the example's {account} stack", account, unchanged)
        for account in ("state", "sandbox", "nonprod", "prod")
    ),
    Case(
        *("violating", "prod's role may do one thing more", "prod"),
        lambda world: world.rewrite(
            *POLICY, "policy", with_statement(Effect="Allow", Action="iam:*", Resource="*")
        ),
        *("says something else", POLICY),
    ),
    Case(
        *("violating", "a session is longer in one account", "nonprod"),
        lambda world: world.change(*ROLE, maxSessionDuration=43200),
        *("longest session in seconds is `43200`", ROLE),
    ),
    Case(
        *("violating", "a role is elsewhere in one account", "nonprod"),
        lambda world: world.change(*ROLE, path="/"),
        *("its path is `/`", ROLE),
    ),
    Case(
        *("violating", "an AWS-managed policy is attached besides", "nonprod"),
        lambda world: world.add(
            *("RolePolicyAttachment", "x"), role="PaymentsDeployRole", policyArn=ADMINISTRATOR
        ),
        *("carries `arn:aws:iam::aws:policy/AdministratorAccess`", ("RolePolicyAttachment", "x")),
    ),
    Case(
        *("violating", "the same by a resource that attaches to several", "nonprod"),
        lambda world: world.add(
            *("PolicyAttachment", "x"), roles=["PaymentsDeployRole"], policyArn=ADMINISTRATOR
        ),
        *("AdministratorAccess", ("PolicyAttachment", "x")),
    ),
    Case(
        *("violating", "the same by the role's own old input", "nonprod"),
        lambda world: world.change(*ROLE, managedPolicyArns=[ADMINISTRATOR]),
        *("AdministratorAccess", ROLE),
    ),
    Case(
        *("violating", "a policy is written into the role", "nonprod"),
        lambda world: world.add(
            *("RolePolicy", "x"), role="PaymentsDeployRole", name="more", policy=allow("*")
        ),
        *("carries `more`", ("RolePolicy", "x")),
    ),
    Case(
        *("violating", "the role has an inline policy of its own", "nonprod"),
        lambda world: world.change(*ROLE, inlinePolicies=[{"name": "own", "policy": allow("*")}]),
        *("carries `own`", ROLE),
    ),
    Case(
        *("violating", "an inline policy from elsewhere is kept", "nonprod"),
        lambda world: world.change("RolePoliciesExclusive", ROLE[1], policyNames=["legacy"]),
        *("carries `legacy`", ("RolePoliciesExclusive", ROLE[1])),
    ),
    Case(
        *("violating", "a role lacks its policy", "nonprod"),
        lambda world: world.change(*ATTACHMENTS, policyArns=[]),
        *("does not carry", ROLE),
    ),
    Case(
        *("violating", "the policy is attached, and not registered", "nonprod"),
        lambda world: world.remove(*POLICY),
        *("is not registered in this stack", ROLE),
    ),
    Case(
        *("violating", "a role has a boundary in one account", "nonprod"),
        lambda world: world.change(*ROLE, permissionsBoundary=ADMINISTRATOR),
        *("its boundary is", ROLE),
    ),
    Case(
        *("violating", "a role is missing", "nonprod"),
        lambda world: world.remove(*ROLE),
        "`PaymentsDeployRole` of the role set is not registered",
    ),
    Case(
        *("violating", "a role has another name in one account", "nonprod"),
        rename,
        *("in no other account", ROLE),
    ),
    Case(
        *("violating", "a stranger is under the path", "nonprod"),
        stranger("/PlatformRoles/"),
        *("in no other account", ("Role", "Extra")),
    ),
    Case(
        *("violating", "a stranger is below the path", "nonprod"),
        stranger("/PlatformRoles/extra/"),
        *("in no other account", ("Role", "Extra")),
    ),
    Case(
        *("violating", "a role is declared twice", "nonprod"),
        declare_twice,
        *("registered twice", ("Role", "again")),
    ),
    Case(
        *("violating", "what is attached out of band stays", "nonprod"),
        lambda world: world.remove("RolePoliciesExclusive", ROLE[1]),
        *("keeps what is attached", ROLE),
    ),
    Case(
        *("unknown", "a role's policy", "nonprod"),
        lambda world: world.change(*POLICY, policy=UNKNOWN_INPUT),
        *("or is unknown", POLICY),
    ),
    Case(
        *("unknown", "a role's session", "nonprod"),
        lambda world: world.change(*ROLE, maxSessionDuration=UNKNOWN_INPUT),
        *("is `unknown`", ROLE),
    ),
    Case(
        *("unknown", "what is attached to a role", "nonprod"),
        lambda world: world.change(*ATTACHMENTS, policyArns=[UNKNOWN_INPUT]),
        *("`policyArns` is unknown", ATTACHMENTS),
    ),
    Case(
        *("unknown", "a role's name", "nonprod"),
        lambda world: world.change(*ROLE, name=UNKNOWN_INPUT),
        *("name or path is unknown", ROLE),
    ),
    Case(
        *("unknown", "a role's inline policies", "nonprod"),
        lambda world: world.change(*ROLE, inlinePolicies=UNKNOWN_INPUT),
        *("inline policies are unknown", ROLE),
    ),
    Case(
        *("near miss", "the same policy, laid out differently", "nonprod"),
        lay_out_differently,
    ),
    Case(
        *("near miss", "another role, of another path", "nonprod"),
        stranger("/PlatformRolesOfOthers/"),
    ),
    Case(
        *("near miss", "only the trust differs", "nonprod"),
        lambda world: world.change(*ROLE, assumeRolePolicy=trust("*")),
    ),
]
