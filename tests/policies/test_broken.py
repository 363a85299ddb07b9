"""A pack that is broken, and a program that is, end a preview as a violation does."""

import shutil
from dataclasses import dataclass

import pytest

from tests.engine import REPOSITORY, Project, Ran

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Break:
    """One line of the project, and what it is changed to."""

    title: str
    account: str
    file: str
    line: str
    instead: str
    law: str

    def __str__(self) -> str:
        return self.title


MUTANTS = [
    Break(
        *("users get no boundary", "state", "components/identity.py"),
        *("permissions_boundary=user.boundary_arn,", "permissions_boundary=None,"),
        "identities_only_assume_roles",
    ),
    Break(
        *("users get an administrator's policy", "state", "components/identity.py"),
        "user.name, user_name=registered.name, policy_arns=[],",
        "user.name, user_name=registered.name, "
        'policy_arns=["arn:aws:iam::aws:policy/AdministratorAccess"],',
        "permissions_via_groups_only",
    ),
    Break(
        *("a group's policies are known by AWS's answer only", "state"),
        "components/group_trust.py",
        "policy_arns=[policy.arn for policy in group.policies],",
        "policy_arns=[a.id for a in attachments],",
        "prod_isolation",
    ),
    Break(
        *("roles trust the whole state account", "prod", "components/role_set.py"),
        "assume_role_policy=trust,",
        "assume_role_policy="
        """'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","""
        """"Principal":{"AWS":"arn:aws:iam::111111111111:root"}}]}',""",
        "prod_isolation",
    ),
    Break(
        *("sessions last as long as can be", "prod", "components/role_set.py"),
        *("max_session_duration=role.max_session_seconds,", "max_session_duration=43200,"),
        "identical_role_set",
    ),
    Break(
        *("the provider takes any account", "prod", "components/account_provider.py"),
        *("allowed_account_ids=[args.id],", ""),
        "prod_isolation",
    ),
    Break(
        *("a key is printed as an output", "prod", "__main__.py"),
        'pulumi.export("accountId", docs.account.id)',
        'pulumi.export("secretAccessKey", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")',
        "no_key_in_state",
    ),
]


def own(project: Project, folder: str) -> None:
    """Give the copy of the project a folder of its own, which may be changed."""
    (project.folder / folder).unlink()
    shutil.copytree(REPOSITORY / folder, project.folder / folder)


def preview(project: Project, account: str = "prod") -> Ran:
    return project.preview(account, "--policy-pack", "policies")


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_program_that_opens_a_path_is_refused(project: Project, mutant: Break) -> None:
    if "/" in mutant.file:
        own(project, mutant.file.partition("/")[0])
    project.edit(mutant.file, mutant.line, mutant.instead)
    ran = preview(project, mutant.account)
    assert ran.code != 0
    assert mutant.law in {
        one["policyName"] for one in ran.violations if one["enforcementLevel"] == "mandatory"
    }, ran.output


@pytest.mark.parametrize(
    ("file", "line", "instead", "said"),
    [
        ("__main__.py", "from policies.gate import Gate", "import nowhere", "No module named"),
        (
            "__main__.py",
            'PROJECT / "profiles"',
            'PROJECT / "elsewhere"',
            "profiles/ cannot be used",
        ),
        (
            "gate.py",
            "return law.judge(stack, self._profiles, account)",
            "return law.judge(stack)",
            "the rule itself failed: TypeError",
        ),
        ("gate.py", "return validate", "return None", "Missing validate argument"),
    ],
    ids=["an import", "no profiles", "a rule's exception", "a law without a judge"],
)
def test_a_broken_pack_fails_the_preview(
    project: Project, file: str, line: str, instead: str, said: str
) -> None:
    own(project, "policies")
    project.edit(f"policies/{file}", line, instead)
    ran = preview(project)
    assert ran.code != 0
    assert said in ran.output


def test_a_stack_that_is_no_account_is_refused(project: Project) -> None:
    shutil.copyfile(project.folder / "Pulumi.prod.yaml", project.folder / "Pulumi.qa.yaml")
    ran = preview(project, "qa")
    assert ran.code != 0
    assert "no account is called `qa`" in ran.output


def test_an_update_stops_before_the_engine_makes_a_key(project: Project) -> None:
    (project.folder / "__main__.py").write_text(
        "import pulumi\n"
        "import pulumi_aws as aws\n"
        "provider = aws.Provider('p', profile='iam-profiles-state', region='eu-west-1',"
        " allowed_account_ids=['111111111111'])\n"
        "opts = pulumi.ResourceOptions(provider=provider)\n"
        "user = aws.iam.User('u', name='u', opts=opts)\n"
        "aws.iam.AccessKey('k', user=user.name, opts=opts)\n",
        encoding="utf-8",
    )
    ran = project.up("state", "--policy-pack", "policies")
    assert ran.code != 0
    types = {one["type"] for one in project.export("state")["deployment"]["resources"]}
    assert "aws:iam/user:User" in types
    assert "aws:iam/accessKey:AccessKey" not in types
