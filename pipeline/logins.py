"""What `pulumi login` has left: which backend is the current one, and where there is a token."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Logins:
    """The engine's `credentials.json`, of which no token is kept here."""

    current: str | None = None
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read the file of this environment; there need not be one."""
        home = environment.get("PULUMI_CREDENTIALS_PATH") or environment.get("PULUMI_HOME")
        file = (Path(home) if home else Path.home() / ".pulumi") / "credentials.json"
        try:
            said: dict[str, Any] = json.loads(file.read_text("utf-8"))
            accounts: dict[str, dict[str, Any]] = said.get("accounts") or {}
            tokens: dict[str, str] = said.get("accessTokens") or {}
            known = {url for url, one in accounts.items() if one.get("accessToken")}
            return cls(
                said.get("current") or None, frozenset(known | {u for u in tokens if tokens[u]})
            )
        except (OSError, ValueError, AttributeError):
            return cls()

    def has(self, address: str) -> bool:
        """Tell whether there is a token for this address."""
        return address in self.known
