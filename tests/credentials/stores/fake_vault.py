"""A fake of Vault's KV version 2, as a transport of `requests`; the same suite runs on a real one.

Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
"""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

Answer = tuple[int, dict[str, Any] | None]
_MAX_VERSIONS = 10
"""Vault's default: older versions are gone."""


@dataclass
class Held:
    """One secret: `versions` by number, None for one that was deleted."""

    versions: dict[int, dict[str, Any] | None] = field(
        default_factory=dict[int, dict[str, Any] | None]
    )

    @property
    def latest(self) -> int:
        """The number of the version that was written last."""
        return max(self.versions, default=0)


class FakeVault(BaseAdapter):
    """One mount, `secret`, and one token."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.secrets: dict[str, Held] = {}

    def send(self, request: PreparedRequest, *_: object, **__: object) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride] - the rest is not used
        """Answer as Vault does."""
        status, body = self._answer(request)
        response = Response()
        response.status_code = status
        response.request = request
        response.url = str(request.url)
        response.headers["Content-Type"] = "application/json"
        content = b"" if body is None else json.dumps(body).encode()
        vars(response)["_content"] = content
        return response

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, request: PreparedRequest) -> Answer:  # noqa: PLR0911 - a route each
        if request.headers.get("X-Vault-Token") != self.token:
            return 403, {"errors": ["permission denied"]}
        _, version, mount, kind, path = request.path_url.split("?")[0].split("/", 4)
        if version != "v1" or mount != "secret":
            said = f'no handler for route "{mount}/{kind}/{path}". route entry not found.'
            return 404, {"errors": [said]}
        match (kind, request.method):
            case ("data", "GET"):
                return self._read(path)
            case ("data", "POST"):
                return self._write(path, json.loads(cast("bytes", request.body)))
            case ("data", "DELETE"):
                held = self.secrets[path]
                held.versions[held.latest] = None
                return 204, None
            case ("metadata", "DELETE"):
                self.secrets.pop(path, None)
                return 204, None
            case _:
                return 405, {"errors": ["unsupported operation"]}

    def _read(self, path: str) -> Answer:
        held = self.secrets.get(path)
        if held is None:
            return 404, {"errors": []}
        content = held.versions[held.latest]
        metadata = self._metadata(held, deleted=content is None)
        return 404 if content is None else 200, {"data": {"data": content, "metadata": metadata}}

    def _write(self, path: str, asked: dict[str, Any]) -> Answer:
        """Zero: only if there is no version; else only in place of that version."""
        held = self.secrets.get(path, Held())
        cas = asked.get("options", {}).get("cas")
        if cas is not None and cas != held.latest:
            said = "check-and-set parameter did not match the current version"
            return 400, {"errors": [said]}
        number = held.latest + 1
        held.versions[number] = asked["data"]
        held.versions.pop(number - _MAX_VERSIONS, None)
        self.secrets[path] = held
        return 200, {"data": self._metadata(held, deleted=False)}

    @staticmethod
    def _metadata(held: Held, *, deleted: bool) -> dict[str, Any]:
        return {
            "created_time": "2026-01-31T12:00:00.000000000Z",
            "custom_metadata": None,
            "deletion_time": "2026-01-31T12:00:01.000000000Z" if deleted else "",
            "destroyed": False,
            "version": held.latest,
        }
