"""A store in HashiCorp Vault, or OpenBao: one secret of a KV version 2 mount per user.

Every write is Vault's check-and-set: it names the version that it replaces, or 0 for none.

The address, the token and the CA are Vault's own settings: `VAULT_ADDR`, `VAULT_TOKEN` or the file
that `vault login` writes, `VAULT_CACERT`, `VAULT_CAPATH`; the token is in no configuration of ours.

Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
"""

import json
import os
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import hvac
import hvac.exceptions
import requests
import urllib3.exceptions

from credentials.errors import ServiceError
from credentials.secret import Secret
from credentials.stores.document_store import Held
from credentials.stores.errors import InsecureAddressError
from iam_profiles.names import Arn

_TIMEOUT_SECONDS = (3, 8)
"""To connect, and to answer."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_NO_MATCH = "check-and-set"

_REMEDIES: dict[type[Exception], str] = {
    hvac.exceptions.Forbidden: "give the token's policy `create`, `read`, `update` and `delete` on"
    " the mount's `data/` and `metadata/` of this path, or sign in again with `vault login`, and"
    " run this again",
    hvac.exceptions.Unauthorized: "sign in with `vault login`, or set VAULT_TOKEN, and run this"
    " again",
    hvac.exceptions.InvalidPath: "check the mount and the namespace: `vault secrets list` shows the"
    " mounts; `vault secrets enable -path=… kv-v2` makes one",
    hvac.exceptions.RateLimitExceeded: "run this again in a minute",
    hvac.exceptions.VaultDown: "unseal Vault (`vault status` tells), and run this again",
}
_UNDONE = (
    hvac.exceptions.InvalidRequest,
    hvac.exceptions.Unauthorized,
    hvac.exceptions.Forbidden,
    hvac.exceptions.InvalidPath,
    hvac.exceptions.RateLimitExceeded,
    hvac.exceptions.VaultNotInitialized,
    hvac.exceptions.VaultDown,
)
"""Answers that tell that the request took no effect."""


def connect(address: str | None, namespace: str | None) -> hvac.Client:
    """A client, with Vault's own environment for what is not given.

    Raises:
        InsecureAddressError: The keys would go over the network in clear.
    """
    client = hvac.Client(
        url=address,
        namespace=namespace or os.environ.get("VAULT_NAMESPACE"),
        timeout=cast("Any", _TIMEOUT_SECONDS),
    )
    url = urlsplit(client.url)
    if url.scheme != "https" and url.hostname not in _LOOPBACK:
        raise InsecureAddressError(client.url)
    return client


class VaultPlace:
    """One secret of a KV version 2 mount.

    Args:
        client: signed in; see `connect`.
        mount: where the secrets engine is mounted, `secret` by Vault's own default.
        path: of the secret, below the mount.
    """

    def __init__(self, client: hvac.Client, mount: str, path: str) -> None:
        self._kv = cast("Any", client.secrets.kv.v2)
        self._where = {"mount_point": mount, "path": path}
        self.name = f"{mount}/{path}"
        self.arn = Arn(f"vault:{self.name}")
        self.mend = (
            f"move what `vault kv get -mount={mount} {path}` shows elsewhere, then"
            f" `vault kv metadata delete -mount={mount} {path}` and run this again"
        )
        self.reopen = (
            f"`vault kv undelete -mount={mount} -versions=… {path}` and run this again; the version"
            f" is what `vault kv metadata get -mount={mount} {path}` shows as current"
        )

    def load(self) -> Held:
        """The latest version."""
        try:
            answer = _asked(
                "reading from Vault",
                self._kv.read_secret_version,
                raise_on_deleted_version=False,
                **self._where,
            )
        except _AbsentError:
            return Held(None, 0)
        metadata = answer["data"]["metadata"]
        content = answer["data"].pop("data", None)
        if content is None:
            return Held(None, metadata["version"], closed=True)
        return Held(Secret(json.dumps(content, sort_keys=True)), metadata["version"])

    def save(self, text: Secret, held: Held) -> bool:
        """Write the version that follows the one that was read."""
        try:
            answer = _asked(
                "writing to Vault",
                self._kv.create_or_update_secret,
                secret=json.loads(text.reveal()),
                cas=held.token,
                **self._where,
            )
        except _NoMatchError:
            return False
        except _AbsentError as error:
            raise error.meant from None
        if not isinstance(answer, dict):
            raise ServiceError(
                "writing to Vault",
                "NoVersions",
                "enable version 2 with `vault kv enable-versioning`, and run this again",
                detail=f"`{self.name}` is not in a KV version 2 mount",
            )
        return True

    def discard(self) -> None:
        """Delete all versions and what Vault knows of the secret; it cannot be restored."""
        _asked("deleting from Vault", self._kv.delete_metadata_and_all_versions, **self._where)


class _NoMatchError(Exception):
    """The version to be replaced is not the latest."""


class _AbsentError(Exception):
    """Nothing is there: no secret, or not even a mount."""

    def __init__(self, meant: ServiceError) -> None:
        super().__init__()
        self.meant = meant


def _asked(what: str, operation: Callable[..., Any], **kwargs: object) -> Any:  # noqa: ANN401 - JSON
    """Call Vault; no error, and no frame of its traceback, holds what was sent or answered."""
    failure: Exception
    try:
        return operation(**kwargs)
    except hvac.exceptions.VaultError as error:
        failure = _refusal(what, error)
    except requests.RequestException as error:
        failure = _silence(what, error)
    finally:
        kwargs.clear()
    raise failure


def _refusal(what: str, error: hvac.exceptions.VaultError) -> Exception:
    said = error.errors if isinstance(error.errors, list) else []
    if isinstance(error, hvac.exceptions.InvalidRequest) and any(_NO_MATCH in s for s in said):
        return _NoMatchError()
    remedy = _REMEDIES.get(type(error), "see Vault's log, and run this again")
    failure = ServiceError(
        what, type(error).__name__, remedy, in_doubt=not isinstance(error, _UNDONE)
    )
    # An answer without a word is that nothing is there; a mount that is not there is spoken of.
    if isinstance(error, hvac.exceptions.InvalidPath) and not said:
        return _AbsentError(failure)
    return failure


def _silence(what: str, error: requests.RequestException) -> ServiceError:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    unsent = isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError)
    unsent = unsent or isinstance(reason, urllib3.exceptions.NewConnectionError)
    tls = isinstance(error, requests.exceptions.SSLError)
    return ServiceError(
        what,
        type(error).__name__,
        "set VAULT_CACERT to the CA of Vault's certificate, and run this again"
        if tls
        else "check VAULT_ADDR and the network, and run this again",
        in_doubt=not unsent,
    )
