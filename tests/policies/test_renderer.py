"""A mistake of the renderer does not certify itself, though the laws render the model as well."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from iam_profiles.documents import AccountDocuments, ManagedPolicy
from iam_profiles.model import Profiles
from iam_profiles.names import AccountName
from iam_profiles.render import render
from policies.gate import LAWS
from tests.policies.cases import PROD_ROLE, STATE_ROOT, allow, trust
from tests.policies.worlds import World, profiles

Mistake = Callable[[AccountDocuments], AccountDocuments]


def trusting_root(documents: AccountDocuments) -> AccountDocuments:
    roles = tuple(replace(role, trust=trust({"AWS": STATE_ROOT})) for role in documents.roles)
    return replace(documents, roles=roles)


def more_in_prod(documents: AccountDocuments) -> AccountDocuments:
    if documents.account.tier != "prod":
        return documents
    first, *others = documents.roles
    policies = tuple(replace(policy, document=allow("*")) for policy in first.policies)
    return replace(documents, roles=(replace(first, policies=policies), *others))


def longer_in_state(documents: AccountDocuments) -> AccountDocuments:
    if documents.account.tier != "state":
        return documents
    roles = tuple(replace(role, max_session_seconds=43200) for role in documents.roles)
    return replace(documents, roles=roles)


def _saying(text: str) -> Callable[[ManagedPolicy], ManagedPolicy]:
    return lambda policy: replace(policy, document=text)


def everything_in_groups(documents: AccountDocuments) -> AccountDocuments:
    groups = tuple(
        replace(group, policies=tuple(map(_saying(allow("*")), group.policies)))
        for group in documents.groups
    )
    return replace(documents, groups=groups)


def locks_of_state_open(documents: AccountDocuments) -> AccountDocuments:
    widened = everything_in_groups(documents)
    return replace(widened, boundaries=tuple(map(_saying(allow("*")), documents.boundaries)))


def exact_and_forbidden(documents: AccountDocuments) -> AccountDocuments:
    """Exact role ARNs only, so nothing but the isolation rule is broken."""
    text = allow("sts:AssumeRole", PROD_ROLE)
    groups = tuple(
        replace(group, policies=tuple(map(_saying(text), group.policies)))
        for group in documents.groups
        if group.name.startswith("service-")
    )
    boundaries = tuple(map(_saying(text), documents.boundaries))
    return replace(documents, groups=groups, boundaries=boundaries)


def unbounded(documents: AccountDocuments) -> AccountDocuments:
    by_class = {user.identity_class: user.boundary_arn for user in documents.service_users}
    *_, widest = by_class.values()
    users = tuple(replace(user, boundary_arn=widest) for user in documents.service_users)
    return replace(documents, service_users=users)


@pytest.mark.parametrize(
    ("mistake", "account", "law"),
    [
        (trusting_root, "prod", "prod_isolation"),
        (trusting_root, "state", "prod_isolation"),
        (locks_of_state_open, "state", "prod_isolation"),
        (exact_and_forbidden, "state", "prod_isolation"),
        (more_in_prod, "prod", "identical_role_set"),
        (longer_in_state, "state", "identical_role_set"),
        (everything_in_groups, "state", "identities_only_assume_roles"),
        (unbounded, "state", "identities_only_assume_roles"),
    ],
)
def test_a_mistake_of_the_renderer_is_refused(
    monkeypatch: pytest.MonkeyPatch, mistake: Mistake, account: str, law: str
) -> None:
    def mistaken(model: Profiles, name: AccountName) -> AccountDocuments:
        return mistake(render(model, name))

    def rendered(name: str) -> AccountDocuments:
        return mistaken(profiles(), AccountName(name))

    monkeypatch.setattr("policies.identical_role_set.render", mistaken)
    monkeypatch.setattr("policies.identities_only_assume_roles.render", mistaken)
    monkeypatch.setattr("tests.policies.worlds.rendered", rendered)
    world = World(account)
    (judge,) = [one.judge for one in LAWS if one.name == law]
    assert judge(world.registered(), profiles(), world.account)
