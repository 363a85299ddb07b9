"""Attackers' worlds of steps: remade principals, stored credentials, services, hostile policies."""

from collections.abc import Sequence
from typing import Any

import pytest

from access.prove import Answer
from tests.access.attacks import (
    BOUND,
    GUIDE,
    R0,
    ROOT,
    SERVED,
    WEB,
    Attack,
    Json,
    U,
    about,
    admit,
    answer,
    group,
    limits,
    managed,
    pair,
    role,
    stored,
    user,
)
from tests.access.small_world import ASSUME, PROD, STATE, N, R, allow, deny

DOCS = "https://docs.aws.amazon.com/"
ISSUER = f"arn:aws:iam::{STATE}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:ci-a1b2c3"
PARAMETER = f"arn:aws:ssm:eu-west-1:{STATE}:parameter/ci/prod/key"
PATHS = f"{DOCS}systems-manager/latest/userguide/ps-retrieval-authorization.html"
PIN = {"aws:PrincipalArn": [U, R0]}
EC2 = {"Service": "ec2.amazonaws.com"}


def remade(id_: str, page: str, kind: str, arn: str, *actions: str) -> Attack:
    """Return a case of a principal that is made anew without its boundary."""
    bound = [managed(allow("s3:*")), role(R, admit(ROOT, ArnEquals=PIN))]
    there = user(arn=U, boundary=BOUND) if kind == "User" else role(R0, admit(EC2), boundary=BOUND)
    may = [f"iam:Create{kind}", f"iam:Attach{kind}Policy", *actions]
    return Attack(
        id_,
        page,
        [*bound, there, user(allow([*may, f"iam:Delete{kind}"], arn))],
        [*bound, there, user(allow(may, arn))],
    )


def reading(
    id_: str,
    page: str,
    secret: str,
    opened: Sequence[Json],
    shut: Sequence[Json],
    **more: Any,
) -> Attack:
    """Return a case of two policies of `n`, where something stored holds the credential of `R`."""
    own = role(R, admit(f"arn:aws:iam::{PROD}:root"))
    given = {**stored(secret), **more}
    return Attack(id_, page, [user(*opened), own], [user(*shut), own], given)


def holding(service: str, resource: str, action: str, other: str) -> Attack:
    """Return a case of an action that shows what something of a service holds."""
    arn = f"arn:aws:{service}:eu-west-1:{STATE}:{resource}"
    page = f"https://docs.aws.amazon.com/service-authorization/latest/reference/list_{service}.html"
    one, two = (f"{service}:{name}" for name in (action, other))
    return reading(f"{service} shows it by {action}", page, arn, [allow(one)], [allow(two)])


