"""The accounts of a generated organisation, each as `get-account-authorization-details` has it."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from benchmarks.proof.identities import groups, team_name, users
from benchmarks.proof.policies import (
    AWS,
    MANAGED,
    MFA,
    Json,
    admit,
    allow,
    callers,
    deny,
    deploying,
    policy,
    provisioning,
    serve,
    workload_boundary,
)
from benchmarks.proof.shape import FIXED, ORGANIZATION, Place, Shape, unique_id

_CREATED = "2026-01-07T09:30:00+00:00"
_SERVICES = ("ec2", "lambda", "ecs-tasks", "states", "glue")
_WORK = (
    ("orders", "dynamodb", "table"),
    ("ledger", "s3", "bucket"),
    ("mails", "sqs", "queue"),
    ("search", "dynamodb", "table"),
    ("media", "s3", "bucket"),
    ("events", "sns", "topic"),
)


def details(shape: Shape, place: Place, state: Place) -> Json:
    """Return the export of one account."""
    random = Random(f"{shape.seed} {place.number}")  # noqa: S311 figures, not secrets
    roles = list(_state_roles(place) if place is state else _team_roles(place, state))
    roles += (_application(place, number, random) for number in range(shape.roles - len(roles)))
    own = {
        place.arn("policy", "WorkloadBoundary"): workload_boundary(place.id),
        place.arn("policy", "ReadApplications"): _reading(place),
    }
    people, belonging = (), ()
    if place is state:
        people, belonging = tuple(users(shape, state)), tuple(groups(state))
        own[place.arn("policy", "MachineBoundary")] = policy(
            allow("sts:AssumeRole", "arn:aws:iam::*:role/*", sid="AssumeOnly"),
            allow(["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]),
        )
    return {
        "UserDetailList": list(people),
        "GroupDetailList": list(belonging),
        "RoleDetailList": roles,
        "Policies": [_managed(arn, document) for arn, document in (own | MANAGED).items()],
        "IsTruncated": False,
    }


def role(  # noqa: PLR0913 as many parts as a role has
    place: Place,
    name: str,
    trust: Json,
    *,
    inline: Mapping[str, Json] | None = None,
    attached: Sequence[str] = (),
    boundary: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Json:
    """Return a role as an export has it; `name` has its path."""
    arn = place.arn("role", name)
    path, _, last = name.rpartition("/")
    bound: Json = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": boundary,
    }
    every = {"tier": place.tier, "owner": team_name(place.team), **(tags or {})}
    return {
        "Path": f"/{path}/",
        "RoleName": last,
        "RoleId": unique_id("AROA", arn),
        "Arn": arn,
        "CreateDate": _CREATED,
        "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [],
        "RolePolicyList": [
            {"PolicyName": title, "PolicyDocument": document}
            for title, document in (inline or {}).items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in attached
        ],
        **({"PermissionsBoundary": bound} if boundary else {}),
        "Tags": [{"Key": key, "Value": value} for key, value in every.items()],
        "RoleLastUsed": {"LastUsedDate": _CREATED, "Region": "eu-west-1"},
    }


def _managed(arn: str, document: Json) -> Json:
    name = arn.rpartition("/")[2]
    return {
        "PolicyName": name,
        "PolicyId": unique_id("ANPA", arn),
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": _CREATED,
        "UpdateDate": _CREATED,
        "PolicyVersionList": [
            {
                "Document": document,
                "VersionId": "v1",
                "IsDefaultVersion": True,
                "CreateDate": _CREATED,
            }
        ],
    }


def _reading(place: Place) -> Json:
    return policy(
        allow(
            ["cloudwatch:Get*", "dynamodb:DescribeTable", "logs:FilterLogEvents", "s3:ListBucket"]
        ),
        deny(["secretsmanager:GetSecretValue", "ssm:GetParameter*"], sid="NoSecrets"),
        deny("kms:Decrypt", f"arn:aws:kms:*:{place.id}:key/*", sid="NoDecryption"),
    )


def _state_roles(state: Place) -> Iterator[Json]:
    """Yield the roles of the state account, which nonprod machines never come to act as."""
    people = state.arn("user", "people/*")
    yield role(
        state,
        "audit/Auditor",
        policy(callers(state.id, people, Bool=MFA)),
        inline={"audit": policy(allow("sts:AssumeRole", "arn:aws:iam::*:role/audit/Audit"))},
        attached=[f"{AWS}/SecurityAudit"],
    )
    keys = ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]
    machines = [state.arn("user", "nonprod/*"), state.arn("user", "prod/*")]
    yield role(
        state,
        "engine/Rotator",
        serve("lambda"),
        inline={
            "rotate": policy(
                allow(keys, machines, sid="RotateKeys"),
                allow("secretsmanager:PutSecretValue", sid="StoreKeys"),
            )
        },
    )
    yield role(
        state,
        "engine/Profiles",
        policy(callers(state.id, state.arn("user", f"prod/{team_name(0)}-prod-002"))),
        inline={"profiles": policy(allow(["iam:*"], sid="WriteProfiles"))},
    )
    yield role(
        state,
        "people/BreakGlass",
        policy(
            callers(state.id, people, Bool=MFA, StringLike={"aws:PrincipalTag/oncall": "platform*"})
        ),
        attached=[f"{AWS}/AdministratorAccess"],
    )


def _team_roles(place: Place, state: Place) -> Iterator[Json]:
    """Yield the roles that every account of a team has: `FIXED` of them."""
    team, tier = team_name(place.team), place.tier
    machines = state.arn("user", f"{'prod' if tier == 'prod' else 'nonprod'}/{team}-*")
    people = state.arn("user", f"people/{team}-*")
    tagged: Json = {"aws:PrincipalTag/class": "prod"}
    more: dict[str, Json] = {"StringLike": tagged} if tier == "prod" else {}
    yield role(
        place,
        f"{tier}/Deploy",
        policy(callers(state.id, machines, **more)),
        inline={"deploy": deploying(place)},
        attached=[f"{AWS}/PowerUserAccess"],
    )
    yield role(
        place,
        f"{tier}/Release",
        policy(
            admit({"AWS": place.arn("role", f"{tier}/Deploy")}, sid="Deploy"),
            admit({"AWS": place.arn("role", f"{tier}/Promote")}, sid="Promote"),
        ),
        inline={"release": _releasing(place)},
    )
    yield role(place, f"{tier}/Promote", _promotion(place), inline={"go-on": deploying(place)})
    yield role(
        place,
        f"{tier}/Provisioner",
        policy(admit({"AWS": place.arn("role", f"{tier}/Release")}, sid="Release")),
        inline={"provision": provisioning(place)},
    )
    yield role(
        place,
        "people/ReadOnly",
        policy(callers(state.id, people, Bool=MFA)),
        attached=[place.arn("policy", "ReadApplications")],
    )
    yield role(
        place,
        "people/BreakGlass",
        policy(callers(state.id, people, Bool=MFA, StringLike={"aws:PrincipalTag/oncall": team})),
        attached=[f"{AWS}/AdministratorAccess"],
    )
    yield role(
        place,
        "audit/Audit",
        policy(
            admit(
                {"AWS": state.arn("role", "audit/Auditor")},
                {"StringEquals": {"sts:ExternalId": f"audit-{place.id}"}},
                sid="Auditor",
            )
        ),
        attached=[f"{AWS}/SecurityAudit"],
    )
    yield role(place, "engine/Secrets", serve("lambda"), inline={"read": _secrets(place)})


def _releasing(place: Place) -> Json:
    """Return what a release does: provision here, promote into the next account of the tier."""
    return policy(
        allow("sts:AssumeRole", place.arn("role", f"{place.tier}/Provisioner"), sid="Provision"),
        allow("sts:AssumeRole", f"arn:aws:iam::*:role/{place.tier}/Promote", sid="Promote"),
        allow(["codedeploy:CreateDeployment", "ecs:UpdateService", "lambda:UpdateAlias"]),
    )


def _promotion(place: Place) -> Json:
    """Return the trust in the release of the account before, named by ARN or by a condition."""
    before = place.before or place.id
    release = f"arn:aws:iam::{before}:role/{place.tier}/Release"
    if place.number % 2:
        external: Json = {"StringEquals": {"sts:ExternalId": f"promote-{place.id}"}}
        return policy(admit({"AWS": release}, external, sid="Before"))
    conditions: Json = {
        "ArnEquals": {"aws:PrincipalArn": release},
        "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION},
    }
    return policy(admit({"AWS": "*"}, conditions, sid="Before"))


def _secrets(place: Place) -> Json:
    return policy(
        allow(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:eu-west-1:{place.id}:secret:app/*",
            sid="ReadSecrets",
        ),
        allow("kms:Decrypt", f"arn:aws:kms:eu-west-1:{place.id}:key/*", sid="Decrypt"),
    )


def _application(place: Place, number: int, random: Random) -> Json:
    """Return the role of an application: what runs it, and the data of its own."""
    work, service, kind = random.choice(_WORK)
    runner = random.choice(_SERVICES)
    name = f"{work}-{number:02d}"
    data = f"arn:aws:{service}:eu-west-1:{place.id}:{kind}/{name}"
    if service == "s3":
        data = f"arn:aws:s3:::{name}-{place.id}/*"
    verbs = random.sample(("Get*", "Put*", "List*", "Delete*", "Describe*", "Tag*"), k=3)
    statements = [
        allow([f"{service}:{verb}" for verb in verbs], data, sid="OwnData"),
        allow(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:eu-west-1:{place.id}:secret:app/{name}-*",
            {"StringEquals": {"aws:ResourceTag/owner": "${aws:PrincipalTag/owner}"}},
            sid="OwnSecrets",
        ),
    ]
    if random.random() < 0.2:  # noqa: PLR2004 a fifth of them
        insecure: Json = {"Bool": {"aws:SecureTransport": "false"}}
        statements.append(deny(f"{service}:*", "*", insecure, sid="OnlyByTls"))
    if random.random() < 0.1:  # noqa: PLR2004 a tenth of them
        invoked = f"arn:aws:lambda:eu-west-1:{place.id}:function:{work}-*"
        statements.append(allow("lambda:InvokeFunction", invoked, sid="CallOthers"))
    bounded = place.bounded or random.random() < 0.5  # noqa: PLR2004 half of the others
    managed = "AmazonSSMManagedInstanceCore" if runner == "ec2" else ""
    managed = "service-role/AWSLambdaBasicExecutionRole" if runner == "lambda" else managed
    return role(
        place,
        f"app/{name}",
        serve(runner) if random.random() < 0.9 else serve(runner, "events"),  # noqa: PLR2004 most
        inline={"own": policy(*statements)},
        attached=[f"{AWS}/{managed}"] if managed else [],
        boundary=place.arn("policy", "WorkloadBoundary") if bounded else None,
        tags={"application": name},
    )


__all__ = ["FIXED", "details", "role"]
