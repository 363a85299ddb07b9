"""What holds for every document of every organisation."""

import json
import re
from collections.abc import Iterator
from itertools import product

from hypothesis import HealthCheck, given, reject, settings

from iam_profiles.documents import AccountDocuments, ManagedPolicy
from iam_profiles.errors import ProfilesInvalidError
from iam_profiles.matrix import matrix
from iam_profiles.model import Profiles
from iam_profiles.names import IdentityClass
from iam_profiles.paths import boundary_arn, class_pattern, role_arn, user_arn
from iam_profiles.render import Rendered, notes, render, render_all
from iam_profiles.statements import characters
from tests.domain.strategies import profiles

examples = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _rendered(organisation: Profiles) -> Rendered:
    """The documents; an organisation refused for a quota is no example of these laws."""
    try:
        return render_all(organisation)
    except ProfilesInvalidError:
        reject()


def _policies(documents: AccountDocuments) -> Iterator[ManagedPolicy]:
    yield from documents.boundaries
    for holder in (*documents.roles, *documents.groups):
        yield from holder.policies


@examples
@given(profiles())
def test_every_document_is_json_within_its_quota(organisation: Profiles) -> None:
    quotas = organisation.organization.quotas
    for documents in _rendered(organisation).documents.values():
        for policy in _policies(documents):
            assert json.loads(policy.document)["Statement"]
            assert characters(policy.document) <= quotas.managed_policy_characters
        for role in documents.roles:
            assert json.loads(role.trust)["Statement"]
            assert characters(role.trust) <= quotas.trust_policy_characters
            assert len(role.policies) <= quotas.managed_policies_per_role


@examples
@given(profiles())
def test_rendering_again_or_one_account_alone_gives_the_same(organisation: Profiles) -> None:
    rendered = _rendered(organisation)
    assert rendered == render_all(organisation)
    assert rendered.notes == notes(organisation)
    for name, documents in rendered.documents.items():
        assert documents == render(organisation, name)


@examples
@given(profiles())
def test_the_role_set_is_the_same_everywhere_but_for_trust(organisation: Profiles) -> None:
    def shown(documents: AccountDocuments) -> str:
        own = documents.account.id
        return repr(
            [
                (role.name, role.path, role.max_session_seconds, role.arn, role.policies)
                for role in documents.roles
            ]
        ).replace(own, "{account}")

    accounts = _rendered(organisation).documents.values()
    assert len({shown(documents) for documents in accounts}) == 1


@examples
@given(profiles())
def test_role_permissions_say_what_the_model_says_and_nothing_else(
    organisation: Profiles,
) -> None:
    wanted = {
        role.name: {
            pair
            for statement in role.permissions
            for pair in product(statement.actions, statement.resources)
        }
        for role in organisation.roles
    }
    organization = organisation.organization
    filled = {
        "account": "000000000001",
        "partition": organization.partition,
        "region": "eu-west-1",
        "prefix": organization.prefix,
    }
    state = next(
        documents
        for documents in _rendered(organisation).documents.values()
        if documents.account.tier == "state"
    )
    for role in state.roles:
        said = {
            pair
            for policy in role.policies
            for statement in json.loads(policy.document)["Statement"]
            for pair in product(statement["Action"], statement["Resource"])
        }
        expected = {(action, resource.format(**filled)) for action, resource in wanted[role.name]}
        assert said == expected


@examples
@given(profiles())
def test_a_trust_names_exactly_the_granted_or_a_note_says_that_it_names_their_class(
    organisation: Profiles,
) -> None:
    rendered, access = _rendered(organisation), matrix(organisation)
    noted = {(note.account, note.subject) for note in rendered.notes}
    for name, documents in rendered.documents.items():
        for role in documents.roles:
            admitted = access.admitted(role.name, documents.account)
            classes = {identity.identity_class for identity in admitted}
            exact = {
                user_arn(organisation.organization, identity.identity_class, identity.name)
                for identity in admitted
            }
            allowed = _principals(role.trust)
            patterns = {arn for arn in allowed if arn.endswith("*")}
            by_class = {
                class_pattern(organisation.organization, identity_class)
                for identity_class in classes
            }
            assert patterns <= by_class
            assert bool(patterns) == ((name, f"role {role.name}") in noted)
            assert allowed - patterns <= exact
            if not patterns:
                assert allowed == exact


def _principals(trust: str) -> set[str]:
    return {
        arn
        for statement in json.loads(trust)["Statement"]
        if statement["Effect"] == "Allow" and "AWS" in statement["Principal"]
        for operator in ("ArnEquals", "ArnLike")
        for arn in statement["Condition"].get(operator, {}).get("aws:PrincipalArn", [])
    }


@examples
@given(profiles())
def test_a_group_may_assume_exactly_its_grants_roles_by_whole_arns(
    organisation: Profiles,
) -> None:
    organization = organisation.organization
    for documents in _rendered(organisation).documents.values():
        for group in documents.groups:
            if group.name == "people":
                continue
            wanted = {
                role_arn(organization, account.id, grant.role)
                for grant in organisation.grants
                if group.name in {grant.group, f"service-{grant.service_user}"}
                for account in organization.accounts
                if account.tier in grant.on
            }
            said = {
                resource
                for policy in group.policies
                for statement in json.loads(policy.document)["Statement"]
                if statement["Effect"] == "Allow"
                for resource in statement["Resource"]
            }
            assert said == wanted
            assert not any(re.search(r"[*?]", arn) for arn in said)


@examples
@given(profiles())
def test_every_identity_has_its_classs_boundary_and_is_granted_through_groups(
    organisation: Profiles,
) -> None:
    organization = organisation.organization
    for documents in _rendered(organisation).documents.values():
        in_state = documents.account.tier == "state"
        boundaries = {policy.arn for policy in documents.boundaries}
        groups = {group.name: group.members for group in documents.groups}
        assert bool(documents.people and documents.service_users and groups) == in_state
        for user in documents.service_users:
            assert user.boundary_arn == boundary_arn(organization, user.identity_class)
            assert user.boundary_arn in boundaries
            assert f"/{user.identity_class}/" in user.path
            assert user.secret_name.split("/")[1:] == [user.identity_class, user.name]
            assert [groups[group] for group in user.groups] == [(user.name,)]
        for person in documents.people:
            assert person.boundary_arn == boundary_arn(organization, IdentityClass.PEOPLE)
            assert person.boundary_arn in boundaries
            assert all(person.name in groups[group] for group in person.groups)
            assert "people" in person.groups
