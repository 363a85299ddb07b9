"""Cases of `prod_isolation`."""

from tests.policies.cases import (
    NONPROD_USERS,
    PROD_ROLE,
    SANDBOX_ROLE,
    STATE_ROOT,
    Case,
    Change,
    allow,
    from_users,
    trust,
    unchanged,
    with_statement,
    without,
)
from tests.policies.worlds import UNKNOWN_INPUT, World

ROLE = ("Role", "IamProfilesRole")
GROUP_POLICY = ("Policy", "service-platform-nonprod-assume-roles")
BOUNDARY = ("Policy", "boundary-nonprod")
USER = ("User", "platform-nonprod")
PROD = "444444444444"
SOURCE = "aws:SourceAccount"


def trusting(text: object) -> Change:
    return lambda world: world.change(*ROLE, assumeRolePolicy=text)


def open_group(world: World) -> None:
    world.change(*GROUP_POLICY, policy=allow("sts:AssumeRole", PROD_ROLE))


def open_boundary(world: World) -> None:
    world.change(*BOUNDARY, policy=allow("*"))


def open_both(world: World) -> None:
    open_group(world)
    open_boundary(world)


def attach_unknown(world: World) -> None:
    world.add("UserPolicyAttachment", "x", user="platform-nonprod", policyArn=UNKNOWN_INPUT)


def join(group: object) -> Change:
    return lambda world: world.add(
        "UserGroupMembership", "x", user="platform-nonprod", groups=[group]
    )


def look_alike(world: World) -> None:
    """Another path that begins as the class's does, and is not it."""
    world.add(
        *("Role", "Tools"),
        name="Tools",
        path="/tools/",
        assumeRolePolicy=trust({"AWS": STATE_ROOT}, Condition=from_users(f"{NONPROD_USERS}-ops/*")),
    )


def trusting_service(operator: str, key: str, *accounts: str) -> str:
    return trust({"Service": "pods.eks.amazonaws.com"}, Condition={operator: {key: list(accounts)}})


def root_trust_with_deny(world: World) -> None:
    """The whole state account is trusted, but for the class: one lock suffices."""
    world.rewrite(
        *ROLE,
        "assumeRolePolicy",
        with_statement(Effect="Allow", Principal={"AWS": STATE_ROOT}, Action="sts:AssumeRole"),
    )


def _prod(title: str, text: object, found: str) -> Case:
    return Case("violating", title, "prod", trusting(text), found, ROLE)


PASSING = [
    Case("passing", f"the example's {account} stack", account, unchanged)
    for account in ("state", "sandbox", "nonprod", "prod")
]

