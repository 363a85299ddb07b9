"""For each step of the catalogue, the smallest world in which it alone opens a way to a goal."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from access.catalogue import Gain, Kind, On, Step, Target, steps
from access.rule import Rule
from access.world import Account, Credential, Document, Grants, Group, Role, User, World

HERE, THERE = "111111111111", "222222222222"
START, GOAL = (f"arn:aws:iam::{HERE}:user/{name}" for name in ("start", "goal"))
STAIR, OFFICE = f"arn:aws:iam::{HERE}:role/Stair", f"arn:aws:iam::{HERE}:role/Office"
AWAY = f"arn:aws:iam::{THERE}:role/Away"
STAFF = f"arn:aws:iam::{HERE}:group/staff"
OWN = f"arn:aws:iam::{HERE}:policy/Own"
KEY = f"arn:aws:kms:eu-west-1:{HERE}:key/1"
STORES = {
    "secretsmanager": f"arn:aws:secretsmanager:eu-west-1:{HERE}:secret:key-a1b2c3",
    "ssm": f"arn:aws:ssm:eu-west-1:{HERE}:parameter/key",
    "s3": "arn:aws:s3:::state/key.json",
    "lambda": f"arn:aws:lambda:eu-west-1:{HERE}:function:keeper",
    "dynamodb": f"arn:aws:dynamodb:eu-west-1:{HERE}:table/keys",
    "ec2": f"arn:aws:ec2:eu-west-1:{HERE}:instance/i-1",
    "codebuild": f"arn:aws:codebuild:eu-west-1:{HERE}:project/build",
    "ecs": f"arn:aws:ecs:eu-west-1:{HERE}:task-definition/keeper:1",
    "batch": f"arn:aws:batch:eu-west-1:{HERE}:job-definition/keeper:1",
    "apprunner": f"arn:aws:apprunner:eu-west-1:{HERE}:service/keeper/1",
    "cloudformation": f"arn:aws:cloudformation:eu-west-1:{HERE}:stack/keeper/1",
}
READS = {
    "secretsmanager": "secretsmanager:GetSecretValue",
    "ssm": "ssm:GetParameter",
    "s3": "s3:GetObject",
}
PROVIDERS = {
    "*:saml-provider/*": f"arn:aws:iam::{HERE}:saml-provider/Company",
    "*:oidc-provider/*": f"arn:aws:iam::{HERE}:oidc-provider/token.example.org",
    "*oidc-provider/oidc.eks.*": f"arn:aws:iam::{HERE}:oidc-provider/oidc.eks.amazonaws.com/id/1",
    "*cognito-identity.*": "cognito-identity.amazonaws.com",
    "*.tokens.sts.global.api.aws": f"arn:aws:iam::{HERE}:oidc-provider/1.tokens.sts.global.api.aws",
}
HELPERS = tuple(
    step
    for step in steps()
    if step.id
    in {
        "sts-assume-role",
        "iam-create-access-key",
        *("iam-create-login-profile", "kms-decrypt"),
        *("secretsmanager-get-secret-value", "ssm-get-parameter", "s3-get-object"),
    }
)
"""What the worlds need besides the step that each is about."""


def policy(*statements: dict[str, Any]) -> Document:
    return Document.of({"Version": "2012-10-17", "Statement": list(statements)}, name="a policy")


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


def trusting(
    principal: Any, action: str = "sts:AssumeRole", condition: dict[str, Any] | None = None
) -> Document:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return policy({**statement, **({"Condition": condition} if condition else {})})


NOBODY = policy({**deny("sts:*"), "Principal": "*"} | {"Resource": "*"})
BY_START = trusting({"AWS": START})


@dataclass(frozen=True, slots=True)
class Case:
    """A world, and whom its user `start` must not be able to reach in it."""

    world: World
    goal: str = GOAL

    @property
    def rule(self) -> Rule:
        return Rule.of((START,), (self.goal,))


@dataclass(slots=True)
class Parts:
    """A world of two users, to be completed: `may` is what the step takes, for `start`."""

    may: dict[str, Any]
    start: User = field(init=False)
    roles: list[Role] = field(default_factory=list[Role])
    groups: list[Group] = field(default_factory=list[Group])
    policies: dict[str, Document] = field(default_factory=dict[str, Document])
    resources: dict[str, Document] = field(default_factory=dict[str, Document])
    credentials: tuple[Credential, ...] = ()
    here: Account = field(default_factory=Account)

    def __post_init__(self) -> None:
        self.start = User(START, Grants((policy(self.may),)))

    def also(self, *documents: Document) -> None:
        """Give `start` more inline policies."""
        grants = self.start.grants
        self.start = replace(self.start, grants=replace(grants, inline=grants.inline + documents))

    def case(self, goal: str = GOAL) -> Case:
        return Case(
            World(
                accounts={HERE: self.here, THERE: Account("o-example")},
                users={START: self.start, GOAL: User(GOAL)},
                groups={group.arn: group for group in self.groups},
                roles={role.arn: role for role in (*self.roles, Role(AWAY, NOBODY))},
                policies=self.policies,
                resources=self.resources,
                credentials=self.credentials,
            ),
            goal,
        )


def case(step: Step) -> Case:
    """Return the world in which `start` reaches the goal by the step, and by nothing else."""
    first, *others = (need.action for need in step.needs)
    parts = Parts(allow(first, *others))
    if step.id.startswith("iam-rename-") and others:
        # What may be done to others than the target, until that has the name of one of them.
        also = allow(*others) | {"Resource": f"arn:aws:iam::{HERE}:*/other"}
        parts = Parts(allow(first))
        parts.also(policy(also))
    if any(need.on is On.COPY for need in step.needs):
        # What may be read is another Region's only.
        away = STORES["secretsmanager"].replace("eu-west-1", "eu-west-2")
        parts = Parts(allow(first))
        parts.also(policy(allow(*others) | {"Resource": away}))
    if step.kind is Kind.PASS:
        parts.roles = [Role(OFFICE, _served(step.services))]
        return parts.case(OFFICE)
    if step.target in (Target.STORE, Target.KEY):
        return _stored(step, parts)
    if step.target in (Target.ACCOUNT, Target.MEMBER):
        return _whole(step, parts)
    return {
        Gain.CONTROL: _controlled,
        Gain.GRANT: _granted,
        Gain.DETACH: _detached,
        Gain.UNBIND: _unbound,
        Gain.REWRITE: _rewritten,
        Gain.JOIN: _joined,
        Gain.LEAVE: _left,
        Gain.RETRUST: _retrusted,
        Gain.TAG: _tagged,
        Gain.ENROL: _enrolled,
        Gain.MINT: _minted,
        Gain.RENAME: _minted,
        Gain.VOUCH: _vouched,
    }[step.gain](step, parts)


def _served(services: Iterable[str]) -> Document:
    return trusting({"Service": sorted(services)})


def _controlled(step: Step, parts: Parts) -> Case:
    if step.target is Target.USER:
        return parts.case()
    parts.roles = [Role(OFFICE, NOBODY if "CreateRole" in step.needs[0].action else BY_START)]
    return parts.case(OFFICE)


def _granted(step: Step, parts: Parts) -> Case:
    if step.target is Target.ROLE:
        parts.roles = [Role(STAIR, BY_START)]
    if step.target is Target.GROUP:
        parts.groups = [Group(STAFF)]
        parts.start = replace(parts.start, groups=(STAFF,))
    return parts.case()


def _detached(step: Step, parts: Parts) -> Case:
    keys = policy(allow("iam:CreateAccessKey"), deny("iam:CreateAccessKey"))
    if step.target is Target.USER:
        parts.also(keys)
    if step.target is Target.ROLE:
        parts.roles = [Role(STAIR, BY_START, Grants((keys,)))]
    if step.target is Target.GROUP:
        parts.groups = [Group(STAFF, Grants((keys,)))]
        parts.start = replace(parts.start, groups=(STAFF,))
    return parts.case()


def _unbound(step: Step, parts: Parts) -> Case:
    parts.policies = {OWN: policy(parts.may)}
    keys = policy(allow("iam:CreateAccessKey"))
    if step.target is Target.USER:
        parts.also(keys)
        parts.start = replace(parts.start, boundary=OWN)
    else:
        parts.roles = [Role(STAIR, BY_START, Grants((keys,)), boundary=OWN)]
    return parts.case()


def _rewritten(step: Step, parts: Parts) -> Case:
    assert step.target is Target.POLICY
    parts.policies = {OWN: policy(allow("s3:ListAllMyBuckets"))}
    parts.start = replace(parts.start, grants=replace(parts.start.grants, managed=(OWN,)))
    return parts.case()


def _joined(step: Step, parts: Parts) -> Case:
    assert step.target is Target.GROUP
    parts.groups = [Group(STAFF, Grants((policy(allow("iam:CreateAccessKey")),)))]
    return parts.case()


def _left(step: Step, parts: Parts) -> Case:
    assert step.target is Target.GROUP
    parts.also(policy(allow("iam:CreateAccessKey")))
    parts.groups = [Group(STAFF, Grants((policy(deny("iam:CreateAccessKey")),)))]
    parts.start = replace(parts.start, groups=(STAFF,))
    return parts.case()


def _retrusted(step: Step, parts: Parts) -> Case:
    assert step.target is Target.ROLE
    parts.roles = [Role(OFFICE, NOBODY)]
    return parts.case(OFFICE)


def _tagged(step: Step, parts: Parts) -> Case:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "office"}}
    if step.target is Target.USER:
        parts.roles = [Role(OFFICE, trusting({"AWS": START}, condition=tagged))]
    else:
        parts.roles = [
            Role(STAIR, BY_START),
            Role(OFFICE, trusting({"AWS": STAIR}, condition=tagged)),
        ]
    return parts.case(OFFICE)


def _enrolled(step: Step, parts: Parts) -> Case:
    assert step.target is Target.USER
    parts.start = replace(parts.start, mfa=False)
    second = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    parts.roles = [Role(OFFICE, trusting({"AWS": START}, condition=second))]
    return parts.case(OFFICE)


def _minted(step: Step, parts: Parts) -> Case:
    if step.id == "sts-get-federation-token":
        secret = STORES["secretsmanager"]
        guest = {"AWS": f"arn:aws:sts::{HERE}:federated-user/guest"}
        opened = {**allow(READS["secretsmanager"]), "Principal": guest}
        parts.resources = {secret: policy(opened)}
        parts.credentials = (Credential(secret, GOAL),)
        return parts.case()
    new = f"arn:aws:iam::{HERE}:{step.target.value}/new"
    parts.roles = [Role(OFFICE, trusting("*", condition={"ArnEquals": {"aws:PrincipalArn": new}}))]
    return parts.case(OFFICE)


def _vouched(step: Step, parts: Parts) -> Case:
    provider = PROVIDERS[step.among]
    web = "sts:AssumeRoleWithSAML" if "saml" in provider else "sts:AssumeRoleWithWebIdentity"
    parts.roles = [Role(OFFICE, trusting({"Federated": provider}, web))]
    return parts.case(OFFICE)


def _whole(step: Step, parts: Parts) -> Case:
    if step.gain is Gain.UNLOCK:
        limits = policy(allow("*"), deny("iam:CreateAccessKey"))
        parts.here = Account("o-example", scps=((limits,),), delegated=True)
        parts.also(policy(allow("iam:CreateAccessKey")))
        return parts.case()
    parts.here = Account("o-example", management=True)
    return parts.case(AWAY if step.target is Target.MEMBER else GOAL)


def _stored(step: Step, parts: Parts) -> Case:
    service = step.needs[0].action.partition(":")[0]
    store = STORES.get(service, STORES["secretsmanager"])
    if ":launch-template/" in step.among:
        store = f"arn:aws:ec2:eu-west-1:{HERE}:launch-template/lt-1"
    key = KEY if step.target is Target.KEY else None
    parts.credentials = (Credential(store, GOAL, key),)
    shut = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    if step.target is Target.KEY:
        # Whoever may read the secret still needs the key.
        parts.also(policy(allow(READS["secretsmanager"], "kms:Decrypt")))
        opened = step.gain is Gain.REWRITE
        parts.resources = {
            KEY: policy(_open_key(), *([{**shut, "Action": "kms:Decrypt"}] if opened else []))
        }
        parts.start = replace(parts.start, grants=Grants((policy(parts.may), _reading(step))))
    elif step.gain is Gain.REWRITE:
        held = store.partition("/")[0] if service == "s3" else store
        parts.resources = {held: policy({**shut, "Action": READS[service]})}
        parts.also(policy(allow(READS[service])))
    return parts.case()


def _open_key() -> dict[str, Any]:
    return {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{HERE}:root"}}


def _reading(step: Step) -> Document:
    also = ("kms:Decrypt",) if step.gain is Gain.REWRITE else ()
    return policy(allow(READS["secretsmanager"], *also))
