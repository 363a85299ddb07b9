"""Proofs out of the JSON of `Proofs.json`: for whoever checks what others have proved."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from access.catalogue.step import Gain, Step
from access.certificate import Certificate, catalogue_version, fingerprint
from access.errors import AccessError, ArnParseError
from access.facts import Fact
from access.prove import Proof, Proofs, Result, Undecided
from access.rule import Rule, WebIdentity
from access.verified import verify
from access.ways_out import ways_out
from access.world import World

_PARTS = ("rule", "world", "catalogue", "assumptions", "controlled", "administered", "facts")
_NOT_TAKEN = "do not rely on it, and have it proved again"
_OTHER_REASONS = "it gives other reasons than this input for ways out being shut"
_NO_PROOF = "the certificate has no proof of this rule; have it proved"


class CertificateInvalidError(AccessError):
    """What is given as a certificate is none; `where` is the place in it."""

    def __init__(self, where: str, found: str) -> None:
        super().__init__(
            f"{where}: {found}; give all that `iam-profiles prove --format json` printed, as it was"
        )
        self.where = where


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate, with the reasons that it gives for ways out being shut."""

    certificate: Certificate
    shut: Any


def recheck(
    world: World, text: bytes, steps: Sequence[Step], *, asked: Sequence[Rule] = ()
) -> Proofs:
    """Return what is proved of a world by a certificate that somebody else has made.

    `text` is the JSON of `Proofs.json`. Of what is `asked`, rules that it does not prove are
    undecided.

    Raises:
        CertificateInvalidError: it is no JSON of that form, or proves nothing.
    """
    kept = read(text)
    stated = tuple(Proof(one.certificate.rule, one.certificate) for one in kept)
    proofs = Proofs(stated, fingerprint(world), catalogue_version(steps))
    found = verify(world, proofs, steps, remedy=_NOT_TAKEN)
    results = [_reasoned(world, *pair) for pair in zip(found.results, kept, strict=True)]
    had = {one.rule for one in results}
    results += (Undecided(rule, (_NO_PROOF,)) for rule in asked if rule not in had)
    return replace(found, results=tuple(results))


def _reasoned(world: World, result: Result, kept: Kept) -> Result:
    if not isinstance(result, Proof):
        return result
    if kept.shut == [one.json() for one in ways_out(world, kept.certificate)]:
        return result
    return Undecided(result.rule, (f"{_OTHER_REASONS}; {_NOT_TAKEN}",))


def read(text: bytes) -> tuple[Kept, ...]:
    """Return the certificates that a JSON document states; nothing of them is checked.

    Raises:
        CertificateInvalidError: it is no JSON of the documented form, or proves nothing.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CertificateInvalidError("the certificate", f"no JSON ({error})") from error
    verdict = _part(whole, "verdict", str, "the certificate")
    if verdict != "proved":
        raise CertificateInvalidError("`verdict`", f"`{verdict[:20]}`, so that nothing is proved")
    rules = _part(whole, "rules", list, "the certificate")
    certificate = _part(whole, "certificate", dict, "the certificate")
    proofs = _part(certificate, "proofs", list, "`certificate`")
    if not rules or len(rules) != len(proofs):
        raise CertificateInvalidError("`rules`", f"{len(rules)} rules, and {len(proofs)} proofs")
    kept = tuple(_kept(one, f"`proofs[{at}]`") for at, one in enumerate(proofs))
    for at, (said, one) in enumerate(zip(rules, kept, strict=True)):
        rule = one.certificate.rule
        parts = {"from": rule.from_, "never_reach": rule.never_reach, "apart_from": rule.apart_from}
        for key, patterns in parts.items():
            if _part(said, key, list, f"`rules[{at}]`") != list(map(str, patterns)):
                raise CertificateInvalidError(f"`rules[{at}].{key}`", "not what its proof is about")
    return kept


def _kept(value: object, where: str) -> Kept:
    whole = _part({where: value}, where, dict, where)
    if unknown := sorted(set(whole) - {*_PARTS, "shut"}):
        raise CertificateInvalidError(where, f"the unknown key `{unknown[0][:80]}`")
    texts = {
        key: _texts(whole, key, where) for key in ("assumptions", "controlled", "administered")
    }
    facts = [
        *(Fact(Gain.ADMINISTER, of) for of in texts["administered"]),
        *(Fact(Gain.CONTROL, of) for of in texts["controlled"]),
        *(_fact(one, f"{where}.facts") for one in _part(whole, "facts", list, where)),
    ]
    certificate = Certificate(
        _rule(_part(whole, "rule", dict, where), f"{where}.rule"),
        tuple(facts),
        _part(whole, "world", str, where),
        _part(whole, "catalogue", str, where),
        tuple(texts["assumptions"]),
    )
    return Kept(certificate, _part(whole, "shut", list, where))


def _fact(value: object, where: str) -> Fact:
    gain = _part(value, "gain", str, where)
    try:
        return Fact(Gain(gain), _part(value, "of", str, where))
    except ValueError as error:
        raise CertificateInvalidError(where, f"the unknown gain `{gain[:80]}`") from error


def _rule(whole: Mapping[str, Any], where: str) -> Rule:
    starts = tuple(_start(one, where) for one in _part(whole, "from", list, where))
    never, apart = (tuple(_texts(whole, key, where)) for key in ("never_reach", "apart_from"))
    if not (starts and never):
        raise CertificateInvalidError(where, "nobody starts, or nobody is never reached")
    try:
        return Rule.of(starts, never, apart)
    except ArnParseError as error:
        raise CertificateInvalidError(where, str(error)) from error


def _start(value: object, where: str) -> str | WebIdentity:
    if isinstance(value, str):
        return value
    claims = _part(value, "claims", list, where)
    pairs = [tuple(_texts({where: one}, where, where)) for one in claims]
    found = tuple((pair[0], pair[1]) for pair in pairs if len(pair) == 2)  # noqa: PLR2004 -- key and value
    if len(found) < len(pairs):
        raise CertificateInvalidError(where, "a claim that is no pair")
    return WebIdentity(_part(value, "issuer", str, where), found)


def _texts(whole: Mapping[str, Any], key: str, where: str) -> list[str]:
    found = _part(whole, key, list, where)
    if not all(isinstance(one, str) for one in found):
        raise CertificateInvalidError(where, f"`{key}` is not all texts")
    return found


def _part(whole: object, key: str, kind: type[Any], where: str) -> Any:  # noqa: ANN401 -- JSON
    """Return what an object has under a key.

    Raises:
        CertificateInvalidError: it is no object, lacks the key, or has another kind of value.
    """
    found = cast("dict[str, Any]", whole).get(key) if isinstance(whole, dict) else None
    if not isinstance(found, kind):
        what = {str: "a text", list: "a list", dict: "an object"}[kind]
        raise CertificateInvalidError(where, f"no `{key}` that is {what}")
    return found
