"""Small changes to the example's rendered documents, or to its program, that open a path.

Each must be refused by a law. A line that opens one lock of two counts: a lock that is open is
one that nobody would miss when the other one opens.
"""

from dataclasses import dataclass

from tests.policies.cases import (
    ASSUME,
    NONPROD_USERS,
    PROD_ROLE,
    STATE_ROOT,
    Change,
    allow,
    from_users,
    trust,
    with_statement,
    without,
)
from tests.policies.isolation_cases import open_both
from tests.policies.worlds import Document, World

ROLE = ("Role", "IamProfilesRole")
NONPROD_ACCOUNT_ROLE = "arn:aws:iam::333333333333:role/PlatformRoles/IamProfilesRole"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Mutant:
    """A change to one stack, and the law that must refuse it."""

    title: str
    account: str
    law: str
    change: Change

    def __str__(self) -> str:
        return self.title


def _trusting(title: str, text: object, account: str = "prod") -> Mutant:
    def change(world: World) -> None:
        world.change(*ROLE, assumeRolePolicy=text)

    return Mutant(title, account, "prod_isolation", change)


def _from(title: str, **condition: object) -> Mutant:
    return _trusting(title, trust({"AWS": STATE_ROOT}, Condition=condition))


def _denying_less(title: str, **deny: object) -> Mutant:
    """The whole state account is trusted, and a Deny that should keep the class out does not."""

    def edit(document: Document) -> None:
        denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
        denied["Condition"] = from_users(f"{NONPROD_USERS}/*")  # type: ignore[assignment]
        allowed = {"Effect": "Allow", "Principal": {"AWS": STATE_ROOT}, "Action": ASSUME}
        document["Statement"] = [allowed, {**denied, **deny}]

    return Mutant(
        title,
        "prod",
        "prod_isolation",
        lambda world: world.rewrite(*ROLE, "assumeRolePolicy", edit),
    )


def _in_state(title: str, law: str, change: Change) -> Mutant:
    return Mutant(title, "state", law, change)


def new_user(world: World) -> None:
    world.add("User", "eve", name="eve", path="/")
    world.add("UserGroupMembership", "eve", user="eve", groups=["service-platform-prod"])


def back_door(world: World) -> None:
    world.add("Role", "Back", name="Back", path="/", assumeRolePolicy=trust({"AWS": STATE_ROOT}))


