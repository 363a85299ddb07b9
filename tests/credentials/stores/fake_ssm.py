"""A fake of Parameter Store, at least as strict as AWS; moto's lists never lag and have no limits.

Pages, under https://docs.aws.amazon.com/systems-manager/latest/APIReference/:
    [PUT]    API_PutParameter.html
    [LIST]   API_GetParametersByPath.html
    [DELETE] API_DeleteParameter.html, API_DeleteParameters.html
"""

# ruff: noqa: N803 - the parameters have AWS's names

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.credentials.fakes import ACCOUNT, FakeAws, operation, refuse

_NAME = re.compile(r"(/[a-zA-Z0-9_.-]+)+", re.ASCII)
_STANDARD_BYTES = 4096
_LEVELS = 15
_WAIT_TO_RECREATE = timedelta(seconds=30)


@dataclass
class Parameter:
    """A parameter with its one version."""

    value: str
    key: str
    modified: datetime
    listed_from: datetime


@dataclass
class Parameters:
    """All parameters of a region."""

    held: dict[str, Parameter] = field(default_factory=dict[str, Parameter])
    deleted: dict[str, datetime] = field(default_factory=dict[str, datetime])
    list_delay: timedelta = timedelta(0)


class Ssm:
    """Parameter Store's operations on parameters of a path."""

    def __init__(self, aws: FakeAws, parameters: Parameters) -> None:
        self._aws = aws
        self._all = parameters

    @operation("PutParameter")
    def put_parameter(  # noqa: PLR0913 - AWS's
        self,
        *,
        Name: str,
        Value: str,
        Type: str,
        Overwrite: bool = False,
        Tier: str = "Standard",
        KeyId: str = "alias/aws/ssm",
        Description: str = "",
    ) -> dict[str, Any]:
        """A name that exists is refused unless it is to be overwritten [PUT]."""
        called, now = "PutParameter", self._aws.clock.now
        first = Name.strip("/").split("/")[0].lower()
        if not _NAME.fullmatch(Name) or first.startswith(("aws", "ssm")):
            refuse(called, "ValidationException")
        if Name.count("/") > _LEVELS:
            refuse(called, "HierarchyLevelLimitExceededException")
        if Type != "SecureString" or Tier != "Standard" or len(Description) > 1024:
            refuse(called, "ValidationException", "this fake knows no others")
        if not Value or len(Value.encode()) > _STANDARD_BYTES:
            refuse(called, "ValidationException")
        if Name in self._all.held and not Overwrite:
            refuse(called, "ParameterAlreadyExists")
        # AWS: wait for at least 30 seconds before a parameter of the same name is made [DELETE].
        if now - self._all.deleted.get(Name, now - _WAIT_TO_RECREATE) < _WAIT_TO_RECREATE:
            refuse(called, "InternalServerError", "", 500)
        listed = now + self._all.list_delay
        self._all.held[Name] = Parameter(Value, KeyId, now, listed)
        return {"Version": 1, "Tier": Tier}

    @operation("GetParametersByPath")
    def get_parameters_by_path(
        self,
        *,
        Path: str,
        Recursive: bool = False,
        WithDecryption: bool = False,
        MaxResults: int = 10,
        NextToken: str = "",
    ) -> dict[str, Any]:
        """At most ten a page, perhaps fewer, perhaps none and yet a token [LIST]."""
        if not 1 <= MaxResults <= 10 or Recursive or not WithDecryption:
            refuse("GetParametersByPath", "ValidationException")
        names = sorted(
            name
            for name, one in self._all.held.items()
            if name.rsplit("/", 1)[0] == Path and one.listed_from <= self._aws.clock.now
        )
        at = int(NextToken or 0)
        shown = names[max(at * 3 - 3, 0) : at * 3] if at else []
        more = {"NextToken": str(at + 1)} if at * 3 < len(names) else {}
        return {
            "Parameters": [
                {
                    "Name": name,
                    "ARN": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter{name}",
                    "Type": "SecureString",
                    "Value": self._all.held[name].value,
                    "Version": 1,
                    "LastModifiedDate": self._all.held[name].modified,
                }
                for name in shown
            ],
            **more,
        }

    @operation("DeleteParameters")
    def delete_parameters(self, *, Names: list[str]) -> dict[str, Any]:
        """Ten at most; those that are not there are named, not refused [DELETE]."""
        if not 1 <= len(Names) <= 10:
            refuse("DeleteParameters", "ValidationException")
        gone = [name for name in Names if self._all.held.pop(name, None)]
        self._all.deleted.update(dict.fromkeys(gone, self._aws.clock.now))
        return {"DeletedParameters": gone, "InvalidParameters": sorted(set(Names) - set(gone))}
