"""`iamprofiles:index:StoredAccessKey`: `ensure` and `remove` as a resource of the engine.

Nothing secret crosses this boundary: the key goes from AWS to the store inside one call of `ensure`
and the engine gets its id, its version, its date and the store's ARN.
"""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    Provider,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from credentials.errors import (
    CredentialsError,
    InterruptedRunError,
    StoreNotFoundError,
    UserNotFoundError,
)
from credentials.provider import properties
from credentials.provider.properties import Inputs
from credentials.stores import discard

if TYPE_CHECKING:
    from credentials.aws import Aws
    from credentials.ensure import Ensured
    from credentials.ports import Policy, Ports
    from iam_profiles.names import AccountId

T = TypeVar("T")


class StoredAccessKeyProvider(Provider):
    """The provider of one resource type. boto3 is imported when AWS is called, not to start."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._opening = threading.Lock()
        self._open: dict[tuple[AccountId, str, str | None], Aws] = {}
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Wait until no call is under way."""
        await self._idle.wait()

    async def cancel(self) -> None:
        """Stop waiting; a key that was minted is stored first, and the next run goes on."""
        self._stopping.set()

    async def check(self, request: CheckRequest) -> CheckResponse:
        """Refuse inputs that AWS would, before anything is written."""
        failures = properties.check(request.new_inputs)
        return CheckResponse(properties.only_inputs(request.new_inputs), failures)

    async def diff(self, request: DiffRequest) -> DiffResponse:
        """What an update would change.

        Another account or user is another resource. Another place for the secret replaces the key,
        the old one first: the user's keys are the same two slots, and who could read the old place
        is not to know the new key. A rotation that is due, or the end of a grace, is a change too.
        So is a state that an earlier version wrote: the key stays, and the state is written anew.
        """
        old = properties.only_inputs(request.old_state)
        new = properties.only_inputs(request.new_inputs)
        was = properties.current_form(request.old_state)
        changed = [
            name
            for name in properties.INPUTS
            if name != properties.APPLYING
            and old.get(name) != new.get(name)
            and name not in request.ignore_changes
        ]
        replacing = [name for name in changed if properties.replacing(name, was, new)]
        found = [] if properties.given(request.old_state, "accessKeyId") else ["accessKeyId"]
        if properties.is_due(request.old_state, request.new_inputs, datetime.now(UTC)):
            found.append("nextDue")
        return DiffResponse(
            changes=bool(changed or found),
            replaces=replacing,
            delete_before_replace=not any(name in properties.REPLACING for name in replacing),
            diffs=[*changed, *found],
            detailed_diff={
                name: PropertyDiff(
                    _kind(name in old, name in new, name in replacing), input_diff=True
                )
                for name in changed
            }
            | {name: PropertyDiff(PropertyDiffKind.UPDATE, input_diff=False) for name in found},
        )

    async def create(self, request: CreateRequest) -> CreateResponse:
        """Ensure the key: after a crash, adopt what is there."""
        if request.preview:
            outputs = properties.unknown_outputs()
            return CreateResponse(None, {**properties.only_inputs(request.properties), **outputs})
        inputs = properties.parse(request.properties)
        outputs = await self._ensure(inputs)
        return CreateResponse(inputs.id, {**properties.only_inputs(request.properties), **outputs})

    async def update(self, request: UpdateRequest) -> UpdateResponse:
        """Do what is due; a healthy key that is not too old stays."""
        inputs = properties.only_inputs(request.news)
        if request.preview:
            # Any update may rotate: what a plan says of an output must hold whatever it did.
            return UpdateResponse({**inputs, **properties.unknown_outputs()})
        return UpdateResponse({**inputs, **await self._ensure(properties.parse(request.news))})

    async def read(self, request: ReadRequest) -> ReadResponse:
        """Say what is there; only a user that AWS says does not exist is a resource that is gone.

        A key that is dead or not in the store is drift: the resource stays, without a key id, and
        the next update ensures one. Whatever cannot be found out is an error.
        """
        state = properties.current_form(request.inputs or request.properties)
        if not properties.given(state, properties.STORE):
            raise CredentialsError(
                f"`{request.resource_id}` does not say which store its key is in",
                "declare the resource and run `pulumi up`; it adopts the key that is there",
            )
        inputs = properties.parse(state)
        try:
            found = await self._off_loop(lambda: _inspected(self._ports(inputs), inputs))
        except UserNotFoundError:
            return ReadResponse()
        outputs = _outputs(found) if found else {}
        kept = properties.only_inputs(state)
        return ReadResponse(inputs.id, {**kept, **outputs}, kept)

    async def delete(self, request: DeleteRequest) -> None:
        """Remove every key of the user, and leave the store empty or without a trace of it."""
        inputs = properties.parse(properties.current_form(request.properties))

        def removed() -> None:
            from credentials.ensure import remove  # noqa: PLC0415 - starts fast without it

            ports = self._ports(inputs)
            remove(ports)
            discard(ports.store)

        await self._off_loop(removed)

    async def _ensure(self, inputs: Inputs) -> dict[str, PropertyValue]:
        def ensured() -> "Ensured":
            from credentials.ensure import ensure  # noqa: PLC0415 - starts fast without it

            return ensure(self._ports(inputs), _policy(inputs))

        return _outputs(await self._off_loop(ensured))

    async def _off_loop(self, work: Callable[[], T]) -> T:
        self._running += 1
        self._idle.clear()
        try:
            return await asyncio.to_thread(work)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    def _ports(self, inputs: Inputs) -> "Ports":
        aws = self._aws(inputs)
        return aws.ports(inputs.user, aws.store(inputs.store), inputs.probe, self._sleep)

    def _aws(self, inputs: Inputs) -> "Aws":
        """AWS as the inputs say; checked to be the right account before anything else."""
        from credentials.aws import Aws  # noqa: PLC0415 - boto3 takes longer than all else to start

        place = (inputs.account, inputs.region, inputs.profile)
        with self._opening:
            if place not in self._open:
                aws = Aws(*place)
                aws.check_account()
                self._open[place] = aws
            return self._open[place]

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise InterruptedRunError


def _policy(inputs: Inputs) -> "Policy":
    from credentials.ports import Policy  # noqa: PLC0415 - starts fast without it

    if inputs.grace is None:
        return Policy(inputs.rotate_after)
    return Policy(inputs.rotate_after, inputs.grace)


def _inspected(ports: "Ports", inputs: Inputs) -> "Ensured | None":
    from credentials.ensure import inspect  # noqa: PLC0415 - starts fast without it

    try:
        return inspect(ports, _policy(inputs))
    except StoreNotFoundError:
        return None


def _outputs(ensured: "Ensured") -> dict[str, PropertyValue]:
    values = (
        ensured.access_key_id,
        ensured.version,
        ensured.created_at.isoformat(timespec="seconds"),
        ensured.store_arn,
        ensured.next_due and ensured.next_due.isoformat(timespec="seconds"),
    )
    return {
        name: PropertyValue(value) for name, value in zip(properties.OUTPUTS, values, strict=True)
    }


def _kind(was: bool, becomes: bool, replacing: bool) -> PropertyDiffKind:  # noqa: FBT001 - three facts
    name = ("UPDATE" if becomes else "DELETE") if was else "ADD"
    return PropertyDiffKind[f"{name}_REPLACE" if replacing else name]
