"""A certificate out of its JSON: taken as it was printed, refused in every other form."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from access.catalogue import steps
from access.kept import CertificateInvalidError, read, recheck
from access.prove import Answer, Proof, Rule, Undecided, prove
from access.rule import WebIdentity
from access.verified import verified
from access.world import World
from tests.access.small_world import ASSUME, ROOT, STATE, N, R, role, trusts, user, world

M = f"arn:aws:iam::{STATE}:user/m"
BUILD = WebIdentity("token.example.org", (("sub", "build"), ("aud", "sts")))
ONE = world(user(N), user(M, ASSUME), role(R, trusts(M)))
RULES = (Rule.of((N,), (R,)), Rule.of((BUILD, N), (R,), (f"{R}/apart",)))


def printed(one: World = ONE) -> dict[str, Any]:
    return json.loads(json.dumps(verified(one, RULES).json(one)))


def again(whole: object, one: World = ONE, *, asked: tuple[Rule, ...] = ()) -> list[str]:
    """Return why what it proves is not taken: nothing, if all of it is."""
    found = recheck(one, json.dumps(whole).encode(), steps(), asked=asked)
    assert found.checked
    undecided = [result for result in found.results if isinstance(result, Undecided)]
    assert (found.answer is Answer.PROVED) is not bool(undecided)
    return [why for result in undecided for why in result.why]


def test_what_was_printed_is_what_is_read() -> None:
    results = prove(ONE, RULES).results
    wanted = [result.certificate for result in results if isinstance(result, Proof)]
    assert len(wanted) == len(RULES)
    assert [one.certificate for one in read(json.dumps(printed()).encode())] == wanted


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_was_printed_is_taken(encoding: str) -> None:
    text = json.dumps(printed()).encode(encoding)
    assert recheck(ONE, text, steps(), asked=RULES).answer is Answer.PROVED


def _proof(whole: dict[str, Any]) -> dict[str, Any]:
    return whole["certificate"]["proofs"][0]


def _put(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda whole: _proof(whole).update({key: value})


def _narrowed(whole: dict[str, Any]) -> None:
    for rule in (whole["rules"][0], _proof(whole)["rule"]):
        rule["from"] = [f"arn:aws:iam::{STATE}:user/other"]


NOT_TAKEN: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "of another input": (_put("world", "sha256:0"), "about another input"),
    "of another catalogue": (_put("catalogue", "sha256:0"), "about another catalogue of steps"),
    "that assumes more": (_put("assumptions", ["nobody is curious"]), "other assumptions"),
    "with a fact twice": (_put("controlled", [N, N]), "states a fact twice"),
    "without its facts": (_put("controlled", []), "where one starts, and not in the set"),
    "about who is not there": (_put("controlled", [N, f"{N}-2"]), "is not in the input"),
    "about what is no ARN": (_put("controlled", [N, "x", "a:b:c:d:e:f:g"]), "is not in the input"),
    "about an account that is not there": (_put("administered", ["1"]), "is not in the input"),
    "that holds what it must not": (_put("controlled", [N, M, R]), "must never be reached"),
    "with other reasons": (_put("shut", []), "other reasons"),
    "of a rule that was changed": (_narrowed, "is where one starts, and not in the set"),
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_a_certificate_is_not_taken(case: str) -> None:
    change, why = NOT_TAKEN[case]
    whole = printed()
    change(whole)
    found, *_ = again(whole)
    assert why in found
    assert found.endswith("do not rely on it, and have it proved again")


def test_a_certificate_of_a_world_that_has_changed_since_is_not_taken() -> None:
    opened = replace(ONE, roles={R: role(R, ROOT)})
    assert all("about another input" in why for why in again(printed(), opened))


def test_a_rule_that_is_asked_about_and_not_proved_is_undecided() -> None:
    (why,) = again(printed(), asked=(*RULES, Rule.of((N,), (M,))))
    assert why == "the certificate has no proof of this rule; have it proved"


def _without(*keys: str) -> Callable[[dict[str, Any]], Any]:
    def change(whole: dict[str, Any]) -> dict[str, Any]:
        found = whole["certificate"] if len(keys) == 1 else _proof(whole)
        del found[keys[-1]]
        return whole

    return change


def _with(key: str, value: object) -> Callable[[dict[str, Any]], Any]:
    def change(whole: dict[str, Any]) -> dict[str, Any]:
        _proof(whole)[key] = value
        return whole

    return change


def _refuted(whole: dict[str, Any]) -> dict[str, Any]:
    return {**whole, "verdict": "refuted"}


def _fewer(whole: dict[str, Any]) -> dict[str, Any]:
    return {**whole, "rules": whole["rules"][:1]}


def _other_rule(whole: dict[str, Any]) -> dict[str, Any]:
    whole["rules"][0]["never_reach"] = [M]
    return whole


def _as_list(whole: dict[str, Any]) -> Any:
    return [whole]


INVALID: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a list": (_as_list, "no `verdict` that is a text"),
    "one that refutes": (_refuted, "`refuted`, so that nothing is proved"),
    "one with fewer rules than proofs": (_fewer, "1 rules, and 2 proofs"),
    "one that says another rule than it proves": (_other_rule, "not what its proof is about"),
    "one without proofs": (_without("proofs"), "no `proofs` that is a list"),
    "one without facts": (_without("proofs", "facts"), "no `facts` that is a list"),
    "one without its rule": (_without("proofs", "rule"), "no `rule`"),
    "one that knows more": (_with("signature", "me"), "the unknown key `signature`"),
    "one with another gain": (
        _with("facts", [{"gain": "glory", "of": N}]),
        "the unknown gain `glory`",
    ),
    "one with a fact that is a text": (_with("facts", [N]), "no `gain` that is a text"),
    "one that controls numbers": (_with("controlled", [1]), "`controlled` is not all texts"),
    "one about no ARN": (
        _with("rule", {"from": ["x"], "never_reach": [R], "apart_from": []}),
        "is not an ARN",
    ),
    "one about nobody": (
        _with("rule", {"from": [], "never_reach": [R], "apart_from": []}),
        "nobody starts",
    ),
    "one with a claim that is no pair": (
        _with(
            "rule",
            {"from": [{"issuer": "x", "claims": [["a"]]}], "never_reach": [R], "apart_from": []},
        ),
        "a claim that is no pair",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_what_is_no_certificate_is_refused_with_the_place(case: str) -> None:
    change, why = INVALID[case]
    with pytest.raises(CertificateInvalidError) as caught:
        read(json.dumps(change(printed())).encode())
    assert why in str(caught.value)
    assert "`iam-profiles prove --format json`" in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe\xfa", b"[" * 100_000, b"null"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(CertificateInvalidError):
        read(text)


def test_a_truncated_certificate_is_refused_wherever_it_ends() -> None:
    text = json.dumps(printed()).encode()
    for end in range(0, len(text), 97):
        with pytest.raises(CertificateInvalidError, match="no JSON"):
            read(text[:end])
