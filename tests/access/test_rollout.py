"""A roll-out as one world: it allows all that any mixture of before and after allows."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access import mixture, rollout
from access.catalogue.step import Gain
from access.prove import Answer, How, Prover, Refuted, Rule, prove
from access.rollout import either
from access.world import World
from tests.access.mixtures import Mixed, sides
from tests.access.rollout_cases import (
    MANAGED,
    REACHED,
    S3,
    SHUT,
    UNDECIDED,
    having,
    managing,
    tagged,
)
from tests.access.small_world import ASSUME, N, R, user, verdict, world
from tests.access.test_reach_worlds import RULE, STEPS

laws = settings(max_examples=150, deadline=None, derandomize=True)


def controlled(one: World) -> frozenset[str]:
    """Who comes to be controlled, where each is known by name."""
    facts = Prover(one, STEPS).closure(RULE.from_, How.PERHAPS).facts
    principals = {*one.users, *one.roles}
    found = {fact.of for fact in facts if fact.gain is Gain.CONTROL}
    administered = {fact.of for fact in facts if fact.gain is Gain.ADMINISTER}
    return frozenset(arn for arn in principals if arn in found or arn.split(":")[4] in administered)


@st.composite
def rollouts(draw: st.DrawFn) -> tuple[World, World, World]:
    """Before, after, and a state in between."""
    before = draw(sides())
    after = draw(sides(before))
    return before, after, Mixed(before, after, draw(st.integers(0, 10**6))).world()


def is_sound(before: World, after: World, between: World) -> bool:
    whole = either(before, after)
    return bool(whole.missing) or controlled(between) <= controlled(whole)


@laws
@given(rollouts())
def test_every_mixture_of_documents_comes_to_no_more_than_the_roll_out(
    worlds: tuple[World, World, World],
) -> None:
    assert is_sound(*worlds)


@pytest.mark.parametrize("title", REACHED)
def test_what_may_be_as_before_or_as_after_is_as_wide_as_either(title: str) -> None:
    # INVARIANT: each of these mutants' cases is reached in some state; who it is, may be doubtful.
    for pair in (REACHED[title], REACHED[title][::-1]):
        assert verdict(either(*pair)) in (Answer.REFUTED, Answer.UNDECIDED)


@pytest.mark.parametrize("title", SHUT)
def test_what_is_in_force_before_and_after_is_so_in_between(title: str) -> None:
    assert verdict(either(*SHUT[title])) is Answer.PROVED


def test_what_does_not_change_stays_the_same_object() -> None:
    before, after = managing(having(S3), S3), managing(having(ASSUME), S3)
    after = replace(after, policies=dict(before.policies))
    whole = either(before, after)
    assert whole.policies[MANAGED] is after.policies[MANAGED]
    assert whole.roles[R] is after.roles[R]
    assert either(after, after) is after
    assert either(replace(after), after) is after


def test_a_reason_says_of_which_side_the_statement_is() -> None:
    before = having({**ASSUME, "Sid": "Assume"})
    (found,) = prove(either(before, having(S3)), [Rule.of((N,), (R,))]).results
    assert isinstance(found, Refuted)
    reasons = [str(reason) for hop in found.path for reason in hop.allowed_by]
    assert f"statement `Assume, as deployed` of policy of `{N}` allows it" in reasons
    assert any("of trust policy of `" in reason and "deployed" not in reason for reason in reasons)


def test_a_role_that_comes_says_so_in_its_trust() -> None:
    whole = either(world(user(N, ASSUME)), having(ASSUME))
    assert whole.roles[R].trust.name.endswith(", as planned")
    assert verdict(whole) is Answer.REFUTED


@pytest.mark.parametrize("title", UNDECIDED)
def test_what_cannot_be_told_of_a_side_proves_nothing(title: str) -> None:
    assert verdict(either(*UNDECIDED[title])) is Answer.UNDECIDED
    assert verdict(either(*reversed(UNDECIDED[title]))) is Answer.UNDECIDED


def test_tags_that_nobody_looks_at_may_change() -> None:
    assert verdict(either(tagged("dev", S3), tagged("prod", S3))) is Answer.PROVED


# --- mutants: one line of `either` changed, and something that a mixture reaches is not seen ---

MUTANTS: dict[str, tuple[ModuleType, str, str]] = {
    "a Deny counts that one side has": (
        mixture,
        "for one in alone if not one.denies",
        "for one in alone",
    ),
    "an Allow of before is forgotten": (
        mixture,
        "one for one in old if one.key not in after]",
        "]",
    ),
    "a Deny counts as it will be": (mixture, "return kept if ", "return two if "),
    "a Deny of all but this counts as it was": (
        mixture,
        "kept[negated] = _all(one[negated], two[negated])",
        "kept[negated] = _common(one[negated], one[negated])",
    ),
    "a Deny but for some forgets the others": (
        mixture,
        'join = _all if "not" in operator.lower() else _common',
        "join = _common",
    ),
    "conditions of which one holds will do": (
        mixture,
        'join = _all if "not" in operator.lower() else _common',
        "join = _all",
    ),
    "what cannot be read is left out": (
        mixture,
        'return Document.missing(after.name, f"{found}, {side}")',
        "return after if side == BEFORE else before",
    ),
    "versions do not matter": (
        mixture,
        "return None if _VARIABLE in before + after else",
        "return",
    ),
    "a policy that comes keeps its Denies": (
        rollout,
        "found[arn] = allowing(found[arn])",
        "pass",
    ),
    "a group keeps its Denies": (
        rollout,
        "arn: _loosened(found[arn]) for arn in loose",
        "arn: found[arn] for arn in loose",
    ),
    "groups that are left are forgotten": (rollout, "(*two.groups, *one.groups)", "two.groups"),
    "who comes counts as there": (rollout, "_present(before) ^ _present(after)", "set()"),
    "policies that come off are forgotten": (
        rollout,
        "(*two.managed, *one.managed)",
        "two.managed",
    ),
    "the boundary that will be counts": (
        rollout,
        "two.boundary if one.boundary == two.boundary else None",
        "two.boundary",
    ),
    "the id that will be counts": (
        rollout,
        "two.unique_id if one.unique_id == two.unique_id else None",
        "two.unique_id",
    ),
    "the device that will be counts": (rollout, "one.mfa or two.mfa", "two.mfa"),
    "the trust that will be counts": (
        rollout,
        "trust=either_document(one.trust, two.trust)",
        "trust=two.trust",
    ),
    "the levels that will be count": (rollout, "return ()\n", "return two\n"),
    "an SCP that will be counts": (
        rollout,
        "return tuple(_documents(old, new)",
        "return tuple(new",
    ),
    "the account that will be counts": (
        rollout,
        "one.management or two.management",
        "two.management",
    ),
    "keys of before are forgotten": (
        rollout,
        "(*after.credentials, *before.credentials)",
        "after.credentials",
    ),
    "a secret's policy keeps its Denies": (rollout, "return allowing(found)", "return found"),
    "a key's policy that comes keeps the account out": (
        rollout,
        "return delegating(found, ",
        "return allowing(found) or (",
    ),
    "who goes is forgotten": (
        rollout,
        "for key, one in before.items() if key not in after",
        "for key, one in {}.items()",
    ),
    "a policy that is lacking is taken from the other side": (
        rollout,
        "_referred_to(world) & found.keys()",
        "set()",
    ),
    "a group that is lacking is taken from the other side": (
        rollout,
        "self._note_lacking()",
        "pass",
    ),
    "tags do not matter": (rollout, "if one.tags != two.tags and", "if False and"),
    "the organisation does not matter": (
        rollout,
        "if one.organization != two.organization:",
        "if False:",
    ),
}


def mutated(module: ModuleType, line: str, instead: str) -> Callable[[World, World], World]:
    """Return `either` with one line changed."""
    texts = {one: Path(str(one.__file__)).read_text(encoding="utf-8") for one in (mixture, rollout)}
    assert texts[module].count(line) == 1, line
    texts[module] = texts[module].replace(line, instead)
    inner = ModuleType("mutated_mixture")
    outer = ModuleType("mutated_rollout")
    for made, source in (
        (inner, texts[mixture]),
        (outer, texts[rollout].replace("access.mixture", inner.__name__)),
    ):
        sys.modules[made.__name__] = made
        exec(compile(source, made.__name__, "exec"), made.__dict__)  # noqa: S102 -- our own source
    return outer.either


@pytest.mark.parametrize("title", MUTANTS)
def test_a_mutant_of_the_roll_out_is_seen(title: str) -> None:
    changed = mutated(*MUTANTS[title])
    pairs = [two for one in (REACHED | UNDECIDED).values() for two in (one, one[::-1])]
    assert any(verdict(changed(*pair)) is Answer.PROVED for pair in pairs)
