"""The kinds of single values in `profiles/`: names, ids, actions, resources and the like."""

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from iam_profiles.model import PLACEHOLDERS
from iam_profiles.source.text import Text, day, refusal, span
from iam_profiles.source.wording import instead, one_of, quoted

# Names that IAM takes: ASCII only, unlike the pattern in its API, where `\w` may mean any letter.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_IAM = r"[A-Za-z0-9_+=,.@-]+"
_IAM_WORDS = "ASCII letters, digits and `_+=,.@-`"
_SLUG = r"[a-z][a-z0-9-]*"
_SLUG_WORDS = "lower-case letters, digits and `-`, beginning with a letter"

ROLE_NAME = Text(_IAM, 64, f"up to 64 {_IAM_WORDS}", ("PaymentsDeployRole",))
TEAM_NAME = Text(_SLUG, 40, f"up to 40 {_SLUG_WORDS}", ("payments",))

OrganizationName = Annotated[str, Text(_SLUG, 40, f"up to 40 {_SLUG_WORDS}", ("example",))]
AccountId = Annotated[str, Text("[0-9]{12}", 12, "twelve digits in quotes", ("111111111111",))]
AccountName = Annotated[str, Text(_SLUG, 40, f"up to 40 {_SLUG_WORDS}", ("nonprod", "prod-eu"))]
TierName = Annotated[str, Text(_SLUG, 40, f"up to 40 {_SLUG_WORDS}", ("nonprod", "prod"))]
TeamName = Annotated[str, TEAM_NAME]
RoleName = Annotated[str, ROLE_NAME]
PersonName = Annotated[str, Text(_IAM, 64, f"up to 64 {_IAM_WORDS}", ("ana",))]
ServiceUserName = Annotated[
    str,  # also the name of its secret, which takes no comma
    Text("[A-Za-z0-9_+=.@-]+", 64, "up to 64 ASCII letters, digits and `_+=.@-`", ("payments-ci",)),
]


def _not_reserved(name: str) -> str:
    """Keep the names of the groups that are made for service users and for people as such."""
    if name.casefold() == "people" or name.casefold().startswith("service-"):
        found = f"{quoted(name)}, a name that is reserved"
        raise refusal(found, "use one other than `people` that does not begin with `service-`")
    return name


GroupName = Annotated[
    str,  # a policy's name may have 128, and the group's end in `-assume-roles-10`
    Text(_IAM, 112, f"up to 112 {_IAM_WORDS}", ("payments-dev",)),
    AfterValidator(_not_reserved),
    Field(json_schema_extra={"not": {"pattern": "^(people$|service-)"}}),
]

Region = Annotated[
    str,
    Text(
        "[a-z]{2}(-[a-z]+)+-[1-9]",
        32,
        "the code of a region, such as `eu-west-1`",
        ("eu-west-1",),
    ),
]
PathPrefix = Annotated[
    str,
    Text(
        "[A-Za-z][A-Za-z0-9]*",
        32,
        "up to 32 ASCII letters and digits without slashes: the paths are made of it",
        ("Platform",),
    ),
]
SecretPrefix = Annotated[
    str,
    Text(
        "[A-Za-z0-9_+=.@-]+(/[A-Za-z0-9_+=.@-]+)*",
        256,
        "ASCII letters, digits and `_+=.@-`, with `/` in between",
        ("iam-profiles",),
    ),
]
Owner = Annotated[
    str,
    Text(
        "@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+",
        256,
        "`@user`, `@organization/team` or an e-mail address",
        ("@example/payments-leads",),
    ),
]
Purpose = Annotated[
    str,  # becomes the role's description, of which IAM takes Latin-1 only
    Text(
        r"[!-~\u00a1-\u00ff]([ -~\u00a1-\u00ff]*[!-~\u00a1-\u00ff])?",
        1000,
        "one line of up to 1000 characters, none beyond U+00FF",
        ("Deploys the payment services.",),
    ),
]
Sid = Annotated[str, Text("[A-Za-z0-9]+", 64, "up to 64 ASCII letters and digits", ("ReadLogs",))]
Action = Annotated[
    str,
    Text(
        r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+",
        128,
        "`service:Action`, with `*` and `?` in the action alone",
        ("s3:GetObject", "ec2:Describe*"),
    ),
]
_LATIN = r"[ -~\u00a1-\u00ff]"
_PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|\{([^{}]*)\}|[{}]")


def _known_placeholders(text: str) -> str:
    for match in _PLACEHOLDER.finditer(text):
        name = match[1]
        if match[0].startswith("${") or name in PLACEHOLDERS:
            continue
        found = f"{quoted(match[0])} in {quoted(text)}"
        known = [f"{{{placeholder}}}" for placeholder in PLACEHOLDERS]
        raise refusal(found, instead(match[0], known, one_of(known)))
    return text


Resource = Annotated[
    str,
    Text(
        rf"\*|arn:{_LATIN}+",
        1024,
        "an ARN or `*`, in characters up to U+00FF",
        ("arn:{partition}:ec2:*:{account}:vpc/*",),
    ),
    AfterValidator(_known_placeholders),
]

_OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    *("StringLike", "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan"),
    *("NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals"),
    *("DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan"),
    *("DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
)
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Operator = Annotated[
    str,
    Text(
        f"Null|(ForAllValues:|ForAnyValue:)?({'|'.join(_OPERATORS)})(IfExists)?",
        64,
        "an operator of IAM's, such as `StringEquals`",
        ("StringEquals", "ArnLike"),
        _OPERATORS,
    ),
]
ConditionKey = Annotated[
    str,
    Text(
        "[A-Za-z0-9-]+:[!-~]+",
        256,
        "a condition key such as `aws:RequestedRegion`",
        ("aws:RequestedRegion",),
    ),
]
ConditionValue = Annotated[
    str,
    Text(f"{_LATIN}*", 1024, "characters up to U+00FF", ("eu-west-1",)),
    AfterValidator(_known_placeholders),
]
ConditionValues = Annotated[tuple[ConditionValue, ...], Field(min_length=1)]
ManagedPolicyName = Annotated[
    str,
    Text(
        rf"({_IAM}/)*{_IAM}",
        256,
        "the policy's name, with its path if it has one",
        ("ReadOnlyAccess", "job-function/ViewOnlyAccess"),
    ),
]
ServiceName = Annotated[
    str,
    Text(
        "[a-z0-9-]+([.][a-z0-9-]+)*[.]amazonaws[.]com([.]cn)?",
        128,
        "the principal's name of an AWS service, such as `ec2.amazonaws.com`",
        ("pods.eks.amazonaws.com",),
    ),
]

# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
Session = Annotated[timedelta, span("1h", "12h")]
RotateAfter = Annotated[timedelta, span("1h", "365d")]
Grace = Annotated[timedelta, span("5m", "24h")]
# Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
RecoveryWindow = Annotated[timedelta, span("7d", "30d", units="d")]
Day = Annotated[date, day()]