REMADE = [
    remade(
        "a user made anew is under no boundary",
        f"{DOCS}IAM/latest/APIReference/API_DeleteUser.html",
        "User",
        U,
        "iam:CreateAccessKey",
    ),
    remade(
        "a role made anew is under no boundary",
        f"{DOCS}IAM/latest/APIReference/API_DeleteRole.html",
        "Role",
        R0,
        "sts:AssumeRole",
    ),
    pair(
        "a group's Deny goes with the membership",
        f"{DOCS}IAM/latest/APIReference/API_RemoveUserFromGroup.html",
        (
            [
                user(ASSUME, allow(f"iam:{one}"), groups=("g",)),
                group("g", deny("sts:*")),
                role(R, admit(ROOT)),
            ]
            for one in ("RemoveUserFromGroup", "ListGroups")
        ),
    ),
]
STORED = [
    reading(
        "a path above a parameter",
        PATHS,
        PARAMETER,
        [
            allow("ssm:GetParametersByPath", PARAMETER.replace("/prod/key", "")),
            deny("*", PARAMETER),
        ],
        [allow("ssm:GetParametersByPath", PARAMETER.replace("/prod/key", "/nonprod*"))],
    ),
    reading(
        "every path of an account",
        PATHS,
        PARAMETER,
        [allow("ssm:GetParametersByPath", PARAMETER.replace("/ci/prod/key", "/"))],
        [allow("ssm:GetParametersByPath", PARAMETER)],
    ),
    reading(
        "a secret's copy in another Region",
        f"{DOCS}secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html",
        SECRET,
        [
            allow("secretsmanager:ReplicateSecretToRegions", SECRET),
            allow("secretsmanager:GetSecretValue", SECRET.replace("eu-west-1", "us-*")),
        ],
        [allow("secretsmanager:GetSecretValue", SECRET.replace("eu-west-1", "us-*"))],
    ),
    reading(
        "a secret's own policy",
        f"{DOCS}secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
        SECRET,
        [allow("secretsmanager:GetSecretValue", f"{SECRET[:-6]}??????")],
        [allow("secretsmanager:GetSecretValue"), deny("*", f"{SECRET[:-6]}??????")],
    ),
    holding("lambda", "function:keeper", "ListFunctions", "ListLayers"),
    holding("lambda", "function:keeper", "ListVersionsByFunction", "ListTags"),
    holding("lambda", "function:keeper", "UpdateFunctionCode", "PublishLayerVersion"),
    holding("ecs", "task-definition/keeper:1", "DescribeTaskDefinition", "ListTasks"),
    holding("ec2", "launch-template/lt-1", "DescribeLaunchTemplateVersions", "DescribeVpcs"),
    holding("batch", "job-definition/keeper:1", "DescribeJobDefinitions", "ListJobs"),
    holding("apprunner", "service/keeper/1", "DescribeService", "ListServices"),
    holding("cloudformation", "stack/keeper/1", "GetTemplate", "ListStacks"),
    holding("dynamodb", "table/keys", "ExportTableToPointInTime", "ListTables"),
]
NO_READING = about("*", "*", "Deny")
LIMITED = [
    Attack(
        "an RCP does not limit Parameter Store",
        f"{DOCS}organizations/latest/userguide/orgs_manage_policies_rcps.html",
        [user(allow("ssm:GetParameter")), role(R, admit(EC2))],
        [user(allow("secretsmanager:GetSecretValue")), role(R, admit(EC2))],
        {**stored(PARAMETER), **limits("rcps", NO_READING, account=STATE)},
        {**stored(SECRET), **limits("rcps", NO_READING, account=STATE)},
    ),
]


def served(
    id_: str, page: str, service: str, opened: Sequence[Json], shut: Sequence[Json]
) -> Attack:
    """Return a case of two policies of `n`, of whose account a role trusts a service."""
    there = role(SERVED, admit({"Service": service}))
    return Attack(id_, page, [user(*opened), there], [user(*shut), there], goal=SERVED)


def running(service: str, action: str, other: str, *more: str, passed: bool = False) -> Attack:
    """Return a case of an action that runs the caller's code as a role, and one that does not."""
    passing = [allow("iam:PassRole", SERVED)] if passed else []
    page = f"{DOCS}service-authorization/latest/reference/list_{action.partition(':')[0]}.html"
    one, two = ([*passing, allow([name, *more])] for name in (action, other))
    return served(f"{action} as {service}", page, f"{service}.amazonaws.com", one, two)


def passing(*values: str, operator: str = "StringEquals") -> Json:
    return allow("iam:PassRole", SERVED, **{operator: {"iam:PassedToService": list(values)}})


