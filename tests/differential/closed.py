"""Small closed worlds, and what comes to be controlled in them by the evaluator's word alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from random import Random
from typing import TYPE_CHECKING, Any

from access.catalogue.step import Gain
from access.evidence import Evidence, Put
from access.facts import Fact
from access.world import Account, World
from tests.access.small_world import PROD, STATE, doc, role, user, world
from tests.access.test_reach_worlds import BOUNDARY, FULL, FULL_FOR_ALL, ROLES, SESSION, USERS
from tests.differential.concrete import Concrete
from tests.differential.oracle import Oracle

if TYPE_CHECKING:
    from tests.differential.question import Question

TRIES = 40
_PLAIN = (("aws:RequestTag/", None), ("aws:TagKeys", None), ("sts:SourceIdentity", None))
"""What a request lacks that carries nothing."""

ASSUMING = (
    *("sts:AssumeRole", "sts:AssumeRole", "sts:*", "sts:TagSession", "sts:SetSourceIdentity"),
    "s3:*",
)
TAKING_OVER = (
    *("sts:AssumeRole", "sts:*", "iam:CreateAccessKey", "iam:Put*", "iam:UpdateAssumeRolePolicy"),
    *("iam:CreatePolicyVersion", "iam:TagUser", "iam:PassRole", "lambda:*", "*"),
)
_CONDITIONS: tuple[dict[str, Any], ...] = (
    *(dict[str, Any](),) * 6,
    {"StringEquals": {"aws:PrincipalTag/env": "prod"}},
    {"StringNotEquals": {"aws:PrincipalTag/env": "prod"}},
    {"StringEquals": {"aws:RequestTag/env": "${aws:PrincipalTag/env}"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{STATE}:user/path/*"}},
    {"ArnNotEquals": {"aws:PrincipalArn": USERS[0]}},
    {"StringLike": {"sts:SourceIdentity": "a*"}},
    {"StringEquals": {"aws:PrincipalAccount": STATE}},
    {"StringLike": {"sts:ExternalId": "secret-*"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
)
_RESOURCES = (
    *("*", "*", *ROLES, *USERS, f"arn:aws:iam::{PROD}:role/*", "arn:aws:iam::*:role/a"),
    "arn:aws:iam::*:role/${aws:PrincipalTag/env, 'a'}",
)
_PRINCIPALS: tuple[Any, ...] = (
    *("*", {"AWS": STATE}, {"AWS": f"arn:aws:iam::{STATE}:root"}, {"AWS": SESSION}),
    *({"AWS": f"arn:aws:iam::{PROD}:root"}, {"Service": "lambda.amazonaws.com"}),
    *({"AWS": arn} for arn in (*USERS, *ROLES)),
)


def closed(random: Random, actions: Sequence[str]) -> World:
    """Return a world of three users and four roles in two accounts, with these actions at most."""

    def on(action: str) -> dict[str, Any]:
        condition = random.choice(_CONDITIONS)
        # AWS lists external ids for AssumeRole only, and source identities not for TagSession.
        known: dict[str, str | list[str]] = {
            "sts:ExternalId": "sts:AssumeRole",
            "sts:SourceIdentity": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        }
        only = (names for key, names in known.items() if key in repr(condition))
        return {
            "Effect": random.choice(("Allow",) * 5 + ("Deny",)),
            "Action": next(only, action),
            "Resource": random.choice(_RESOURCES),
            "Condition": condition,
        }

    def statement() -> dict[str, Any]:
        return on(random.choice(actions))

    def some() -> list[dict[str, Any]] | None:
        return [statement() for _ in range(random.randint(0, 3))] or None

    def trust() -> dict[str, Any]:
        action = random.choice(("sts:AssumeRole", "sts:AssumeRole", "sts:*"))
        found = {**on(action), "Principal": random.choice(_PRINCIPALS)}
        del found["Resource"]
        return found

    def denied() -> dict[str, Any]:
        return {**on("sts:*"), "Effect": "Deny"}

    def tags() -> tuple[tuple[str, str], ...]:
        return random.choice(((), (("env", "prod"),), (("env", "dev"),)))

    def bounded() -> dict[str, Any]:
        return {"boundary": BOUNDARY if random.random() < 0.2 else None, "tags": tags()}

    users = [user(arn, some(), mfa=random.random() < 0.5, **bounded()) for arn in USERS]
    roles = [
        role(arn, [trust() for _ in range(random.randint(1, 3))], some(), **bounded())
        for arn in ROLES
    ]
    scps = ((FULL, doc(denied(), "SCP")),) if random.random() < 0.2 else ()
    everybody = {**denied(), "Principal": "*"}
    rcps = ((FULL_FOR_ALL, doc(everybody, "RCP")),) if random.random() < 0.2 else ()
    return world(
        *users,
        *roles,
        policies={BOUNDARY: doc([statement(), {**statement(), "Effect": "Allow"}], "boundary")},
        accounts={
            STATE: Account(random.choice(("o-1", "o-2")), scps=scps),
            PROD: Account("o-1", rcps=rcps),
        },
    )


class Search:
    """Who is controlled in the end, by assuming roles only, as the evaluator allows it."""

    def __init__(self, oracle: Oracle, one: World) -> None:
        self._oracle = oracle
        self._world = one
        self._evidence = Evidence(one)
        self.asked = 0

    def controlled(self, start: str) -> frozenset[str]:
        """Return everybody who comes to be controlled, the first one included."""
        facts = {Fact(Gain.CONTROL, start)}
        while True:
            found = set(self._assumed(frozenset(facts)))
            if found <= facts:
                return frozenset(fact.of for fact in facts if fact.gain is Gain.CONTROL)
            facts |= found

    def _assumed(self, facts: frozenset[Fact]) -> Iterator[Fact]:
        held = [fact.of for fact in facts if fact.gain is Gain.CONTROL]
        pairs = list(product(held, self._world.roles))
        into = self._allowed("sts:AssumeRole", pairs, facts)
        yield from (Fact(Gain.CONTROL, target) for _, target in into)
        tagged = self._allowed("sts:TagSession", into, facts)
        yield from (Fact(Gain.SESSION, target) for _, target in tagged)

    def _allowed(
        self, action: str, pairs: list[tuple[str, str]], facts: frozenset[Fact]
    ) -> list[tuple[str, str]]:
        """Return those pairs of caller and role that the evaluator allows, all asked at once."""
        asked = {pair: requests(self._evidence, action, *pair, facts, TRIES) for pair in pairs}
        every = [one for some in asked.values() for together in some for one in together]
        self.asked += len(every)
        answers = iter(self._oracle.put(every).read())
        said = {pair: [list(islice(answers, len(one))) for one in asked[pair]] for pair in pairs}
        return [
            pair
            for pair in pairs
            if any(all(answer == "Allowed" for answer in one) for one in said[pair])
        ]


def requests(  # noqa: PLR0913, PLR0917 -- the question in full
    evidence: Evidence, action: str, caller: str, role: str, facts: frozenset[Fact], count: int
) -> "list[tuple[Question, ...]]":
    """Return requests in full, each with all that must be allowed in it together.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    puts = (Put(caller, action, role, given, trust=True) for given in (_PLAIN, ()))
    return [
        (one, *(replace(one, action=more) for more in _carrying(one)))
        for put in puts
        for one in Concrete(*evidence.question(put, facts), caller).questions(count)
    ]


def _carrying(question: "Question") -> Iterator[str]:
    """Yield the actions that what a request carries takes; a session may hand on its tags."""
    keys = {key.lower().partition("/")[0] for key in question.context}
    if not question.role and keys & {"aws:requesttag", "aws:tagkeys", "sts:transitivetagkeys"}:
        yield "sts:TagSession"
    if "sts:sourceidentity" in keys:
        yield "sts:SetSourceIdentity"
