"""The resource's properties: inputs and outputs, checked and as the engine has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pulumi.runtime.rpc import UNKNOWN

from iam_profiles.names import AccountId, UserName

OUTPUTS = ("accessKeyId", "versionId", "createdAt", "secretArn")
REPLACING = ("accountId", "userName")
MOVING = ("region", "secretName")
"""Where the key is kept. It does not move: whoever read the old place would still have it."""

_REQUIRED = {
    "accountId": (r"\d{12}", "twelve digits, as text"),
    "region": (r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region, such as `eu-west-1`"),
    "userName": (r"[A-Za-z0-9+=,.@_-]{1,64}", "the name of an IAM user, without its path"),
    "secretName": (r"[A-Za-z0-9/_+=.@-]{1,512}", "the name of a secret"),
}
_OPTIONAL = {"profile": (r".+", "the name of an AWS profile")}
_TEXTS = _REQUIRED | _OPTIONAL
_SECONDS = "rotateAfterSeconds"
INPUTS = (*_TEXTS, _SECONDS)

Properties = Mapping[str, PropertyValue]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the program asks for."""

    account: AccountId
    region: str
    profile: str | None
    user: UserName
    secret_name: str
    rotate_after: timedelta | None

    @property
    def id(self) -> str:
        """The resource's id: never the key's, so that a retry finds what an earlier try made."""
        return f"{self.account}/{self.user}"


def parse(properties: Properties) -> Inputs:
    """The inputs, from properties that were checked, or from a state that holds them."""
    texts = {name: str(properties[name].value) for name in _TEXTS if given(properties, name)}
    seconds = properties[_SECONDS].value if given(properties, _SECONDS) else None
    return Inputs(
        account=AccountId(texts["accountId"]),
        region=texts["region"],
        profile=texts.get("profile"),
        user=UserName(texts["userName"]),
        secret_name=texts["secretName"],
        rotate_after=timedelta(seconds=seconds) if isinstance(seconds, float) else None,
    )


def check(properties: Properties) -> list[CheckFailure]:
    """Everything that is wrong with the inputs; what is not known yet passes."""
    failures = [
        CheckFailure(name, f"`{name}` is not an input of StoredAccessKey; remove it")
        for name in sorted(set(properties) - {*INPUTS, *OUTPUTS})
    ]
    failures += [
        CheckFailure(name, f"`{name}` is missing; give {_TEXTS[name][1]}")
        for name in _REQUIRED
        if not given(properties, name)
    ]
    for name, (pattern, meaning) in _TEXTS.items():
        value = properties[name].value if given(properties, name) else UNKNOWN
        if value == UNKNOWN:
            continue
        if not (isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII)):
            failures.append(CheckFailure(name, f"`{name}` is `{value}`; give {meaning}"))
    if given(properties, _SECONDS):
        seconds = properties[_SECONDS].value
        if not (isinstance(seconds, float) and seconds > 0) and seconds != UNKNOWN:
            failures.append(
                CheckFailure(_SECONDS, f"`{_SECONDS}` is `{seconds}`; give seconds, more than 0")
            )
    return failures


def only_inputs(properties: Properties) -> dict[str, PropertyValue]:
    """The inputs among the properties."""
    return {name: properties[name] for name in INPUTS if given(properties, name)}


def given(properties: Properties, name: str) -> bool:
    """Whether a property is there and not null."""
    return name in properties and properties[name].value is not None


def unknown_outputs() -> dict[str, PropertyValue]:
    """The outputs in a preview that would mint."""
    return {name: PropertyValue(UNKNOWN) for name in OUTPUTS}
