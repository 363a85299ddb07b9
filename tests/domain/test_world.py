"""Rendered documents seen as a world: nothing lost on the way, and nothing added."""

from access.document import PolicyDocument
from access.world import Credential, Role, Unreadable, User
from iam_profiles.documents import AccountDocuments
from iam_profiles.names import Arn, RoleName
from iam_profiles.render import render_all
from iam_profiles.world import rules, world
from tests.domain.example import EXAMPLE
from tests.domain.organisation import IDS, NONPROD, PROD, STATE, organisation

DOCUMENTS: tuple[AccountDocuments, ...] = tuple(render_all(EXAMPLE).documents.values())
WORLD = world(DOCUMENTS)
READ_ONLY = Arn("arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_every_principal_of_every_account_is_in_the_world() -> None:
    roles = {role.arn for account in DOCUMENTS for role in account.roles}
    users = {
        user.arn for account in DOCUMENTS for user in (*account.service_users, *account.people)
    }
    assert set(WORLD.roles) == roles
    assert set(WORLD.users) == users
    assert set(WORLD.accounts) == {account.account.id for account in DOCUMENTS}


def test_every_document_is_in_the_world_as_it_is_declared() -> None:
    declared = {
        policy.arn: policy.document
        for account in DOCUMENTS
        for policies in (
            account.boundaries,
            *(holder.policies for holder in (*account.roles, *account.groups)),
        )
        for policy in policies
    }
    assert {arn: document.text for arn, document in WORLD.policies.items()} == declared
    for account in DOCUMENTS:
        for role in account.roles:
            assert WORLD.roles[role.arn].trust.text == role.trust


def test_every_document_of_the_example_can_be_read() -> None:
    for document in (*WORLD.policies.values(), *(role.trust for role in WORLD.roles.values())):
        assert isinstance(document.read(), PolicyDocument)


def test_every_reference_leads_to_something_that_is_there() -> None:
    holders: list[User | Role] = [*WORLD.users.values(), *WORLD.roles.values()]
    for holder in holders:
        assert set(holder.grants.managed) <= set(WORLD.policies)
        assert holder.boundary is None or holder.boundary in WORLD.policies
    for user in WORLD.users.values():
        assert user.boundary
        assert user.groups
        assert set(user.groups) <= set(WORLD.groups)
    for group in WORLD.groups.values():
        assert set(group.grants.managed) <= set(WORLD.policies)
    assert WORLD.missing == ()


def test_a_member_of_a_group_is_one_by_its_own_record_too() -> None:
    for account in DOCUMENTS:
        for group in account.groups:
            arn = f"arn:aws:iam::{account.account.id}:group{group.path}{group.name}"
            members = {
                user.rpartition("/")[2] for user, one in WORLD.users.items() if arn in one.groups
            }
            assert members == set(group.members)


def test_only_people_can_have_a_second_factor() -> None:
    machines = {user.arn for account in DOCUMENTS for user in account.service_users}
    assert {user.arn for user in WORLD.users.values() if not user.mfa} == machines


def test_each_service_users_key_is_in_its_secret() -> None:
    found = world(render_all(organisation()).documents.values()).credentials
    assert (
        Credential(
            f"arn:aws:secretsmanager:eu-west-1:{IDS[STATE]}:secret:iam-profiles/prod/ci-prod-??????",
            f"arn:aws:iam::{IDS[STATE]}:user/PlatformServiceUsers/prod/ci-prod",
        )
        in found
    )


def test_an_aws_policy_whose_document_is_not_given_cannot_be_read() -> None:
    profiles = organisation()
    role = profiles.roles[0].model_copy(update={"managed_policies": ("ReadOnlyAccess",)})
    changed = profiles.model_copy(update={"roles": (role, *profiles.roles[1:])})
    documents = render_all(changed).documents.values()
    without, given = world(documents), world(documents, aws_policies={READ_ONLY: "{}"})
    assert isinstance(without.managed(READ_ONLY).read(), Unreadable)
    assert given.policies[READ_ONLY].text == "{}"
    arn = f"arn:aws:iam::{IDS[PROD]}:role/PlatformRoles/{RoleName(role.name)}"
    assert READ_ONLY in without.roles[arn].grants.managed


def test_each_isolation_rule_is_a_rule_of_the_proof() -> None:
    (rule,) = rules(EXAMPLE)
    assert [str(one) for one in rule.from_] == [
        f"arn:aws:iam::{IDS[STATE]}:user/PlatformServiceUsers/nonprod/*"
    ]
    assert [str(one) for one in rule.never_reach] == [
        f"arn:aws:iam::{IDS[STATE]}:*",
        f"arn:aws:iam::{IDS[PROD]}:*",
    ]
    assert IDS[NONPROD] not in str(rule.never_reach)
