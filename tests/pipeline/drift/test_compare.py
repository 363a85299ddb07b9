"""Each kind of drift is seen, once and as what it is; what is as declared is not."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from access.world import Document, Grants, Group, Role, User, World
from iam_profiles.world import world as modelled
from pipeline.drift.compare import Change, Three, drift, waiting
from pipeline.drift.inventory import inventory, named_alike
from policies.account_world import account_world
from tests.policies.worlds import World as Stack
from tests.policies.worlds import profiles, rendered

ACCOUNT = "111111111111"
IAM = f"arn:aws:iam::{ACCOUNT}"
ANA = f"{IAM}:user/PlatformPeople/ana"
STRANGER = f"{IAM}:user/stranger"
GROUP = f"{IAM}:group/PlatformGroups/platform-leads"
ROLE = f"{IAM}:role/PlatformRoles/AuditRole"
POLICY = f"{IAM}:policy/PlatformPolicies/platform-leads-assume-roles"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OPEN = json.dumps({"Statement": [{"Sid": "Open", "Effect": "Allow", "Action": "*"}]})
KEYS = {ANA: ("AKIAKNOWN",)}
"""What the state is taken to know."""

Edit = Callable[[World], World]
Seen = tuple[Change, str, str, str]


@cache
def recorded() -> World:
    """The state account as its stack has it."""
    documents = rendered("state")
    return account_world(Stack("state").registered(), profiles(), documents.account)


def three(live: World, keys: Mapping[str, tuple[str, ...]] = KEYS) -> Three:
    model = modelled([rendered("state")])
    here = named_alike(live, recorded(), model)
    return Three(
        "state",
        inventory(here, ACCOUNT, keys),
        inventory(recorded(), ACCOUNT, KEYS),
        inventory(model, ACCOUNT, {}),
    )


def seen(live: World, keys: Mapping[str, tuple[str, ...]] = KEYS) -> list[Seen]:
    return [
        (one.change, str(one.item.kind), one.item.of, one.item.name)
        for one in drift(three(live, keys))
    ]


def user(arn: str, **changed: Any) -> Edit:
    def edit(world: World) -> World:
        one = world.users.get(arn, User(arn))
        return replace(world, users={**world.users, arn: replace(one, **changed)})

    return edit


def group(arn: str, **changed: Any) -> Edit:
    def edit(world: World) -> World:
        one = world.groups.get(arn, Group(arn))
        return replace(world, groups={**world.groups, arn: replace(one, **changed)})

    return edit


def role(arn: str, **changed: Any) -> Edit:
    def edit(world: World) -> World:
        one = world.roles.get(arn, Role(arn, Document("trust", OPEN)))
        return replace(world, roles={**world.roles, arn: replace(one, **changed)})

    return edit


def without(table: str, arn: str) -> Edit:
    def edit(world: World) -> World:
        kept = {name: one for name, one in getattr(world, table).items() if name != arn}
        change: Any = {table: kept}
        return replace(world, **change)

    return edit


def policy(arn: str, text: str | None) -> Edit:
    def edit(world: World) -> World:
        return replace(world, policies={**world.policies, arn: Document(arn, text)})

    return edit


def secret(text: str) -> Edit:
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:made-by-hand-AbCdEf"
    return lambda world: replace(world, resources={**world.resources, arn: Document(arn, text)})


INLINE = Document(f"policy `hand` of user `{ANA}`", OPEN)
CASES: dict[str, tuple[Edit, list[Seen]]] = {
    "a user": (user(STRANGER), [(Change.UNMANAGED, "user", STRANGER, "")]),
    "a group": (
        group(f"{IAM}:group/x"),
        [(Change.UNMANAGED, "group", f"{IAM}:group/x", "")],
    ),
    "a role, its trust told with it": (
        role(f"{IAM}:role/x"),
        [(Change.UNMANAGED, "role", f"{IAM}:role/x", "")],
    ),
    "a role of a service of AWS's": (role(f"{IAM}:role/aws-service-role/x.amazonaws.com/X"), []),
    "a role that only sounds so": (
        role(f"{IAM}:role/my/aws-service-role/X"),
        [(Change.UNMANAGED, "role", f"{IAM}:role/my/aws-service-role/X", "")],
    ),
    "a policy": (
        policy(f"{IAM}:policy/x", OPEN),
        [(Change.UNMANAGED, "policy", f"{IAM}:policy/x", "")],
    ),
    "a policy of AWS's": (policy(ADMIN, OPEN), []),
    "an attachment": (
        group(GROUP, grants=Grants(managed=(POLICY, ADMIN))),
        [(Change.UNMANAGED, "attachment", GROUP, ADMIN)],
    ),
    "an inline policy": (
        user(ANA, grants=Grants(inline=(INLINE,))),
        [(Change.UNMANAGED, "inline policy", ANA, "hand")],
    ),
    "a membership": (
        lambda world: user(ANA, groups=(*world.users[ANA].groups, GROUP))(world),
        [(Change.UNMANAGED, "membership", ANA, GROUP)],
    ),
    "a member less": (
        lambda world: user(ANA, groups=world.users[ANA].groups[1:])(world),
        [(Change.MISSING, "membership", ANA, f"{IAM}:group/PlatformGroups/payments-dev")],
    ),
    "an attachment less": (
        group(GROUP, grants=Grants()),
        [(Change.MISSING, "attachment", GROUP, POLICY)],
    ),
    "no boundary": (user(ANA, boundary=None), [(Change.MISSING, "boundary", ANA, "")]),
    "another boundary": (user(ANA, boundary=ADMIN), [(Change.CHANGED, "boundary", ANA, "")]),
    "another trust": (
        role(ROLE, trust=Document("trust", OPEN)),
        [(Change.CHANGED, "trust policy", ROLE, "")],
    ),
    "another document": (policy(POLICY, OPEN), [(Change.CHANGED, "policy", POLICY, "")]),
    "a document that is not known": (
        policy(POLICY, None),
        [(Change.UNKNOWN, "policy", POLICY, "")],
    ),
    "no user": (without("users", ANA), [(Change.MISSING, "user", ANA, "")]),
    "no role": (without("roles", ROLE), [(Change.MISSING, "role", ROLE, "")]),
    "no policy": (without("policies", POLICY), [(Change.MISSING, "policy", POLICY, "")]),
    "a tag": (
        user(ANA, tags=(("owner", "x"), ("aws:own", "y"))),
        [(Change.UNMANAGED, "tag", ANA, "owner")],
    ),
    "a secret that opens up": (
        secret(OPEN),
        [
            (
                Change.UNMANAGED,
                "policy of the secret",
                f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:made-by-hand-AbCdEf",
                "",
            )
        ],
    ),
}


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES)
def test_each_kind_of_drift_is_seen(edit: Edit, expected: list[Seen]) -> None:
    assert seen(edit(recorded())) == expected


def test_what_is_as_recorded_has_not_drifted() -> None:
    assert seen(recorded()) == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {ANA: ("AKIAKNOWN", "AKIANEW")},
            [(Change.UNMANAGED, "access key", ANA, "AKIANEW")],
        ),
        ({}, [(Change.MISSING, "access key", ANA, "AKIAKNOWN")]),
    ],
)
def test_a_key_is_told_by_its_id(keys: dict[str, tuple[str, ...]], expected: list[Seen]) -> None:
    assert seen(recorded(), keys) == expected


def test_the_key_of_an_unmanaged_user_is_told_as_well() -> None:
    live = user(STRANGER, grants=Grants(managed=(ADMIN,)))(recorded())
    who, key = drift(three(live, {**KEYS, STRANGER: ("AKIANEW",)}))
    assert str(who) == (
        f"user `{STRANGER}` is declared by nobody; with attachment `{ADMIN}`; "
        "remove it, or declare it in `profiles/`"
    )
    assert str(key).startswith(f"access key `AKIANEW` of `{STRANGER}` is declared by nobody")


def test_what_the_model_says_and_the_state_lacks_is_waiting_and_no_drift() -> None:
    whole = three(recorded())
    lacking = {item: text for item, text in whole.recorded.items() if item.of != POLICY}
    found = Three("state", lacking, lacking, whole.modelled)
    assert drift(found) == ()
    assert [item.of for item in waiting(found)] == [POLICY]


def test_a_drift_to_what_the_model_says_is_told_as_such() -> None:
    whole = three(recorded())
    lacking = {item: text for item, text in whole.recorded.items() if item.of != POLICY}
    [one] = drift(Three("state", whole.live, lacking, whole.modelled))
    assert (one.change, one.modelled) == (Change.UNMANAGED, True)
    assert str(one).endswith("it is as `profiles/` says; `pulumi refresh` records it")


def test_secrets_are_compared_under_the_name_that_the_stack_knows() -> None:
    pattern = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:keys/x-??????"
    own = Document("own", OPEN)
    known = replace(recorded(), resources={pattern: own})
    live = replace(recorded(), resources={pattern.replace("??????", "AbCdEf"): own})
    assert list(named_alike(live, known).resources) == [pattern]
