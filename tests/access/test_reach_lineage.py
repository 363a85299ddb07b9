"""The layout this architecture comes from: nonprod may assume every role of the state account."""

from access.prove import Proof, Refuted, Rule, prove
from access.world import Grants, Group, World
from tests.access.small_world import PROD, STATE, allow, grants, role, trusts, user, world

NONPROD = "333333333333"
USERS = f"arn:aws:iam::{STATE}:user/PSKServiceAccounts"
SERVICE_ACCOUNT, PROD_ACCOUNT = (
    f"{USERS}/PSKNonprodServiceAccount",
    f"{USERS}/PSKProdServiceAccount",
)
IAM = ["iam:CreateAccessKey", "iam:AddUserToGroup", "iam:PutUserPolicy", "iam:PutRolePolicy"]
PERMISSIONS = {
    "PSKIamProfilesRole": [*IAM, "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy"],
    "PSKPlatformVPCRole": ["ec2:CreateVpc", "ec2:DeleteVpc"],
    "PSKPlatformHostedZonesRole": ["route53:*", "route53domains:*"],
    "PSKControlPlaneBaseRole": ["eks:*", "iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy"],
    "PSKPlatformObservabilityBaseRole": ["aps:*", "logs:CreateLogGroup"],
}
RULE = Rule.of((SERVICE_ACCOUNT,), (f"arn:aws:iam::{PROD}:*",))


def lineage(*nonprod_reaches: str) -> World:
    """Return the layout, the nonprod service account's group being let into these accounts."""

    def group(name: str, accounts: tuple[str, ...]) -> tuple[str, Grants]:
        arn = f"arn:aws:iam::{STATE}:group/PSKGroups/{name}"
        on = [f"arn:aws:iam::{account}:role/PSKRoles/*" for account in accounts]
        return arn, grants(arn, {**allow("sts:AssumeRole", on), "Sid": "AssumeRole"})

    nonprod = Group(*group("PSKNonprodServiceAccountGroup", nonprod_reaches))
    prod = Group(*group("PSKProdServiceAccountGroup", (STATE, NONPROD, PROD)))
    root = trusts(f"arn:aws:iam::{STATE}:root", "sts:AssumeRole", "sts:TagSession")
    roles = [
        role(
            f"arn:aws:iam::{account}:role/PSKRoles/{name}",
            {**root, "Sid": "TrustRoleAndServiceToAssume"},
            {**allow(actions), "Sid": name},
        )
        for account in (STATE, NONPROD, PROD)
        for name, actions in PERMISSIONS.items()
    ]
    people = [user(SERVICE_ACCOUNT, groups=(nonprod.arn,)), user(PROD_ACCOUNT, groups=(prod.arn,))]
    return world(*people, nonprod, prod, *roles)


def test_the_nonprod_service_account_makes_itself_the_prod_ones_key() -> None:
    (result,) = prove(lineage(STATE, NONPROD), [RULE]).results
    assert isinstance(result, Refuted)
    assert [(hop.step, hop.gained.of.rpartition("/")[2]) for hop in result.path][:2] == [
        ("sts-assume-role", "PSKIamProfilesRole"),
        ("iam-create-access-key", "PSKProdServiceAccount"),
    ]
    last = result.path[-1]
    assert (last.caller, last.step, len(result.path)) == (PROD_ACCOUNT, "sts-assume-role", 3)


def test_it_is_proved_when_state_is_out_of_nonprods_reach() -> None:
    (result,) = prove(lineage(NONPROD), [RULE]).results
    assert isinstance(result, Proof)
