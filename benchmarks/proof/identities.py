"""The users and groups of the state account: machines of either class, and people."""

from collections.abc import Iterator, Sequence

from benchmarks.proof.policies import Json, allow, deny, policy
from benchmarks.proof.shape import SORTS, Place, Shape, unique_id

_KINDS = ("nonprod", "nonprod", "prod", "prod", "people")
_CREATED = "2026-01-07T09:30:00+00:00"
_NAMES = ("payments", "search", "orders", "media", "risk", "mail", "ledger", "growth")
_TIERS = {"nonprod": ("nonprod", "sandbox"), "prod": ("nonprod", "sandbox", "prod")}


def team_name(number: int) -> str:
    """Return a team's name by its number."""
    return f"{_NAMES[number % len(_NAMES)]}{number // len(_NAMES)}"


def machines(shape: Shape, kind: str) -> Iterator[str]:
    """Yield the names, with their path, of the identities of a kind."""
    yield from (name for name, one, _ in _identities(shape) if one == kind)


def users(shape: Shape, state: Place) -> Iterator[Json]:
    """Yield every identity as the export of the state account has it."""
    owned: dict[int, list[Place]] = {}
    for place in shape.places():
        if place.tier != "state":
            owned.setdefault(place.team, []).append(place)
    for name, kind, team in _identities(shape):
        yield _user(state, name, kind, team, owned.get(team, []))


def _identities(shape: Shape) -> Iterator[tuple[str, str, int]]:
    """Yield each identity's name, kind and team."""
    for number in range(shape.identities):
        kind, team = _KINDS[number % SORTS], (number // SORTS) % shape.teams
        infix = "" if kind == "people" else f"-{kind}"
        yield f"{kind}/{team_name(team)}{infix}-{number:03d}", kind, team


def _user(state: Place, name: str, kind: str, team: int, owned: Sequence[Place]) -> Json:
    arn = state.arn("user", name)
    path, _, last = name.rpartition("/")
    own: Json = {}
    if kind in _TIERS:
        roles = [
            place.arn("role", f"{place.tier}/Deploy")
            for place in owned
            if place.tier in _TIERS[kind]
        ]
        document = policy(allow("sts:AssumeRole", roles, sid="AssumeDeploy"))
        own["UserPolicyList"] = [{"PolicyName": "assume", "PolicyDocument": document}]
        own["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": state.arn("policy", "MachineBoundary"),
        }
    tags = {"class": kind, "team": team_name(team)}
    if kind == "people" and last.endswith(("04", "14")):
        tags["oncall"] = team_name(team)
    return {
        "Path": f"/{path}/",
        "UserName": last,
        "UserId": unique_id("AIDA", arn),
        "Arn": arn,
        "CreateDate": _CREATED,
        **own,
        "GroupList": [kind],
        "AttachedManagedPolicies": [],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def groups(state: Place) -> Iterator[Json]:
    """Yield the groups: what is granted to all of a kind, and what is denied to them."""
    anywhere = "arn:aws:iam::*:role"
    keys = ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]
    untold: Json = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    shared = policy(
        allow("sts:AssumeRole", f"{anywhere}/shared/*", sid="AssumeShared"),
        deny("sts:AssumeRole", [f"{anywhere}/prod/*", f"{anywhere}/people/*"], sid="NeverProd"),
    )
    yield _group(
        state,
        "nonprod",
        {"shared": shared, "own-keys": policy(_own("nonprod", keys, state))},
    )
    yield _group(state, "prod", {"own-keys": policy(_own("prod", keys, state))})
    yield _group(
        state,
        "people",
        {
            "assume": policy(
                allow("sts:AssumeRole", f"{anywhere}/people/*", sid="AssumePeople"),
                allow("sts:AssumeRole", state.arn("role", "audit/Auditor"), sid="Audit"),
                deny("sts:AssumeRole", "*", untold, sid="OnlyWithMfa"),
            ),
            "own-devices": policy(
                _own("people", ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"], state)
            ),
        },
    )


def _own(kind: str, actions: Sequence[str], state: Place) -> Json:
    return allow(actions, state.arn("user", f"{kind}/${{aws:username}}"), sid="Own")


def _group(state: Place, name: str, inline: dict[str, Json]) -> Json:
    arn = state.arn("group", name)
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": unique_id("AGPA", arn),
        "Arn": arn,
        "CreateDate": _CREATED,
        "GroupPolicyList": [
            {"PolicyName": title, "PolicyDocument": document} for title, document in inline.items()
        ],
        "AttachedManagedPolicies": [],
    }
