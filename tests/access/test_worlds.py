"""Decisions in generated worlds: they agree with brute force, and more permission never denies."""

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from access.context import Context
from access.decide import Policies, decide
from access.document import PolicyDocument
from access.principal import Caller
from access.request import Request
from access.verdict import Allowed, Denied, Undecided
from tests.access.worlds import document

ACCOUNT, OTHER = "111111111111", "222222222222"
USERS = [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("a", "p/a", "p/b")]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
RESOURCES = [f"arn:aws:s3:::b/{key}" for key in ("x", "y", "xy")]
ACTIONS = ["s3:Get", "s3:Put"]
TAGS = [None, "t", "u"]

laws = settings(max_examples=100, deadline=None)

some_actions = st.sampled_from(["s3:Get", "S3:*", "*", "s3:?ut", "iam:*"])
some_resources = st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x", "arn:aws:s3:::b/?"])
some_principals = st.sampled_from(
    ["*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": OTHER}, *({"AWS": arn} for arn in [*USERS, ROLE])]
)
some_conditions = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:PrincipalTag/k": "t"}},
        {"StringNotEquals": {"aws:PrincipalTag/k": "t"}},
        {"StringEqualsIfExists": {"aws:PrincipalTag/k": "t"}},
        {"Null": {"aws:PrincipalTag/k": "true"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/p/*"}},
        {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/p/*"}},
    ]
)


def statements(*, principal: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": some_actions,
        "Resource": some_resources,
        "Condition": some_conditions,
    }
    if principal:
        fields["Principal"] = some_principals
    return st.lists(st.fixed_dictionaries(fields), max_size=3)


identity_based, resource_based = statements(principal=False), statements(principal=True)
optional = st.none() | identity_based
worlds = st.fixed_dictionaries(
    {
        "identity": identity_based,
        "boundary": optional,
        "session": optional,
        "resource": resource_based,
        "scp": optional,
        "account": st.sampled_from([ACCOUNT, OTHER]),
    }
)


def policies(world: dict[str, Any]) -> Policies:
    def one(key: str) -> PolicyDocument | None:
        return None if world[key] is None else document(world[key], key)

    session, scp = one("session"), one("scp")
    return Policies(
        identity=(document(world["identity"], "identity"),),
        boundary=one("boundary"),
        session=None if session is None else (session,),
        resource=one("resource"),
        scps=() if scp is None else ((scp,),),
    )


def caller(arn: str) -> Caller:
    return Caller.session_of(arn, "s") if ":role/" in arn else Caller.of(arn)


def verdict(world: dict[str, Any], arn: str, action: str, resource: str, tag: str | None) -> type:
    context = Context.of({} if tag is None else {"aws:PrincipalTag/k": tag})
    request = Request(caller(arn), action, resource, world["account"], context)
    return type(decide(request, policies(world)))


# --- the oracle: one concrete request, read straight from the documentation ---


def applies(
    statement: dict[str, Any], arn: str, action: str, resource: str, tag: str | None
) -> bool:
    tests = {
        "StringEquals": tag == "t",
        "StringNotEquals": tag != "t",
        "StringEqualsIfExists": tag in (None, "t"),
        "Null": tag is None,
        "ArnLike": ":user/p/" in arn,
        "ArnNotLike": ":user/p/" not in arn,
    }
    return (
        fnmatchcase(action.lower(), statement["Action"].lower())
        and fnmatchcase(resource, statement["Resource"])
        and all(tests[operator] for operator in statement["Condition"])
        and grant(statement, arn) is not None
    )


def grant(statement: dict[str, Any], arn: str) -> str | None:
    principal = statement.get("Principal", "*")
    value = principal if principal == "*" else principal["AWS"]
    if value == ACCOUNT:
        return "account"
    if value == arn:
        return "role" if ":role/" in arn else "direct"
    return "direct" if value == "*" else None


def expected(world: dict[str, Any], *asked: Any) -> bool:
    def having(key: str, effect: str, *grants: str) -> bool:
        return any(
            statement["Effect"] == effect
            and applies(statement, *asked)
            and (not grants or grant(statement, asked[0]) in grants)
            for statement in world[key] or []
        )

    layers = ("identity", "boundary", "session", "resource", "scp")
    if any(having(layer, "Deny") for layer in layers):
        return False
    if world["scp"] is not None and not having("scp", "Allow"):
        return False
    limited = all(
        world[limit] is None or having(limit, "Allow") for limit in ("boundary", "session")
    )
    identity = having("identity", "Allow") and limited
    if world["account"] == OTHER:
        return identity and having("resource", "Allow")
    by_resource = having("resource", "Allow", "direct")
    return identity or by_resource or (limited and having("resource", "Allow", "role"))


requests = st.tuples(
    st.sampled_from([*USERS, ROLE]),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from(TAGS),
)


@laws
@given(worlds, requests)
def test_a_concrete_decision_agrees_with_brute_force(
    world: dict[str, Any], asked: tuple[str, str, str, str | None]
) -> None:
    assert (Allowed if expected(world, *asked) else Denied) is verdict(world, *asked)


@laws
@given(worlds)
def test_a_decision_on_patterns_allows_what_brute_force_finds(world: dict[str, Any]) -> None:
    callers = Caller.of(f"arn:aws:iam::{ACCOUNT}:user/*")
    request = Request(callers, "s3:*", "arn:aws:s3:::b/*", world["account"])
    found = any(
        expected(world, arn, action, resource, tag)
        for arn in USERS
        for action in ACTIONS
        for resource in RESOURCES
        for tag in TAGS
    )
    if found:
        assert isinstance(decide(request, policies(world)), Allowed)


@laws
@given(worlds)
def test_a_decision_on_patterns_is_exact_where_nothing_is_unknown(world: dict[str, Any]) -> None:
    everything = ["identity", "boundary", "session", "resource", "scp"]
    for key in everything:
        for statement in world[key] or []:
            statement.update(Condition={}, Action="s3:Get")
    callers = Caller.of(f"arn:aws:iam::{ACCOUNT}:user/*")
    request = Request(callers, "s3:Get", "arn:aws:s3:::b/*", world["account"])
    # Beside the listed names one stands for all that no statement names.
    users = [*USERS, f"arn:aws:iam::{ACCOUNT}:user/unnamed"]
    keys = [*RESOURCES, "arn:aws:s3:::b/", "arn:aws:s3:::b/unnamed"]
    found = any(expected(world, arn, "s3:Get", key, None) for arn in users for key in keys)
    assert (Allowed if found else Denied) is type(decide(request, policies(world)))


@laws
@given(worlds, requests, st.sampled_from(["identity", "boundary", "session", "resource", "scp"]))
def test_one_more_allow_never_turns_allowed_to_denied(
    world: dict[str, Any], asked: tuple[str, str, str, str | None], where: str
) -> None:
    more = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}
    if where == "resource":
        more["Principal"] = "*"
    wider = {**world, where: None if world[where] is None else [*world[where], more]}
    if verdict(world, *asked) is Allowed:
        assert verdict(wider, *asked) is Allowed


@laws
@given(worlds, requests, st.sampled_from(["identity", "boundary", "session", "resource", "scp"]))
def test_one_more_deny_never_turns_denied_to_allowed(
    world: dict[str, Any], asked: tuple[str, str, str, str | None], where: str
) -> None:
    less = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/x*", "Condition": {}}
    if where == "resource":
        less["Principal"] = "*"
    narrower = {**world, where: None if world[where] is None else [*world[where], less]}
    if verdict(world, *asked) is Denied:
        assert verdict(narrower, *asked) is Denied


@laws
@given(worlds, requests, st.sampled_from(["Allow", "Deny"]))
def test_a_statement_that_is_not_supported_never_decides(
    world: dict[str, Any], asked: tuple[str, str, str, str | None], effect: str
) -> None:
    odd = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": {"Odd": {"k": "v"}}}
    before = verdict(world, *asked)
    after = verdict({**world, "identity": [*world["identity"], odd]}, *asked)
    assert after in (before, Undecided)
    assert not (effect == "Deny" and before is Allowed and after is Allowed)


@laws
@given(worlds, requests)
def test_knowing_less_of_the_context_never_turns_allowed_to_denied(
    world: dict[str, Any], asked: tuple[str, str, str, str | None]
) -> None:
    arn, action, resource, _ = asked
    if verdict(world, *asked) is Allowed:
        request = Request(caller(arn), action, resource, world["account"], Context())
        assert isinstance(decide(request, policies(world)), Allowed)
