"""Small random organisations: consistent, as `load` would have let them through."""

from datetime import date, timedelta

from hypothesis import strategies as st

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

TIERS = tuple(map(TierName, ("state", "sandbox", "nonprod", "prod")))
TEAM = TeamName("platform")
FORBIDDEN_TO_NONPROD = (TierName("prod"), TierName("state"))
ACTIONS = tuple(f"s3:{verb}Object{kind}" for verb in ("Get", "Put", "Delete") for kind in range(40))

actions = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=90, unique=True).map(tuple)
resources = st.lists(
    st.integers(0, 500).map(
        lambda n: f"arn:{{partition}}:s3:{{region}}:{{account}}:{{prefix}}-bucket-{n}"
    ),
    min_size=1,
    max_size=60,
    unique=True,
).map(tuple)


def _names(stem: str, most: int) -> st.SearchStrategy[list[str]]:
    return st.integers(1, most).map(lambda count: [f"{stem}-{n:03}" for n in range(count)])


@st.composite
def organizations(draw: st.DrawFn) -> Organization:
    extra = draw(st.lists(st.sampled_from(TIERS[1:]), max_size=3))
    accounts = [
        Account(
            name=AccountName(f"{tier}-{number}"),
            id=AccountId(f"{number + 1:012}"),
            tier=TierName(tier),
        )
        for number, tier in enumerate([*TIERS, *extra])
    ]
    return Organization(
        name="example",
        region="eu-west-1",
        prefix=draw(st.sampled_from(["Platform", "X"])),
        partition=draw(st.sampled_from(["aws", "aws-us-gov"])),
        tiers=TIERS,
        accounts=tuple(sorted(accounts, key=lambda account: account.name)),
        isolation=(
            IsolationRule(identity_class=IdentityClass.NONPROD, never_reaches=FORBIDDEN_TO_NONPROD),
        ),
        quotas=Quotas(trust_policy_characters=draw(st.sampled_from([1500, 2048, 8192]))),
    )


@st.composite
def roles(draw: st.DrawFn, name: str) -> Role:
    service = TrustedService(service="pods.eks.amazonaws.com", actions=("sts:AssumeRole",))
    return Role(
        name=RoleName(name),
        owner=TEAM,
        purpose="Serves a test",
        session=timedelta(hours=draw(st.integers(1, 12))),
        permissions=tuple(
            Statement(sid=f"S{n}x", actions=draw(actions), resources=draw(resources))
            for n in range(draw(st.integers(1, 3)))
        ),
        trusted_services=(service,) if draw(st.booleans()) else (),
    )


@st.composite
def profiles(draw: st.DrawFn) -> Profiles:
    role_names = draw(_names("Role", 3))
    people = draw(_names("person", 30))
    groups = draw(_names("group", 3))
    machines = draw(_names("machine", 4))
    classes = {
        name: draw(st.sampled_from([IdentityClass.NONPROD, IdentityClass.PROD]))
        for name in machines
    }
    return Profiles(
        organization=draw(organizations()),
        teams=(Team(name=TEAM, owners=("@example/platform",)),),
        roles=tuple(draw(roles(name)) for name in role_names),
        people=tuple(Person(name=UserName(name), team=TEAM) for name in people),
        service_users=tuple(
            ServiceUser(name=UserName(name), team=TEAM, identity_class=classes[name])
            for name in machines
        ),
        groups=tuple(
            Group(
                name=GroupName(name),
                team=TEAM,
                people=tuple(
                    map(UserName, sorted(draw(st.sets(st.sampled_from(people), max_size=30))))
                ),
            )
            for name in groups
        ),
        grants=tuple(draw(st.lists(_grants(role_names, groups, classes), max_size=8, unique=True))),
    )


@st.composite
def _grants(
    draw: st.DrawFn, role_names: list[str], groups: list[str], classes: dict[str, IdentityClass]
) -> Grant:
    role = RoleName(draw(st.sampled_from(role_names)))
    expires = draw(st.none() | st.dates(min_value=date(2026, 1, 1), max_value=date.max))
    if draw(st.booleans()):
        group, user, tiers = GroupName(draw(st.sampled_from(groups))), None, TIERS
    else:
        group, user = None, UserName(draw(st.sampled_from(sorted(classes))))
        nonprod = classes[user] is IdentityClass.NONPROD
        tiers = tuple(tier for tier in TIERS if not (nonprod and tier in FORBIDDEN_TO_NONPROD))
    return Grant(
        team=TEAM,
        group=group,
        service_user=user,
        role=role,
        on=tuple(sorted(draw(st.sets(st.sampled_from(tiers), min_size=1)))),
        mfa=group is not None,
        expires=expires,
    )
