"""The program as a whole: what it refuses, and that it is at rest once it is deployed."""

import json
import re
from pathlib import Path

import pytest

from tests.components.registered import changes, resources
from tests.engine import ACCOUNTS, REPOSITORY, Project, client

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("stack", ACCOUNTS)
def test_a_second_update_changes_nothing(deployed: Project, stack: str) -> None:
    assert changes(deployed.up(stack, "--refresh").checked()) == {}


def test_no_command_rewrites_a_stack_file(deployed: Project) -> None:
    def contents(folder: Path) -> dict[str, str]:
        return {path.name: path.read_text("utf-8") for path in folder.glob("Pulumi.*.yaml")}

    deployed.preview("prod").checked()
    assert contents(deployed.folder) == contents(REPOSITORY)


@pytest.mark.parametrize("stack", ACCOUNTS)
def test_everything_in_aws_is_made_through_the_account_s_one_pinned_provider(
    deployed: Project, stack: str
) -> None:
    state = resources(deployed, stack)
    (provider,) = (one for one in state if one["type"] == "pulumi:providers:aws")
    used = {one["provider"] for one in state if one["type"].startswith("aws:")}
    assert used == {f"{provider['urn']}::{provider['id']}"}
    assert json.loads(provider["inputs"]["allowedAccountIds"]) == [ACCOUNTS[stack]]


@pytest.mark.parametrize("stack", ACCOUNTS)
def test_the_outputs_are_names_and_arns_only(deployed: Project, stack: str) -> None:
    printed = deployed.pulumi("stack", "output", "--json", "--stack", stack).checked()
    outputs = json.loads(printed.stdout)
    assert outputs.pop("accountId") == ACCOUNTS[stack]
    values = [value for named in outputs.values() for value in named.values()]
    allowed = re.compile(
        rf"arn:aws:iam::{ACCOUNTS[stack]}:(role|user)/[\w/.-]+|iam-profiles/[\w/-]+"
    )
    assert [value for value in values if not allowed.fullmatch(value)] == []


def test_all_problems_of_the_model_are_one_message_and_nothing_is_registered(
    project: Project,
) -> None:
    project.edit("profiles/teams/payments.yaml", "people: [ana, li]\n\n", "people: [ana]\n\n")
    project.edit("profiles/roles/AuditRole.yaml", "owner: platform", "owner: nobody")
    ran = project.preview("state")
    assert ran.code != 0
    assert {urn.split("::")[-1] for urn in ran.steps} == {"iam-profiles-state"}
    (message,) = (one for one in ran.diagnostics if "profiles/" in one)
    role, person = message.splitlines()
    assert re.match(r"profiles/roles/AuditRole\.yaml:\d+: owner: .*`nobody`.*; ", role)
    assert re.match(r"profiles/teams/payments\.yaml:\d+: .*`li`.*; ", person)
    assert "Traceback" not in ran.output


def test_a_stack_without_an_account_is_told_what_to_set(project: Project) -> None:
    project.edit("Pulumi.prod.yaml", "  iam-profiles:account: prod\n", "")
    ran = project.preview("prod")
    assert ran.code != 0
    assert "pulumi config set iam-profiles:account" in ran.output
    assert "Traceback" not in ran.output


def test_an_account_that_the_organisation_lacks_is_told_which_it_has(project: Project) -> None:
    project.edit("Pulumi.prod.yaml", "account: prod\n", "account: production\n")
    ran = project.preview("prod")
    assert ran.code != 0
    assert "`production`" in ran.output
    assert "`nonprod`, `prod`, `sandbox`, `state`" in ran.output
    assert "Traceback" not in ran.output


def test_a_resource_without_the_pinned_provider_is_refused(project: Project) -> None:
    unpinned = "\nimport pulumi_aws\npulumi_aws.iam.Group('unpinned')\n"
    with (project.folder / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(unpinned)
    ran = project.preview("prod")
    assert ran.code != 0
    assert "Default provider for 'aws' disabled" in ran.output


@pytest.mark.parametrize("stack", ["prod", "state"])
def test_credentials_of_another_account_are_refused_before_anything_is_written(
    small: Project, stack: str
) -> None:
    small.edit(f"Pulumi.{stack}.yaml", f"iam-profiles-{stack}", "iam-profiles-sandbox")
    for ran in (small.preview(stack), small.up(stack)):
        assert ran.code != 0
        assert ACCOUNTS["sandbox"] in ran.output
    for account in (stack, "sandbox"):
        iam = client(small.home, "iam", account)
        assert iam.list_policies(Scope="Local")["Policies"] == []
        assert iam.list_roles(PathPrefix="/PlatformRoles/")["Roles"] == []
        assert iam.list_users(PathPrefix="/Platform")["Users"] == []
