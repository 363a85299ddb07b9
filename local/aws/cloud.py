"""One account of the local cloud: clients that are made once, and calls that raise `AwsError`."""

import os
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from botocore.session import Session

from local.aws import shapes
from local.aws.endpoints import require_loopback
from local.aws.errors import AccountRefusedError, AwsError, ConfigurationError, UnreachableError
from local.aws.settings import Settings

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient

_SERVICES = ("iam", "secretsmanager", "sts")

# A local cloud answers or is not there: the patience that AWS needs gains nothing. A proxy that the
# environment names must not see a request that is meant for this machine.
_CLIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 2},
    connect_timeout=3,
    read_timeout=60,
    max_pool_connections=32,
    proxies={},
)

_THROTTLED = frozenset({"Throttling", "ThrottlingException"})
_FIRST_WAIT_SECONDS = 0.2
_LAST_WAIT_SECONDS = 5.0


@dataclass(slots=True)
class Cloud:
    """The account that the provider is configured for."""

    settings: Settings
    region: str
    session: Session
    account: str = ""
    arn: str = ""
    user_id: str = ""
    names: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """The names of each kind as they were last listed, by their lower-case form."""
    claims: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    """The names of each kind that are being created."""
    locks: dict[str, threading.Lock] = field(default_factory=dict[str, threading.Lock])
    _clients: dict[tuple[str, str], "BaseClient"] = field(
        default_factory=dict[tuple[str, str], "BaseClient"]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def default_tags(self) -> Mapping[str, str]:
        """The tags that every taggable resource of this provider gets."""
        return self.settings.default_tags

    def call(
        self, target: str, *, region: str | None = None, **parameters: object
    ) -> dict[str, Any]:
        """Call `target` (`iam.CreateRole`) and return its answer.

        Raises:
            AwsError: AWS answered with an error.
            UnreachableError: nothing answered.
        """
        service, operation = target.split(".")
        client = self._client(service, region or self.region)
        try:
            answer = self._patiently(partial(getattr(client, xform_name(operation)), **parameters))
        except ClientError as error:
            raise aws_error(service, error) from None
        except EndpointConnectionError:
            raise UnreachableError(client.meta.endpoint_url) from None
        except BotoCoreError as error:
            raise ConfigurationError(f"operation error {service}: {operation}, {error}") from None
        return cast("dict[str, Any]", answer)

    def pages(self, target: str, key: str, **parameters: object) -> list[Any]:
        """Return what `target` lists under `key`, over all pages."""
        found: list[Any] = []
        marker: dict[str, str] = {}
        while True:
            answer = self.call(target, **parameters, **marker)
            found += answer.get(key, [])
            if not answer.get("IsTruncated"):
                return found
            marker = {"Marker": answer["Marker"]}

    def lock(self, name: str) -> threading.Lock:
        """Return the lock called `name`: for checks that must not interleave with the act."""
        with self._lock:
            return self.locks.setdefault(name, threading.Lock())

    def _patiently(self, call: Callable[[], object]) -> object:
        """Call until it is not throttled, later each time and never all at once."""
        wait = _FIRST_WAIT_SECONDS
        left = self.settings.max_retries
        while True:
            try:
                return call()
            except ClientError as error:
                throttled = error.response.get("Error", {}).get("Code") in _THROTTLED
                if not throttled or not left:
                    raise
            time.sleep(random.uniform(0, wait))  # noqa: S311 - no secret
            wait, left = min(2 * wait, _LAST_WAIT_SECONDS), left - 1

    def _client(self, service: str, region: str) -> "BaseClient":
        with self._lock:
            found = self._clients.get((service, region))
            if found is None:
                found = _create_client(self.session, self.settings, service, region)
                self._clients[service, region] = found
            return found


def connect(settings: Settings) -> Cloud:
    """Return the account that `settings` lead to, once it is known to be a permitted local one.

    Raises:
        NotLocalError: an endpoint is not loopback.
        AccountRefusedError: it is another account than `settings` allow.
        ConfigurationError: no region, no credentials, no such profile.
    """
    # Credentials are never asked of a metadata service: this machine is not an instance.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    for service, endpoint in settings.endpoints.items():
        require_loopback(service, endpoint)
    session = _create_session(settings)
    region = _region(settings, session)
    cloud = Cloud(settings, region, session)
    try:
        for service in _SERVICES:  # all of them, so that a stray endpoint shows before any call
            cloud._client(service, region)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - its own constructor
    except BotoCoreError as error:
        raise ConfigurationError(f"the provider's configuration cannot be used: {error}") from None
    identity = cloud.call("sts.GetCallerIdentity")
    cloud.account, cloud.arn = identity["Account"], identity["Arn"]
    cloud.user_id = identity["UserId"]
    _require_allowed(settings, cloud.account)
    return cloud


def aws_error(service: str, error: ClientError) -> AwsError:
    """Return `error` in the official plugin's words."""
    answer: Any = error.response
    code = str(answer["Error"].get("Code", "Unknown"))
    model = shapes.model(service)
    declared = model.operation_model(error.operation_name).error_shapes
    return AwsError(
        service=model.service_id,
        operation=error.operation_name,
        status=answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
        request_id=answer.get("ResponseMetadata", {}).get("RequestId", ""),
        code=code,
        message=str(answer["Error"].get("Message", "")),
        modelled=any(
            code in (one.name, cast("Any", one.metadata).get("error", {}).get("code"))
            for one in declared
        ),
    )


def _create_session(settings: Settings) -> Session:
    session = Session(profile=settings.profile)
    session.register_component("data_loader", shapes.LOADER)
    session.get_component("event_emitter").register_first("before-send", _refuse_other_machines)
    if settings.access_key:
        session.set_credentials(settings.access_key, settings.secret_key or "", settings.token)
    return session


def _create_client(session: Session, settings: Settings, service: str, region: str) -> "BaseClient":
    client = session.create_client(
        service,  # pyright: ignore[reportCallIssue, reportArgumentType] - the stubs list names as literals
        region_name=region,
        endpoint_url=settings.endpoints.get(service),
        config=_CLIENT,
    )
    require_loopback(service, client.meta.endpoint_url)
    return client


def _refuse_other_machines(request: "AWSPreparedRequest", **_: object) -> None:
    # INVARIANT: no request leaves this machine, not even one that botocore makes by itself for
    # credentials (an assumed role's STS, SSO).
    require_loopback("aws", request.url)


def _region(settings: Settings, session: Session) -> str:
    try:
        region = settings.region or os.environ.get("AWS_REGION")
        region = region or session.get_config_variable("region")
    except BotoCoreError as error:
        raise ConfigurationError(f"the provider's configuration cannot be used: {error}") from None
    if not region:
        raise ConfigurationError(
            "Invalid or missing region: no region is configured; give the provider `region`, set "
            "`aws:region`, or `AWS_REGION`"
        )
    return cast("str", region)


def _require_allowed(settings: Settings, account: str) -> None:
    if settings.allowed and account not in settings.allowed:
        allowed = ", ".join(sorted(settings.allowed))
        raise AccountRefusedError(account, f"`allowedAccountIds` of this provider has {allowed}")
    if account in settings.forbidden:
        raise AccountRefusedError(account, "it is among this provider's `forbiddenAccountIds`")