VIOLATING = [
    _prod("prod trusts the whole state account", trust({"AWS": STATE_ROOT}), "may open"),
    _prod("prod trusts everybody", trust("*"), "may open"),
    _prod(
        "prod trusts one nonprod identity by name",
        trust({"AWS": f"{NONPROD_USERS}/platform-nonprod"}),
        "may open",
    ),
    _prod(
        "prod trusts the nonprod account, where the class can become any role",
        trust({"AWS": "arn:aws:iam::333333333333:root"}),
        "333333333333",
    ),
    _prod(
        "the trust excepts one nonprod identity only",
        trust(
            {"AWS": STATE_ROOT},
            Condition=from_users(f"{NONPROD_USERS}/platform-nonprod", "ArnNotEquals"),
        ),
        "may open",
    ),
    *(
        _prod(f"a service may call for others: {title}", text, "for whichever account calls it")
        for title, text in {
            "two accounts": trusting_service("StringEquals", SOURCE, PROD, "333333333333"),
            "another account": trusting_service("StringEquals", SOURCE, "333333333333"),
            "every account but ours": trusting_service("StringNotEquals", SOURCE, PROD),
            "another key": trusting_service("StringEquals", "aws:PrincipalAccount", PROD),
        }.items()
    ),
    _prod("the trust policy is no policy", "{}", "no policy that AWS would take"),
    Case(
        *("violating", "state trusts the whole state account", "state"),
        trusting(trust({"AWS": STATE_ROOT})),
        *("may open `state`", ROLE),
    ),
    Case(
        *("violating", "a role of another path trusts the whole state account", "prod"),
        lambda world: world.add(
            *("Role", "Back"), name="Back", assumeRolePolicy=trust({"AWS": STATE_ROOT})
        ),
        *("may open", ("Role", "Back")),
    ),
    Case(
        *("violating", "a role is missing, so nothing shows whom it trusts", "prod"),
        lambda world: world.remove(*ROLE),
        "is not registered",
    ),
    Case(
        *("violating", "group and boundary both let the class try", "state"),
        open_both,
        *("may assume roles in `prod`", GROUP_POLICY),
    ),
    Case(
        *("violating", "a user joins a group that nobody registered", "state"),
        join("admins"),
        *("`admins` is not registered", ("UserGroupMembership", "x")),
    ),
    Case(
        *("violating", "an identity leaves its class by another path", "state"),
        lambda world: world.change(*USER, path="/PlatformServiceUsers/prod/"),
        *("of class `nonprod` is under", USER),
    ),
    Case(
        *("violating", "an identity is not in the stack", "state"),
        lambda world: world.remove(*USER),
        "is not registered",
    ),
    Case(
        *("violating", "a type that no rule knows", "prod"),
        lambda world: world.add("SamlProvider", "ci", url="https://example.com"),
        *("no rule knows", ("SamlProvider", "ci")),
    ),
    Case(
        *("violating", "Cloud Control's own types", "prod"),
        lambda world: world.add("aws-native:iam:Role", "r", roleName="r"),
        *("no rule knows", ("aws-native:iam:Role", "r")),
    ),
    Case(
        *("violating", "a secret that says itself who reads it", "state"),
        lambda world: world.change(
            *("aws:secretsmanager/secret:Secret", "platform-prod"), policy=trust("*")
        ),
        *("resource policy", ("aws:secretsmanager/secret:Secret", "platform-prod")),
    ),
    Case(
        *("violating", "the provider goes to another account", "nonprod"),
        lambda world: world.pin("444444444444"),
        *("is pinned to `444444444444`", ("pulumi:providers:aws", "nonprod")),
    ),
    Case(
        *("violating", "a key would be made in another account", "state"),
        lambda world: world.add(
            *("iamprofiles:index:StoredAccessKey", "k"), accountId="444444444444", userName="k"
        ),
        *("would be made in account", ("iamprofiles:index:StoredAccessKey", "k")),
    ),
]

UNKNOWN = [
    Case(
        *("unknown", "a trust policy", "prod"),
        trusting(UNKNOWN_INPUT),
        *("unknown until the update", ROLE),
    ),
    Case(
        *("unknown", "a policy of the class's group", "state"),
        lambda world: world.change(*GROUP_POLICY, policy=UNKNOWN_INPUT),
        *("unknown until the update", GROUP_POLICY),
    ),
    Case(
        *("unknown", "the class's boundary", "state"),
        lambda world: world.change(*USER, permissionsBoundary=UNKNOWN_INPUT),
        *("boundary is unknown", USER),
    ),
    Case(
        *("unknown", "which group a user joins", "state"),
        join(UNKNOWN_INPUT),
        *("`groups` is unknown", ("UserGroupMembership", "x")),
    ),
    Case(
        *("unknown", "what is attached to a user", "state"),
        attach_unknown,
        *("`policyArn` is unknown", ("UserPolicyAttachment", "x")),
    ),
    Case(
        *("unknown", "a user's path", "state"),
        lambda world: world.change(*USER, path=UNKNOWN_INPUT),
        *("name or path is unknown", USER),
    ),
]

NEAR_MISSES = [
    *(
        Case(
            *("near miss", f"a service that may call for this account only: {operator}", "prod"),
            trusting(trusting_service(operator, key, PROD)),
        )
        for operator, key in (("StringEquals", SOURCE), ("stringequals", SOURCE.lower()))
    ),
    Case("near miss", "the group alone lets the class try", "state", open_group),
    Case("near miss", "the boundary alone lets the class try", "state", open_boundary),
    Case("near miss", "a path that begins like the class's", "prod", look_alike),
    Case("near miss", "state's root is trusted, the class denied", "prod", root_trust_with_deny),
    Case(
        *("near miss", "the Deny is gone, and exact principals are left", "prod"),
        lambda world: world.rewrite(*ROLE, "assumeRolePolicy", without("Deny")),
    ),
    Case(
        *("near miss", "nonprod trusts the whole state account", "nonprod"),
        trusting(trust({"AWS": STATE_ROOT})),
    ),
    Case(
        *("near miss", "the class may assume another role in sandbox", "state"),
        lambda world: world.change(*GROUP_POLICY, policy=allow("sts:AssumeRole", SANDBOX_ROLE)),
    ),
]

CASES = [*PASSING, *VIOLATING, *UNKNOWN, *NEAR_MISSES]
