"""The smallest organisation that has everything, to be varied by tests of single rules."""

from datetime import date, timedelta

from iam_profiles.model import (
    Account,
    Grant,
    Group,
    IsolationRule,
    Organization,
    Person,
    Profiles,
    Quotas,
    Role,
    ServiceUser,
    Statement,
    Team,
    TrustedService,
)
from iam_profiles.names import (
    AccountId,
    AccountName,
    GroupName,
    IdentityClass,
    RoleName,
    TeamName,
    TierName,
    UserName,
)

TEAM = TeamName("payments")
ROLE = RoleName("DeployRole")
IDLE_ROLE = RoleName("IdleRole")
ANA, LI = UserName("ana"), UserName("li")
NONPROD_MACHINE, PROD_MACHINE = UserName("ci-nonprod"), UserName("ci-prod")
STATE, SANDBOX, NONPROD, PROD = map(TierName, ("state", "sandbox", "nonprod", "prod"))
IDS = {
    STATE: AccountId("111111111111"),
    SANDBOX: AccountId("222222222222"),
    NONPROD: AccountId("333333333333"),
    PROD: AccountId("444444444444"),
}


def role(
    name: RoleName, *, services: tuple[TrustedService, ...] = (), permissions: int = 1
) -> Role:
    return Role(
        name=name,
        owner=TEAM,
        purpose="Serves a test",
        session=timedelta(hours=1),
        permissions=tuple(
            Statement(
                sid=f"Statement{n}",
                actions=("s3:GetObject",),
                resources=("arn:{partition}:s3:::{prefix}-${aws:PrincipalAccount}-{account}/*",),
            )
            for n in range(permissions)
        ),
        trusted_services=services,
    )


def organisation(
    *,
    people: tuple[str, ...] = (ANA, LI),
    expires: date | None = None,
    quotas: Quotas | None = None,
    roles: tuple[Role, ...] | None = None,
    accounts_per_tier: int = 1,
) -> Profiles:
    """Payments: people in nonprod, nonprod's machine in sandbox and nonprod, prod's everywhere."""
    accounts = [
        Account(
            name=AccountName(tier if number == 0 else f"{tier}-{number}"),
            id=AccountId(identifier if number == 0 else f"{number:09}{identifier[:3]}"),
            tier=tier,
        )
        for tier, identifier in IDS.items()
        for number in range(1 if tier == STATE else accounts_per_tier)
    ]
    group = GroupName("payments-dev")
    return Profiles(
        organization=Organization(
            name="example",
            region="eu-west-1",
            tiers=tuple(IDS),
            accounts=tuple(sorted(accounts, key=lambda account: account.name)),
            isolation=(
                IsolationRule(identity_class=IdentityClass.NONPROD, never_reaches=(PROD, STATE)),
            ),
            quotas=quotas or Quotas(),
        ),
        teams=(Team(name=TEAM, owners=("@example/payments",)),),
        roles=roles or (role(ROLE), role(IDLE_ROLE)),
        people=tuple(Person(name=UserName(name), team=TEAM) for name in people),
        service_users=(
            ServiceUser(
                name=NONPROD_MACHINE,
                team=TEAM,
                identity_class=IdentityClass.NONPROD,
                rotate_after=timedelta(days=7),
            ),
            ServiceUser(name=PROD_MACHINE, team=TEAM, identity_class=IdentityClass.PROD),
        ),
        groups=(Group(name=group, team=TEAM, people=tuple(map(UserName, people))),),
        grants=(
            Grant(team=TEAM, group=group, role=ROLE, on=(NONPROD,), mfa=True, expires=expires),
            Grant(
                team=TEAM, service_user=NONPROD_MACHINE, role=ROLE, on=(NONPROD, SANDBOX), mfa=False
            ),
            Grant(team=TEAM, service_user=PROD_MACHINE, role=ROLE, on=tuple(IDS), mfa=False),
        ),
    )
