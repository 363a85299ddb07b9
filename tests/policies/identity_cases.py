"""Cases of `permissions_via_groups_only` and `identities_only_assume_roles`."""

from tests.policies.cases import (
    NONPROD_USERS,
    PROD_ROLE,
    SANDBOX_ROLE,
    Case,
    Change,
    allow,
    unchanged,
    with_statement,
)
from tests.policies.worlds import UNKNOWN_INPUT, World

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
USER = ("User", "ana")
GROUP = ("Group", "payments-dev")
POLICY = ("Policy", "payments-dev-assume-roles")
OWN_MFA = ("Policy", "people-manage-own-mfa")
OWN_MFA_ARN = "arn:aws:iam::111111111111:policy/PlatformPolicies/people-manage-own-mfa"

_PASSING = [
    Case("passing", f"the example's {account} stack", account, unchanged)
    for account in ("state", "prod")
]


def granting(text: object) -> Change:
    return lambda world: world.change(*POLICY, policy=text)


def attach_to_group(arn: object, group: str = "payments-dev") -> Change:
    return lambda world: world.add("GroupPolicyAttachment", "x", group=group, policyArn=arn)


def a_user(world: World) -> None:
    world.add("User", "eve", name="eve", path="/PlatformPeople/")
    world.add("UserPolicyAttachmentsExclusive", "eve", userName="eve", policyArns=[])
    world.add("UserPoliciesExclusive", "eve", userName="eve", policyNames=[])


def _grants(title: str, text: str, found: str) -> Case:
    return Case("violating", title, "state", granting(text), found, POLICY)


GROUPS_ONLY = [
    *_PASSING,
    Case(
        *("violating", "a policy is attached to a user", "state"),
        lambda world: world.add("UserPolicyAttachment", "x", user="ana", policyArn=READ_ONLY),
        *("user `ana` has a policy attached", ("UserPolicyAttachment", "x")),
    ),
    Case(
        *("violating", "the same, of the AWS-managed policy's own kind", "state"),
        lambda world: world.add("PolicyAttachment", "x", users=["ana"], policyArn=READ_ONLY),
        *("user `ana` has a policy attached", ("PolicyAttachment", "x")),
    ),
    Case(
        *("violating", "a user keeps a policy", "state"),
        lambda world: world.change(
            *("UserPolicyAttachmentsExclusive", "ana"), policyArns=[READ_ONLY]
        ),
        *("has a policy attached", ("UserPolicyAttachmentsExclusive", "ana")),
    ),
    Case(
        *("violating", "a policy is written into a user", "state"),
        lambda world: world.add("UserPolicy", "x", user="ana", name="own", policy=allow("*")),
        *("user `ana` has an inline policy: `own`", ("UserPolicy", "x")),
    ),
    Case(
        *("violating", "an inline policy from elsewhere is kept", "state"),
        lambda world: world.change("UserPoliciesExclusive", "ana", policyNames=["legacy"]),
        *("`legacy`", ("UserPoliciesExclusive", "ana")),
    ),
    Case(
        *("violating", "a policy for a user of whom the stack knows nothing", "state"),
        lambda world: world.add("UserPolicyAttachment", "x", user="root-ops", policyArn=READ_ONLY),
        *("user `root-ops` is not registered", ("UserPolicyAttachment", "x")),
    ),
    Case(
        *("violating", "what is attached out of band stays", "state"),
        lambda world: world.remove("UserPolicyAttachmentsExclusive", "ana"),
        *("keeps what is attached", USER),
    ),
    Case(
        *("unknown", "what is attached to a user", "state"),
        lambda world: world.change(
            *("UserPolicyAttachmentsExclusive", "ana"), policyArns=UNKNOWN_INPUT
        ),
        *("is unknown", ("UserPolicyAttachmentsExclusive", "ana")),
    ),
    Case(
        *("unknown", "to whom a policy is attached", "state"),
        lambda world: world.add(
            *("UserPolicyAttachment", "x"), user=UNKNOWN_INPUT, policyArn=READ_ONLY
        ),
        *("`user` is unknown", ("UserPolicyAttachment", "x")),
    ),
    Case("near miss", "a policy attached to a group", "state", attach_to_group(OWN_MFA_ARN)),
    Case(
        *("near miss", "a policy that is attached to nobody", "state"),
        lambda world: world.add("Policy", "spare", name="spare", policy=allow("*")),
    ),
]

