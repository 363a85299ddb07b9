"""The resource's properties: inputs and outputs, checked and as the engine has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pulumi.runtime.rpc import UNKNOWN

from credentials.stores.config import Config, problems
from iam_profiles.names import AccountId, Arn, UserName
from iam_profiles.store_config import EARLIER

OUTPUTS = ("accessKeyId", "versionId", "createdAt", "storeArn", "nextDue")
REPLACING = ("accountId", "userName")
MOVING = ("region", "store")
"""Where the key is kept. It does not move: whoever read the old place would still have it."""
_SAME_PLACE = ("kms_key", "timeout_seconds")
"""What a store is called by otherwise, and is the same store."""

_REQUIRED = {
    "accountId": (r"\d{12}", "twelve digits, as text"),
    "region": (r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region, such as `eu-west-1`"),
    "userName": (r"[A-Za-z0-9+=,.@_-]{1,64}", "the name of an IAM user, without its path"),
}
_OPTIONAL = {
    "profile": (r".+", "the name of an AWS profile"),
    "probeRoleArn": (r"arn:aws[a-z-]*:iam::\d{12}:role/[!-~]+", "the ARN of a role"),
}
_TEXTS = _REQUIRED | _OPTIONAL
_ROTATE_AFTER, _GRACE = "rotateAfterSeconds", "graceSeconds"
_SECONDS = (_ROTATE_AFTER, _GRACE)
STORE = "store"
"""Which store, and where in it: what `credentials.stores` opens."""
APPLYING = "applying"
"""Not known in a preview: so the provider learns that it is in one."""
INPUTS = (*_TEXTS, STORE, *_SECONDS, APPLYING)

_PLAN_HOLDS = timedelta(hours=12)
"""How long before it comes due a preview shows what an update would do.

An update plan allows what its preview showed, or nothing; so a plan that is applied within this
time allows whatever has come due meanwhile.
"""

Properties = Mapping[str, PropertyValue]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the program asks for."""

    account: AccountId
    region: str
    profile: str | None
    user: UserName
    store: Config
    rotate_after: timedelta | None
    grace: timedelta | None
    probe: Arn | None

    @property
    def id(self) -> str:
        """The resource's id: never the key's, so that a retry finds what an earlier try made."""
        return f"{self.account}/{self.user}"


def current_form(state: Properties) -> Properties:
    """A state's properties, whichever version wrote them, as this one writes them."""
    if given(state, STORE) or not given(state, EARLIER):
        return state
    store = {"kind": PropertyValue("aws-secrets-manager"), "name": state[EARLIER]}
    return {**state, STORE: PropertyValue(store)}


def parse(properties: Properties) -> Inputs:
    """The inputs, from properties that were checked, or from a state that holds them."""
    texts = {name: str(properties[name].value) for name in _TEXTS if given(properties, name)}
    probe = texts.get("probeRoleArn")
    return Inputs(
        account=AccountId(texts["accountId"]),
        region=texts["region"],
        profile=texts.get("profile"),
        user=UserName(texts["userName"]),
        store=cast("Config", _plain(properties[STORE])),
        rotate_after=_duration(properties, _ROTATE_AFTER),
        grace=_duration(properties, _GRACE),
        probe=Arn(probe) if probe else None,
    )


def is_due(state: Properties, inputs: Properties, now: datetime) -> bool:
    """Whether an update has something to do about the key; for a preview, while its plan holds."""
    previewing = given(inputs, APPLYING) and inputs[APPLYING].value == UNKNOWN
    horizon = now + _PLAN_HOLDS if previewing else now
    if given(state, "nextDue"):
        return datetime.fromisoformat(str(state["nextDue"].value)) <= horizon
    rotate_after = _duration(inputs, _ROTATE_AFTER)
    if rotate_after is None or not given(state, "createdAt"):
        return False
    return datetime.fromisoformat(str(state["createdAt"].value)) + rotate_after <= horizon


def _duration(properties: Properties, name: str) -> timedelta | None:
    seconds = properties[name].value if given(properties, name) else None
    return timedelta(seconds=seconds) if isinstance(seconds, float) else None


def check(properties: Properties) -> list[CheckFailure]:
    """Everything that is wrong with the inputs; what is not known yet passes."""
    failures = [
        CheckFailure(name, f"`{name}` is not an input of StoredAccessKey; {_instead(name)}")
        for name in sorted(set(properties) - {*INPUTS, *OUTPUTS})
    ]
    failures += [
        CheckFailure(name, f"`{name}` is missing; give {_TEXTS[name][1]}")
        for name in _REQUIRED
        if not given(properties, name)
    ]
    failures += [CheckFailure(STORE, problem) for problem in _store_problems(properties)]
    for name, (pattern, meaning) in _TEXTS.items():
        value = properties[name].value if given(properties, name) else UNKNOWN
        if value == UNKNOWN:
            continue
        if not (isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII)):
            failures.append(CheckFailure(name, f"`{name}` is `{value}`; give {meaning}"))
    for name in _SECONDS:
        seconds = properties[name].value if given(properties, name) else UNKNOWN
        if not (isinstance(seconds, float) and seconds > 0) and seconds != UNKNOWN:
            failures.append(
                CheckFailure(name, f"`{name}` is `{seconds}`; give seconds, more than 0")
            )
    if given(properties, APPLYING) and properties[APPLYING].value not in {True, UNKNOWN}:
        failures.append(CheckFailure(APPLYING, f"`{APPLYING}` is true, or not known; set neither"))
    return failures


def _instead(name: str) -> str:
    if name == EARLIER:
        return f"give `{STORE}` the kind `aws-secrets-manager` and this `name`; the key stays"
    return "remove it"


def _store_problems(properties: Properties) -> tuple[str, ...]:
    if not given(properties, STORE):
        return (f"`{STORE}` is missing; give the store's kind, and what belongs to it",)
    if is_unknown(properties[STORE]):
        return ()
    config = _plain(properties[STORE])
    if not isinstance(config, Mapping):
        return (f"`{STORE}` is `{config}`; give the store's kind, and what belongs to it",)
    return problems(cast("Config", config))


def is_unknown(value: PropertyValue) -> bool:
    """Whether a value, or anything in it, is not known yet."""
    match value.value:
        case Mapping() as inner:
            return any(map(is_unknown, inner.values()))
        case tuple() as items:
            return any(map(is_unknown, items))
        case _:
            return value.value == UNKNOWN


def _plain(value: PropertyValue) -> object:
    """The value in JSON's types; the engine's numbers are all floats."""
    match value.value:
        case Mapping() as inner:
            return {name: _plain(item) for name, item in inner.items()}
        case tuple() as items:
            return [_plain(item) for item in items]
        case _:
            return value.value


def replacing(name: str, old: Properties, new: Properties) -> bool:
    """Whether a changed input is another key, or another place for it."""
    if name != STORE or not all(given(one, STORE) for one in (old, new)):
        return name in {*REPLACING, *MOVING}
    places = [
        {key: item for key, item in value.items() if key not in _SAME_PLACE}
        if isinstance(value := one[STORE].value, Mapping)
        else value
        for one in (old, new)
    ]
    return places[0] != places[1]


def only_inputs(properties: Properties) -> dict[str, PropertyValue]:
    """The inputs among the properties."""
    return {name: properties[name] for name in INPUTS if given(properties, name)}


def given(properties: Properties, name: str) -> bool:
    """Whether a property is there and not null."""
    return name in properties and properties[name].value is not None


def unknown_outputs() -> dict[str, PropertyValue]:
    """The outputs in a preview of what may mint."""
    return {name: PropertyValue(UNKNOWN) for name in OUTPUTS}