NAMES = f"{GUIDE}reference_policies_elements_principal.html#principal-services"
CREATE, SEND = allow("lambda:CreateFunction"), allow("ssm:SendCommand")
KEEPING = deny("iam:PassRole", "*", StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})
SERVICES = [
    running("ec2", "ssm:RegisterTaskWithMaintenanceWindow", "ssm:GetMaintenanceWindow"),
    running("ec2", "ssm:UpdateMaintenanceWindowTask", "ssm:UpdateMaintenanceWindow"),
    running("ec2", "ssm:CreateAssociationBatch", "ssm:DescribeAssociation"),
    running("ec2", "ssm:UpdateDocument", "ssm:GetDocument"),
    running("ec2", "ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplate"),
    running("ec2", "batch:CreateComputeEnvironment", "batch:ListJobs", passed=True),
    running("rolesanywhere", "acm-pca:IssueCertificate", "acm-pca:GetCertificate"),
    running(
        "credentials.iot", "iot:CreateCertificateFromCsr", "iot:ListThings", "iot:AttachPolicy"
    ),
    running("ecs-tasks", "ecr:PutImage", "ecr:BatchGetImage"),
    running(
        "ecs-tasks", "ecs:CreateTaskSet", "ecs:ListTasks", "ecs:RegisterTaskDefinition", passed=True
    ),
    running("codebuild", "codecommit:GitPush", "codecommit:GitPull"),
    running("codebuild", "codebuild:StartCommandExecution", "codebuild:RetryBuild"),
    running("codebuild", "codebuild:UpdateWebhook", "codebuild:DeleteWebhook"),
    running("glue", "glue:UpdateJobFromSourceControl", "glue:UpdateSourceControlFromJob"),
    running(
        "bedrock-agentcore",
        "bedrock-agentcore:InvokeAgentRuntimeCommand",
        "bedrock-agentcore:GetBrowser",
    ),
    running(
        "sagemaker",
        "sagemaker:CreateStudioLifecycleConfig",
        "sagemaker:ListApps",
        "sagemaker:CreateApp",
    ),
    running("pods.eks", "eks:AssociateAccessPolicy", "eks:DescribeCluster"),
    running("pods.eks", "eks:UpdateAccessEntry", "eks:DeleteAccessEntry"),
    served("China's name of a service", NAMES, "ec2.amazonaws.com.cn", [SEND], [CREATE]),
    served(
        "a Region's name of a service",
        NAMES,
        "lambda.eu-south-1.amazonaws.com",
        [allow("iam:PassRole"), CREATE],
        [allow("iam:PassRole"), KEEPING, CREATE],
    ),
    served(
        "a role passed to China's name of a service",
        f"{GUIDE}reference_policies_iam-condition-keys.html",
        "lambda.amazonaws.com.cn",
        [passing("lambda.amazonaws.com.cn"), CREATE],
        [passing("ec2.amazonaws.com.cn"), CREATE],
    ),
    served(
        "whoever may not pass it to a function",
        f"{GUIDE}reference_policies_iam-condition-keys.html",
        "lambda.amazonaws.com",
        [passing("ec2.amazonaws.com", operator="StringNotEquals"), CREATE],
        [allow("iam:PassRole"), KEEPING, CREATE],
    ),
    pair(
        "a cluster's service accounts",
        f"{DOCS}eks/latest/userguide/access-entries.html",
        (
            [
                user(allow(f"eks:{action}")),
                role(
                    R0,
                    admit({"Federated": ISSUER}, WEB),
                    ASSUME,
                ),
                role(R, admit(R0)),
            ]
            for action in ("UpdateAccessEntry", "ListClusters")
        ),
    ),
]

ATTACKS = [*REMADE, *STORED, *LIMITED, *SERVICES]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_a_way_in_is_found_and_the_world_without_it_is_proved(attack: Attack) -> None:
    assert answer(attack.opened, attack.given, attack.goal) is Answer.REFUTED
    given = attack.given if attack.shut_given is None else attack.shut_given
    assert answer(attack.shut, given, attack.goal) is attack.shut_as


@pytest.mark.parametrize("held", ["logs", "ecr", "elasticache"])
def test_what_no_step_is_known_to_read_makes_it_undecided(held: str) -> None:
    given = stored(f"arn:aws:{held}:eu-west-1:{STATE}:keeper")
    assert answer([user(), role(R, admit(EC2))], given) is Answer.UNDECIDED


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (f"s{'*?' * 20_000}:AssumeRole", Answer.PROVED),
        (f"s3:{'*a' * 20_000}*", Answer.PROVED),
        # What is called so is none of the actions known.
        (f"sts:{'*a' * 20_000}*", Answer.UNDECIDED),
    ],
    ids=["in the service", "in the action", "in an action on identities"],
)
def test_an_action_of_very_many_wildcards_is_decided_on(action: str, expected: Answer) -> None:
    assert answer([user(allow(action)), role(R, admit(ROOT))], {}) is expected
    assert answer([user(allow(action), ASSUME), role(R, admit(ROOT))], {}) is Answer.REFUTED


def test_the_power_users_of_another_account_are_no_way_into_production() -> None:
    power = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}
    hub = f"arn:aws:iam::{PROD}:oidc-provider/token.actions.githubusercontent.com"
    trusts = [
        admit({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}),
        admit(f"arn:aws:iam::{PROD}:root"),
        admit({"Federated": hub}, WEB, StringLike={"token.actions.githubusercontent.com:sub": "*"}),
    ]
    for may in (power, allow("*")):
        assert answer([user(may, arn=N), role(R, trusts)], {}) is Answer.PROVED