TRUST = [
    _trusting("state's root, without condition", trust({"AWS": STATE_ROOT})),
    _trusting("state's bare account id", trust({"AWS": "111111111111"})),
    _trusting("everybody", trust("*")),
    _trusting("every AWS principal", trust({"AWS": "*"})),
    _trusting("a nonprod user", trust({"AWS": f"{NONPROD_USERS}/platform-nonprod"})),
    _trusting("one among many", trust({"AWS": [PROD_ROLE, f"{NONPROD_USERS}/payments-nonprod"]})),
    _trusting("a principal by its unique id", trust({"AWS": "AIDAIOSFODNN7EXAMPLE"})),
    _trusting("the role that nonprod deploys with", trust({"AWS": NONPROD_ACCOUNT_ROLE})),
    _trusting("an account that is not ours", trust({"AWS": "arn:aws:iam::999999999999:root"})),
    _trusting(
        "whoever logs in elsewhere",
        trust({"Federated": "arn:aws:iam::444444444444:oidc-provider/ci.example.com"}),
    ),
    _trusting("a service, for anybody's account", trust({"Service": "lambda.amazonaws.com"})),
    _trusting("state itself trusts its root", trust({"AWS": STATE_ROOT}), "state"),
    _from("machines of either class", **from_users(f"{NONPROD_USERS[:-8]}/*")),
    _from("any user", **from_users("arn:aws:iam::111111111111:user/*", "StringLike")),
    _from("all but prod's machines", **from_users(f"{NONPROD_USERS[:-8]}/prod/*", "ArnNotLike")),
    _from("a secret that is none", StringEquals={"sts:ExternalId": "sesame"}),
    _from("whoever names the session so", StringLike={"sts:RoleSessionName": "prod-*"}),
    _from("whoever is tagged so", StringEquals={"aws:PrincipalTag/env": "prod"}),
    _from("what holds if the key is absent", **{"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}),
    _from("an operator that nobody knows", ArnSomehow={"aws:PrincipalArn": "x"}),
    _denying_less(
        "the Deny compares text, not patterns",
        Condition=from_users(f"{NONPROD_USERS}/*", "StringEquals"),
    ),
    _denying_less(
        "the Deny misspells the path",
        Condition=from_users(f"{NONPROD_USERS.replace('Users', 'User')}/*"),
    ),
    _denying_less("the Deny forgets AssumeRole", Action="sts:TagSession"),
    _denying_less("the Deny names one user", Condition=from_users(f"{NONPROD_USERS}/x*")),
    _denying_less(
        "the Deny needs a tag as well",
        Condition={
            **from_users(f"{NONPROD_USERS}/*"),
            "StringEquals": {"aws:PrincipalTag/env": "nonprod"},
        },
    ),
    Mutant("a role besides", "prod", "prod_isolation", back_door),
]

IDENTITIES = [
    _in_state("both locks of the class are open", "prod_isolation", open_both),
    _in_state(
        "a group may assume every role",
        "identities_only_assume_roles",
        lambda world: world.change(
            *("Policy", "payments-dev-assume-roles"), policy=allow("sts:AssumeRole")
        ),
    ),
    _in_state(
        "the boundary of nonprod lets prod's roles through",
        "identities_only_assume_roles",
        lambda world: world.rewrite(
            *("Policy", "boundary-nonprod", "policy"),
            with_statement(Effect="Allow", Action="sts:AssumeRole", Resource=PROD_ROLE),
        ),
    ),
    _in_state(
        "the boundary of nonprod denies nothing",
        "identities_only_assume_roles",
        lambda world: world.rewrite("Policy", "boundary-nonprod", "policy", without("Deny")),
    ),
    _in_state(
        "a nonprod machine has no boundary",
        "identities_only_assume_roles",
        lambda world: world.change("User", "payments-nonprod", permissionsBoundary=None),
    ),
    _in_state(
        "a nonprod machine is filed under prod",
        "prod_isolation",
        lambda world: world.change(
            *("User", "payments-nonprod"), path="/PlatformServiceUsers/prod/"
        ),
    ),
    _in_state(
        "an administrator's policy on a user",
        "permissions_via_groups_only",
        lambda world: world.add(
            *("UserPolicyAttachment", "x"), user="payments-nonprod", policyArn=ADMINISTRATOR
        ),
    ),
    _in_state(
        "a policy written into a user",
        "permissions_via_groups_only",
        lambda world: world.add(
            "UserPolicy", "x", user="payments-nonprod", name="x", policy=allow("iam:*")
        ),
    ),
    _in_state(
        "an administrator's policy on the group of all people",
        "identities_only_assume_roles",
        lambda world: world.add(
            "GroupPolicyAttachment", "x", group="people", policyArn=ADMINISTRATOR
        ),
    ),
    _in_state(
        "people may mint anybody's key",
        "identities_only_assume_roles",
        lambda world: world.rewrite(
            *("Policy", "people-manage-own-mfa", "policy"),
            with_statement(Effect="Allow", Action="iam:CreateAccessKey", Resource="*"),
        ),
    ),
    _in_state("a user beside the model", "identities_only_assume_roles", new_user),
    _in_state(
        "a secret that everybody may read",
        "prod_isolation",
        lambda world: world.change(
            "aws:secretsmanager/secret:Secret", "platform-prod", policy=trust("*")
        ),
    ),
    _in_state(
        "prod's key in the state",
        "no_key_in_state",
        lambda world: world.add("AccessKey", "platform-prod", user="platform-prod"),
    ),
]

ROLES = [
    Mutant(
        "a user in prod itself",
        "prod",
        "identities_only_assume_roles",
        lambda world: world.add("User", "eve", name="eve", path="/"),
    ),
    Mutant(
        "what clusters run as may change IAM",
        "nonprod",
        "identities_only_assume_roles",
        lambda world: world.change("Policy", "boundary-workloads", policy=allow("*")),
    ),
    Mutant(
        "one account's role may do everything",
        "nonprod",
        "identical_role_set",
        lambda world: world.change("Policy", "PaymentsDeployRolePolicy", policy=allow("*")),
    ),
    Mutant(
        "one account's role may assume prod's",
        "nonprod",
        "identical_role_set",
        lambda world: world.rewrite(
            *("Policy", "PaymentsDeployRolePolicy", "policy"),
            with_statement(Effect="Allow", Action="sts:AssumeRole", Resource=PROD_ROLE),
        ),
    ),
    Mutant(
        "an administrator's policy on one account's role",
        "nonprod",
        "identical_role_set",
        lambda world: world.add(
            "RolePolicyAttachment", "x", role="PaymentsDeployRole", policyArn=ADMINISTRATOR
        ),
    ),
    Mutant(
        "the program goes to whatever account it is logged in to",
        "nonprod",
        "prod_isolation",
        lambda world: world.pin(None),
    ),
    Mutant(
        "an identity provider",
        "prod",
        "only_declared_federation",
        lambda world: world.add("OpenIdConnectProvider", "ci", url="https://ci.example.com"),
    ),
]

MUTANTS = [*TRUST, *IDENTITIES, *ROLES]
