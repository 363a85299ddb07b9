"""A store in SSM Parameter Store: SecureString parameters, encrypted with a key of one's choice.

Overwriting a parameter, and moving a label of its versions, cannot be made to depend on what is
there. Creating one can: `PutParameter` without `Overwrite` refuses a name that exists. So each
state of the document is a parameter of its own, numbered, and is never overwritten; the highest
number holds:

    /iam-profiles/nonprod/payments-nonprod/00000041
    /iam-profiles/nonprod/payments-nonprod/00000042

Of two runs that have seen 42, one creates 43. Each parameter has one version, so the limit of a
hundred does not matter. States that are superseded and old are deleted, but for the newest few:
a run may still be about to create what it believes to be the next one. Were that one deleted, it
would be created anew, below the highest number, where nobody looks: the run's next look shuts it
out, and it has changed nothing.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
"""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from credentials.calls import call
from credentials.errors import ServiceError
from credentials.secret import Secret
from credentials.stores.document_store import Held
from iam_profiles.names import Arn

_DIGITS = 8
_NUMBER = re.compile(rf"\d{{{_DIGITS}}}", re.ASCII)
_KEPT = 4
_YOUNG = timedelta(hours=1)
"""No look is that old when a write follows it; by AWS's own clock."""
_DELETED_AT_ONCE = 10
_LOOKS = 4
_PAUSE_SECONDS = 0.5


class Client(Protocol):
    """The operations of boto3's client that are used."""

    def get_parameters_by_path(self, **kwargs: object) -> dict[str, Any]:
        """One page of the parameters below a path."""
        ...

    def put_parameter(self, **kwargs: object) -> dict[str, Any]:
        """Create a parameter."""
        ...

    def delete_parameters(self, **kwargs: object) -> dict[str, Any]:
        """Delete up to ten parameters."""
        ...


@dataclass(frozen=True, slots=True)
class _State:
    number: int
    name: str
    text: Secret
    written_at: datetime


class ParameterPlace:
    """The parameters below one path.

    Args:
        client: boto3's client of `ssm`; each of its calls may be repeated by itself.
        path: begins with `/`, as does every parameter's name in a hierarchy.
        arn: of the path: `arn:aws:ssm:eu-west-1:111111111111:parameter/iam-profiles/…`.
        kms_key: the id, ARN or alias of a customer-managed key; else AWS's own.
    """

    mend = (
        "read it with `aws ssm get-parameters-by-path --with-decryption`, move it elsewhere, delete"
        " the parameter with `aws ssm delete-parameter`, and run this again"
    )
    reopen = "run this again"

    def __init__(
        self,
        client: Client,
        path: str,
        arn: Arn,
        *,
        kms_key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self.name = path
        self.arn = arn
        self._key = {"KeyId": kms_key} if kms_key else {}
        self._sleep = sleep
        self._seen = 0

    def load(self) -> Held:
        """The state of the highest number. What this run has seen, it sees again."""
        states = self._states()
        if not states:
            return Held(None, 0)
        newest = states[-1]
        return Held(newest.text, newest.number)

    def save(self, text: Secret, held: Held) -> bool:
        """Create the next state; False if there is one."""
        number = int(held.token) + 1
        try:
            call(
                self._client.put_parameter,
                Name=self._named(number),
                Description="The access key of a service user; written by iam-profiles",
                Type="SecureString",
                Tier="Standard",
                Overwrite=False,
                Value=text.reveal(),
                **self._key,
            )
        except ServiceError as error:
            if error.code == "ParameterAlreadyExists":
                return False
            raise
        self._seen = number
        # What cannot be deleted now is deleted after a later write.
        with contextlib.suppress(ServiceError):
            self._sweep()
        return True

    def discard(self) -> None:
        """Delete all states, the newest last: until then the others are out of anybody's sight."""
        self._delete(self._states())
        self._seen = 0

    def _states(self) -> list[_State]:
        """All states in their order; looks again while the list lags behind what was seen.

        AWS promises nothing of when a new parameter is listed.
        """
        for left in reversed(range(_LOOKS)):
            states = self._listed()
            highest = states[-1].number if states else 0
            if highest >= self._seen:
                self._seen = highest
                return states
            if left:
                self._sleep(_PAUSE_SECONDS)
        raise ServiceError(
            "GetParametersByPath", "StaleList", "wait a minute and run this again", detail=self.name
        )

    def _listed(self) -> list[_State]:
        found: list[_State] = []
        token = ""
        while True:
            more = {"NextToken": token} if token else {}
            page = call(
                self._client.get_parameters_by_path,
                Path=self.name,
                Recursive=False,
                WithDecryption=True,
                MaxResults=10,
                **more,
            )
            for fields in cast("list[dict[str, Any]]", page["Parameters"]):
                text = Secret(fields.pop("Value"))
                name = str(fields["Name"])
                number = name.rsplit("/", 1)[1]
                if _NUMBER.fullmatch(number):
                    at = cast("datetime", fields["LastModifiedDate"])
                    found.append(_State(int(number), name, text, at))
            token = str(page.get("NextToken") or "")
            if not token:
                return sorted(found, key=lambda state: state.number)

    def _sweep(self) -> None:
        states = self._listed()
        old = [
            state for state in states[:-_KEPT] if states[-1].written_at - state.written_at > _YOUNG
        ]
        self._delete(old)

    def _delete(self, states: list[_State]) -> None:
        for at in range(0, len(states), _DELETED_AT_ONCE):
            names = [state.name for state in states[at : at + _DELETED_AT_ONCE]]
            call(self._client.delete_parameters, Names=names)

    def _named(self, number: int) -> str:
        return f"{self.name}/{number:0{_DIGITS}d}"
