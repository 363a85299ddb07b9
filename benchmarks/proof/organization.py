"""Writes a generated organisation as files in the forms that AWS's commands and ours take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import cast

from benchmarks.proof.accounts import details, role
from benchmarks.proof.identities import machines, team_name
from benchmarks.proof.policies import AWS, Json, admit, allow, deny, policy
from benchmarks.proof.shape import ORGANIZATION, Place, Shape

EXTRAS = ("scps", "rcps", "resource-policies", "credentials")
_STORED = 10
"""Of so many machines, one has its key in the secrets store of the state account."""


class Plant(Enum):
    """One way from nonprod into prod that the generator can plant."""

    TRUST = "trust"
    """A prod role that admits the whole account of a nonprod pipeline."""
    KEYS = "keys"
    """A role of the state account that nonprod may assume and that makes keys for everybody."""
    SECRET = "secret"  # noqa: S105 a kind of way in, not a secret
    """A secret with the key of a prod machine, which nonprod pipelines may read."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many statements, in how many bytes."""

    statements: int
    bytes: int


def write(shape: Shape, folder: Path, plant: Plant | None = None) -> Written:
    """Write the organisation: `details/`, an account a file, and `<extra>.json` beside it.

    `question.json` says what to ask: `{"from": […], "never_reach": […]}`, for `prove`;
    `narrower.json` asks less: see `narrower`.
    """
    (folder / "details").mkdir(parents=True, exist_ok=True)
    places = list(shape.places())
    statements = size = 0
    for place in places:
        export = details(shape, place, places[0])
        if plant:
            _plant(plant, export, place, places)
        statements += _statements(export)
        size += _write(folder / "details" / f"{place.id}.json", export)
    for name, document in _extras(shape, places, plant).items():
        statements += _statements(document)
        size += _write(folder / f"{name}.json", document)
    _write(folder / "question.json", question(places))
    _write(folder / "narrower.json", narrower(places))
    return Written(statements, size)


def question(places: Sequence[Place]) -> dict[str, list[str]]:
    """Return the rule: machines of nonprod never reach prod, nor anything else in state."""
    state = places[0]
    prod = [f"arn:aws:iam::{place.id}:*" for place in places if place.tier == "prod"]
    spared = [state.arn("user", "prod/*"), state.arn("user", "people/*"), state.arn("role", "*")]
    return {"from": [state.arn("user", "nonprod/*")], "never_reach": [*prod, *spared]}


def narrower(places: Sequence[Place]) -> dict[str, list[str]]:
    """Return the rule without the roles of prod's pipelines that a promotion leads to.

    They are shut off by conditions of trust policies alone: who reads none of those is right here.
    """
    whole = question(places)
    prod = [place for place in places if place.tier == "prod"]
    kept = ("user/*", "role/prod/Deploy", "role/people/*", "role/audit/*", "role/engine/*")
    state = [one for one in whole["never_reach"] if not any(place.id in one for place in prod)]
    names = [f"arn:aws:iam::{place.id}:{one}" for place in prod for one in (*kept, "role/app/*")]
    return {**whole, "never_reach": [*names, *state]}


def _write(path: Path, document: Mapping[str, object]) -> int:
    # AWS's command indents by four; so does this.
    return path.write_text(json.dumps(document, indent=4) + "\n", "utf-8")


def _statements(raw: object) -> int:
    if isinstance(raw, list):
        return sum(map(_statements, cast("list[object]", raw)))
    if not isinstance(raw, dict):
        return 0
    found = cast("dict[str, object]", raw)
    own = found.get("Statement")
    inner = sum(map(_statements, found.values()))
    return inner + (len(cast("list[object]", own)) if isinstance(own, list) else 0)


def _extras(shape: Shape, places: Sequence[Place], plant: Plant | None) -> dict[str, Json]:
    resources, credentials = _stores(shape, places, plant)
    return {
        "scps": _limits(places, _scps(places[0])),
        "rcps": _limits(places, _rcps()),
        "resource-policies": resources,
        "credentials": credentials,
    }


