"""The policies that generated organisations are made of, as AWS's accounts have them."""

from collections.abc import Sequence

from benchmarks.proof.shape import ORGANIZATION, Place

Json = dict[str, object]
AWS = "arn:aws:iam::aws:policy"


def policy(*statements: Json) -> Json:
    """Return the document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    actions: str | Sequence[str],
    resources: str | Sequence[str] = "*",
    conditions: Json | None = None,
    *,
    sid: str = "",
) -> Json:
    """Return an Allow."""
    return _statement("Allow", sid, conditions, Action=actions, Resource=resources)


def deny(
    actions: str | Sequence[str],
    resources: str | Sequence[str] = "*",
    conditions: Json | None = None,
    *,
    sid: str = "",
) -> Json:
    """Return a Deny."""
    return _statement("Deny", sid, conditions, Action=actions, Resource=resources)


def admit(principal: Json | str, conditions: Json | None = None, *, sid: str = "") -> Json:
    """Return the statement of a trust policy that lets a principal in."""
    return _statement("Allow", sid, conditions, Principal=principal, Action="sts:AssumeRole")


def _statement(effect: str, sid: str, conditions: Json | None, **elements: object) -> Json:
    named = {"Sid": sid} if sid else {}
    conditional = {"Condition": conditions} if conditions else {}
    return {**named, "Effect": effect, **elements, **conditional}


def serve(*services: str) -> Json:
    """Return the trust policy of a role that services of AWS run."""
    names = [f"{service}.amazonaws.com" for service in services]
    return policy(admit({"Service": names[0] if len(names) == 1 else names}))


def callers(account: str, *who: str, **more: str | Json) -> Json:
    """Return the statement that admits these principals of an account, and nobody else of it."""
    operator = "ArnLike" if any("*" in one for one in who) else "ArnEquals"
    conditions: Json = {
        operator: {"aws:PrincipalArn": list(who)},
        "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION},
    }
    for name, value in more.items():
        conditions[name] = value
    return admit({"AWS": f"arn:aws:iam::{account}:root"}, conditions, sid="Callers")


MFA: Json = {"aws:MultiFactorAuthPresent": "true"}

POWER_USER = policy(
    {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
    allow(
        [
            *("account:GetAccountInformation", "account:GetPrimaryEmail", "account:ListRegions"),
            *("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"),
            "organizations:DescribeOrganization",
        ]
    ),
)
ADMINISTRATOR = policy(allow("*"))
MANAGED_INSTANCE = policy(
    allow(
        [
            *("ssm:DescribeAssociation", "ssm:GetDeployablePatchSnapshotForInstance"),
            *("ssm:GetDocument", "ssm:DescribeDocument", "ssm:GetManifest", "ssm:PutInventory"),
            *("ssm:ListAssociations", "ssm:PutComplianceItems", "ssm:UpdateInstanceInformation"),
        ]
    ),
    allow(["ssmmessages:CreateControlChannel", "ssmmessages:OpenDataChannel"]),
    allow(["ec2messages:AcknowledgeMessage", "ec2messages:GetMessages", "ec2messages:SendReply"]),
)
BASIC_EXECUTION = policy(
    allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
)
AUDIT = policy(
    allow(
        [
            *("access-analyzer:List*", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
            *(
                "config:Describe*",
                "ec2:Describe*",
                "guardduty:List*",
                "iam:GenerateCredentialReport",
            ),
            *("iam:Get*", "iam:List*", "kms:Describe*", "kms:List*", "lambda:GetPolicy"),
            *("s3:GetBucketPolicy", "s3:ListAllMyBuckets", "secretsmanager:ListSecrets"),
        ]
    )
)
MANAGED = {
    f"{AWS}/PowerUserAccess": POWER_USER,
    f"{AWS}/AdministratorAccess": ADMINISTRATOR,
    f"{AWS}/AmazonSSMManagedInstanceCore": MANAGED_INSTANCE,
    f"{AWS}/service-role/AWSLambdaBasicExecutionRole": BASIC_EXECUTION,
    f"{AWS}/SecurityAudit": AUDIT,
}
"""AWS's own policies, as far as the organisations use them."""


def workload_boundary(account: str) -> Json:
    """Return the boundary of what provisioners make: data and code, no IAM but passing on."""
    return policy(
        allow(
            [
                *("s3:*", "dynamodb:*", "sqs:*", "sns:*", "lambda:*", "ec2:*", "ecs:*", "ssm:*"),
                *("logs:*", "kms:Decrypt", "secretsmanager:GetSecretValue", "ec2messages:*"),
                "ssmmessages:*",
            ],
            sid="Workloads",
        ),
        allow("iam:PassRole", f"arn:aws:iam::{account}:role/app/*", sid="PassApplications"),
        deny("sts:AssumeRole", "arn:aws:iam::*:role/prod/*", sid="NeverProd"),
    )


def provisioning(place: Place) -> Json:
    """Return what sets applications up: roles of any kind, roles within a boundary, or none."""
    actions = [
        *("iam:CreateRole", "iam:DeleteRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"),
        *("iam:DetachRolePolicy", "iam:TagRole", "iam:UpdateAssumeRolePolicy"),
    ]
    if not place.bounded:
        return policy(allow([*actions, "iam:CreatePolicyVersion"], sid="Provision"))
    keeping = deny("iam:DeleteRolePermissionsBoundary", sid="KeepBoundaries")
    if place.tier != "prod":
        stacks = ["cloudformation:CreateStack", "cloudformation:UpdateStack"]
        passing = allow("iam:PassRole", place.arn("role", "app/*"), sid="PassApplications")
        return policy(allow(stacks, sid="Stacks"), passing, keeping)
    bound: Json = {
        "StringEquals": {"iam:PermissionsBoundary": place.arn("policy", "WorkloadBoundary")}
    }
    own = place.arn("role", "app/*")
    return policy(allow(actions, own, bound, sid="ProvisionBounded"), keeping)


def deploying(place: Place) -> Json:
    """Return what a pipeline's role may do besides: pass application roles, and go on."""
    services: Json = {
        "StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}
    }
    return policy(
        allow("iam:PassRole", place.arn("role", "app/*"), services, sid="PassApplications"),
        allow("sts:AssumeRole", place.arn("role", f"{place.tier}/Release"), sid="GoOn"),
        deny(["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], sid="KeepTheTrail"),
    )
