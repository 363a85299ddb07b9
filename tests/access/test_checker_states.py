"""The checker reckons with boundaries that somebody sets, and policies that somebody attaches."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from access.catalogue import Gain
from access.checking import closed as closing
from access.checking.means import MeansOf
from access.checking.places import Places
from access.facts import Fact
from access.iam_keys import IamKeys
from access.label import given, under
from access.variant import Variant
from access.world import Account, World
from tests.access.small_world import STATE, N, allow, doc, user, world
from tests.access.test_checker_steps import BOUNDARY, KEYS, NEW, POLICY, M, faults

IF_BOUNDED = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
IF_ATTACHED = {"ArnEquals": {"iam:PolicyARN": POLICY}}
BOUNDARIES = {BOUNDARY: doc(allow("iam:*"), "boundary"), POLICY: doc(KEYS, "policy")}


def told(*own: dict[str, Any]) -> World:
    """Return a world whose account may do no more than `own` and make keys."""
    scps = ((doc([*own, KEYS, allow("iam:CreatePolicy")], "SCP"),),)
    accounts = {STATE: Account("o-1", scps=scps)}
    return world(user(N, list(own)), user(M), policies=BOUNDARIES, accounts=accounts)


def test_who_may_be_under_another_boundary_is_done_to_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = told(allow("iam:PutUserPolicy", M, **IF_BOUNDED))
    bound = Fact(Gain.BIND, under(M, BOUNDARY))
    assert faults(one) == ()
    assert any("`iam-put-user-policy`" in fault for fault in faults(one, bound))

    def without(of: World, _: object) -> Places:
        return Places(of, ())

    monkeypatch.setattr(closing, "Places", without)
    assert faults(one, bound) == ()


def test_who_may_have_a_policy_attached_is_allowed_what_that_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = told(allow("iam:AttachUserPolicy", f"{M}/other", **IF_ATTACHED))
    attached = Fact(Gain.ATTACH, given(N, POLICY))
    assert faults(one) == ()
    assert any("`iam-create-access-key`" in fault for fault in faults(one, attached))
    overlook(monkeypatch, one)
    assert faults(one, attached) == ()


def test_whose_boundary_comes_off_has_what_was_given_under_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = told(allow("iam:PutUserPolicy", f"{M}/other", **IF_BOUNDED))
    facts = Fact(Gain.UNBIND, N), Fact(Gain.GRANT, under(N, BOUNDARY))
    for some in ((), facts[:1]):
        assert faults(one, *some) == ()
    assert any("`iam-create-access-key`" in fault for fault in faults(one, *facts))
    overlook(monkeypatch, one)
    assert faults(one, *facts) == ()


def overlook(monkeypatch: pytest.MonkeyPatch, one: World) -> None:
    """Let users be allowed what their own policies say, and no more."""

    def texts(_: MeansOf, actor: str) -> tuple[str | None, ...]:
        return tuple(document.text for document in one.users[actor].grants.inline)

    monkeypatch.setattr(MeansOf, "texts", texts)


OWN = f"arn:aws:iam::{STATE}:policy/*"
ATTACHING = allow("iam:AttachUserPolicy", M, ArnLike={"iam:PolicyARN": OWN})
MINTING = allow("iam:CreateUser", NEW, ArnLike={"iam:PermissionsBoundary": OWN})
MAKING = {
    "iam-attach-user-policy": (
        ATTACHING,
        [Fact(Gain.ATTACH, given(M, one)) for one in (POLICY, BOUNDARY)],
    ),
    "iam-create-user": (MINTING, [Fact(Gain.MINT, under(NEW, one)) for one in (POLICY, BOUNDARY)]),
}


@pytest.mark.parametrize("step", MAKING)
def test_a_policy_that_is_not_there_yet_takes_somebody_who_may_make_one(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, known = MAKING[step]
    assert faults(told(own), *known) == ()
    making = told(own, allow("iam:CreatePolicy"))
    assert any(f"`{step}" in fault for fault in faults(making, *known))
    ways = IamKeys.ways

    def alone(self: IamKeys, *asked: Any) -> Iterator[Variant]:
        return (replace(way, also=None) for way in ways(self, *asked))

    monkeypatch.setattr(IamKeys, "ways", alone)
    assert any(f"`{step}" in fault for fault in faults(told(own), *known))