def _limits(places: Sequence[Place], policies: Mapping[str, Json]) -> Json:
    """Return SCPs or RCPs, level by level: of the root, of the tier, of the account."""
    every = next(iter(policies))

    def level(start: str) -> list[str]:
        return [every, *(name for name in policies if name.lower().startswith(start))]

    tiers = {place.tier: [level("org"), level(place.tier), [every]] for place in places}
    return {
        "organization": ORGANIZATION,
        "policies": dict(policies),
        "accounts": {place.id: tiers[place.tier] for place in places},
    }


def _scps(state: Place) -> dict[str, Json]:
    elsewhere: Json = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}
    keepers: Json = {"ArnNotLike": {"aws:PrincipalArn": state.arn("role", "audit/*")}}
    regional: Json = {
        "Sid": "Regions",
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*", "organizations:*", "route53:*", "support:*"],
        "Resource": "*",
        "Condition": elsewhere,
    }
    root: Json = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
    return {
        "FullAWSAccess": policy(allow("*", sid="Everything")),
        "OrgStay": policy(deny("organizations:LeaveOrganization"), deny("*", "*", root)),
        "OrgRegions": policy(regional),
        "ProdNoUsers": policy(deny(["iam:CreateUser", "iam:CreateLoginProfile"], sid="NoUsers")),
        "ProdKeepAudit": policy(deny("iam:*", "arn:aws:iam::*:role/audit/*", keepers)),
        "NonprodNoUsers": policy(deny("iam:CreateUser", sid="NoUsers")),
    }


def _rcps() -> dict[str, Json]:
    strangers: Json = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    everybody: Json = {"Principal": "*", "Resource": "*"}
    shut = deny(["sts:AssumeRole", "secretsmanager:*", "kms:*"], "*", strangers, sid="OnlyOurs")
    return {
        "RCPFullAWSAccess": policy({"Effect": "Allow", "Action": "*", **everybody}),
        "OrgIdentities": policy({**shut, "Principal": "*"}),
    }


def _stores(shape: Shape, places: Sequence[Place], plant: Plant | None) -> tuple[Json, Json]:
    """Return the secrets' policies, and whose key each of the secrets holds."""
    state, resources = places[0], dict[str, object]()
    credentials: list[Json] = []
    for kind in ("nonprod", "prod"):
        for number, name in enumerate(machines(shape, kind)):
            if number % _STORED:
                continue
            secret = f"arn:aws:secretsmanager:eu-west-1:{state.id}:secret:{name}-AbCdEf"
            credentials.append({"secret": secret, "principal": state.arn("user", name)})
            readers = [state.arn("role", "engine/Rotator")]
            if plant is Plant.SECRET and kind == "prod" and not number:
                readers.append(places[1].arn("role", "nonprod/Deploy"))
            reading = allow("secretsmanager:GetSecretValue", "*", sid="Readers")
            resources[secret] = policy({**reading, "Principal": {"AWS": readers}})
    return resources, {"credentials": credentials}


def _plant(plant: Plant, export: Json, place: Place, places: Sequence[Place]) -> None:
    state, first = places[0], next(place for place in places if place.tier == "prod")
    roles = cast("list[Json]", export["RoleDetailList"])
    if plant is Plant.TRUST and place is first:
        trust = policy(admit({"AWS": f"arn:aws:iam::{places[1].id}:root"}, sid="Legacy"))
        roles[-1] = role(place, "app/legacy", trust, attached=[f"{AWS}/PowerUserAccess"])
    if plant is Plant.KEYS and place is state:
        pipeline = places[1].arn("role", "nonprod/Deploy")
        making = policy(allow("iam:CreateAccessKey", state.arn("user", "*"), sid="MakeKeys"))
        trust = policy(admit({"AWS": pipeline}, sid=team_name(0)))
        roles[-1] = role(place, "app/legacy", trust, inline={"keys": making})
