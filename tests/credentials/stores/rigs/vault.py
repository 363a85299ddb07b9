"""A rig of Vault: the fake, or a real one behind the same transport."""

import json
from typing import Any, cast

import hvac
import hvac.exceptions
import requests
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from credentials.store import Store
from credentials.stores.document_store import DocumentStore
from credentials.stores.vault import VaultPlace
from tests.credentials.example import SECRET
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.fake_vault import FakeVault
from tests.credentials.stores.rigs.base import Rig, during


class Between(BaseAdapter):
    """A transport whose requests are counted; a test's AWS errors become Vault's."""

    def __init__(self, aws: FakeAws, inner: BaseAdapter) -> None:
        super().__init__()
        self._aws = aws
        self._inner = inner

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        called = {"GET": "read", "POST": "write"}.get(str(request.method), "delete")

        def ask() -> Response:
            answer = self._inner.send(request, *args, **kwargs)
            len(answer.content)  # reads it, lest its connection stays open
            return answer

        try:
            return during(self._aws, f"vault-{called}", ask)
        except ClientError as error:
            answer = Response()
            answer.status_code = {"AccessDenied": 403, "Throttling": 429}.get(
                error.response.get("Error", {}).get("Code", ""), 500
            )
            answer.request, answer.url = request, str(request.url)
            vars(answer)["_content"] = b'{"errors": ["made up"]}'
            return answer
        except ConnectTimeoutError:
            raise requests.ConnectTimeout from None
        except ReadTimeoutError:
            raise requests.ReadTimeout from None

    def close(self) -> None:
        self._inner.close()


class VaultRig(Rig):
    """The fake of Vault, or a real one."""

    writes = frozenset({"vault-write", "vault-delete"})
    reads = frozenset({"vault-read"})
    can_close = True
    address = "http://127.0.0.1:8200"
    token = "made-up"
    path = SECRET

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        self.transport: BaseAdapter = FakeVault(self.token)

    def client(self, *, counted: bool = True) -> hvac.Client:
        session = requests.Session()
        session.mount("http://", Between(self.aws, self.transport) if counted else self.transport)
        return hvac.Client(self.address, self.token, session=session, timeout=10)

    def store(self) -> Store:
        return DocumentStore(VaultPlace(self.client(), "secret", self.path))

    def _kv(self) -> Any:
        return cast("Any", self.client(counted=False).secrets).kv.v2

    def text(self) -> str | None:
        try:
            answer = self._kv().read_secret_version(
                path=self.path, mount_point="secret", raise_on_deleted_version=True
            )
        except hvac.exceptions.InvalidPath:
            return None
        return json.dumps(answer["data"]["data"])

    def plant(self, text: str) -> None:
        self._kv().create_or_update_secret(
            path=self.path, mount_point="secret", secret=json.loads(text)
        )

    def shut(self) -> None:
        self._kv().delete_latest_version_of_secret(path=self.path, mount_point="secret")