ONLY_ASSUME = [
    *_PASSING,
    _grants("a group may read buckets", allow("s3:GetObject"), "allows `s3:GetObject`"),
    _grants("a group may do everything", allow("*"), "allows `*`"),
    _grants("a group may call all of STS", allow("sts:*", SANDBOX_ROLE), "allows `sts:*`"),
    _grants("a pattern of actions", allow("sts:Assume*", SANDBOX_ROLE), "allows `sts:Assume*`"),
    _grants("every role", allow("sts:AssumeRole"), "allows it on `*`"),
    _grants(
        "every role of the path",
        allow("sts:AssumeRole", "arn:aws:iam::222222222222:role/PlatformRoles/*"),
        "allows it on `arn:aws:iam::222222222222:role/PlatformRoles/*`",
    ),
    _grants(
        "a role of another path",
        allow("sts:AssumeRole", "arn:aws:iam::222222222222:role/Admin"),
        "allows it on `arn:aws:iam::222222222222:role/Admin`",
    ),
    _grants(
        "a role of somebody else's account",
        allow("sts:AssumeRole", "arn:aws:iam::999999999999:role/PlatformRoles/IamProfilesRole"),
        "allows it on `arn:aws:iam::999999999999",
    ),
    _grants(
        "a role named by a variable",
        allow("sts:AssumeRole", PROD_ROLE + "-${aws:username}"),
        "allows it on",
    ),
    Case(
        *("violating", "every action but one", "state"),
        lambda world: world.rewrite(
            *POLICY, "policy", with_statement(Effect="Allow", NotAction="s3:*", Resource="*")
        ),
        *("every action but some", POLICY),
    ),
    Case(
        *("violating", "every resource but one", "state"),
        lambda world: world.rewrite(
            *POLICY,
            "policy",
            with_statement(Effect="Allow", Action="sts:AssumeRole", NotResource=PROD_ROLE),
        ),
        *("every resource but some", POLICY),
    ),
    Case(
        *("violating", "a policy of AWS on a group", "state"),
        attach_to_group(READ_ONLY),
        *("is not registered in this stack", ("GroupPolicyAttachment", "x")),
    ),
    Case(
        *("violating", "a policy written into a group", "state"),
        lambda world: world.add(
            *("GroupPolicy", "x"), group="payments-dev", name="own", policy=allow("s3:*")
        ),
        *("allows `s3:*`", ("GroupPolicy", "x")),
    ),
    Case(
        *("violating", "the exception says more than was reviewed", "state"),
        lambda world: world.rewrite(
            *OWN_MFA,
            "policy",
            with_statement(Effect="Allow", Action="iam:CreateAccessKey", Resource="*"),
        ),
        *("not the reviewed text", OWN_MFA),
    ),
    Case(
        *("violating", "the exception on another group than people", "state"),
        attach_to_group(OWN_MFA_ARN),
        *("grants more than assuming roles", OWN_MFA),
    ),
    Case(
        *("violating", "an inline policy that is called as the exception is", "state"),
        lambda world: world.add(
            "GroupPolicy", "x", group="people", name=OWN_MFA_ARN, policy=allow("iam:*")
        ),
        *("allows `iam:*`", ("GroupPolicy", "x")),
    ),
    Case(
        *("violating", "a user without boundary", "state"),
        lambda world: world.change(*USER, permissionsBoundary=None),
        *("not have the boundary of its class", USER),
    ),
    Case(
        *("violating", "a user with another class's boundary", "state"),
        lambda world: world.change(
            *("User", "platform-nonprod"),
            permissionsBoundary="arn:aws:iam::111111111111:policy/PlatformPolicies/boundaries/boundary-prod",
        ),
        *("not have the boundary of its class", ("User", "platform-nonprod")),
    ),
    Case(
        *("violating", "a boundary that lets more through", "state"),
        lambda world: world.change("Policy", "boundary-people", policy=allow("*")),
        *("says something else", ("Policy", "boundary-people")),
    ),
    Case(
        *("violating", "a user below its class's path", "state"),
        lambda world: world.change("User", "platform-nonprod", path=f"{_path()}more/"),
        *("not under its class's path", ("User", "platform-nonprod")),
    ),
    Case(
        *("violating", "a user who is nobody in the model", "state"),
        a_user,
        *("nobody in the model", ("User", "eve")),
    ),
    Case(
        *("violating", "a user in another account", "prod"),
        a_user,
        *("user `eve` is in account `prod`", ("User", "eve")),
    ),
    Case(
        *("violating", "a group in another account", "prod"),
        lambda world: world.add("Group", "admins", name="admins"),
        *("group `admins` is in account `prod`", ("Group", "admins")),
    ),
    Case(
        *("violating", "what is attached to a group out of band stays", "state"),
        lambda world: world.remove("GroupPoliciesExclusive", "payments-dev"),
        *("keeps what is attached", GROUP),
    ),
    Case(
        *("unknown", "a group's policy", "state"),
        granting(UNKNOWN_INPUT),
        *("unknown until the update", POLICY),
    ),
    Case(
        *("unknown", "what is attached to a group", "state"),
        attach_to_group(UNKNOWN_INPUT),
        *("`policyArn` is unknown", ("GroupPolicyAttachment", "x")),
    ),
    Case(
        *("unknown", "a user's boundary", "state"),
        lambda world: world.change(*USER, permissionsBoundary=UNKNOWN_INPUT),
        *("not have the boundary of its class", USER),
    ),
    Case(
        *("unknown", "the text of a boundary", "state"),
        lambda world: world.change("Policy", "boundary-prod", policy=UNKNOWN_INPUT),
        *("or says something else", ("Policy", "boundary-prod")),
    ),
    Case(
        *("near miss", "another case of letters, and fewer actions", "state"),
        granting(allow("STS:assumerole", SANDBOX_ROLE)),
    ),
    Case(
        *("near miss", "a Deny of everything", "state"),
        lambda world: world.rewrite(
            *POLICY, "policy", with_statement(Effect="Deny", Action="*", Resource="*")
        ),
    ),
]


def _path() -> str:
    return NONPROD_USERS.partition("user")[2] + "/"
