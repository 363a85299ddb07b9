"""AWS clients for one call each: botocore alone, since a pipeline waits for the imports too."""

import os
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from credentials.calls import call
from credentials.fetch.errors import SelfReferenceError
from credentials.patience import patient
from credentials.secret import Secret
from credentials.store import StoredKey

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_PATIENT = patient(attempts=4)
_THIS_COMMAND = "credentials get"
_UNDERWAY = "IAM_PROFILES_READING_STORE"
"""Set for whatever botocore starts to find the reader's credentials: this command, at worst."""


class Clients:
    """Clients of one region.

    Args:
        profile: the AWS profile that reads the store; else as botocore finds credentials.
        ambient: whether the user asked for whatever credentials botocore finds.
    """

    def __init__(self, region: str, profile: str | None = None, *, ambient: bool = False) -> None:
        self._region = region
        self.asked_for = ambient or profile is not None
        self._given = False
        self._session = botocore.session.Session(profile=profile)

    def acting_as(self, key: str, secret: Secret, token: Secret) -> "Clients":
        """Return clients that read the store with a session, and with nothing else."""
        clients = Clients(self._region)
        clients._session.set_credentials(key, secret.reveal(), token.reveal())
        clients._given = clients.asked_for = True
        return clients

    def store(self, service: str) -> Any:  # noqa: ANN401 -- made at run time
        """A client of the store's service. Raises: SelfReferenceError, ServiceError."""
        if self._given:
            return self._client(service)
        source = call(self._session.get_scoped_config).get("credential_process", "")
        if os.environ.get(_UNDERWAY) or _THIS_COMMAND in source:
            raise SelfReferenceError
        os.environ[_UNDERWAY] = "1"
        try:
            return self._client(service)
        finally:
            del os.environ[_UNDERWAY]

    def sts(self, key: StoredKey | None = None) -> "STSClient":
        """A client that signs with a key or, for calls that need no signature, with none."""
        if key is None:
            return self._client("sts", config=_PATIENT.merge(Config(signature_version=_unsigned())))
        return self._client(
            "sts",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key.reveal(),
        )

    def _client(self, service: str, **options: Any) -> Any:  # noqa: ANN401 -- made at run time
        options.setdefault("config", _PATIENT)

        def create_client() -> Any:  # noqa: ANN401 -- made at run time
            return self._session.create_client(service, region_name=self._region, **options)

        return call(create_client)


def _unsigned() -> Any:  # noqa: ANN401 -- botocore's marker
    from botocore import UNSIGNED  # noqa: PLC0415 -- needed by federated identities alone

    return UNSIGNED
