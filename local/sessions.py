"""The role sessions that the local cloud has given out, and what is known of each."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_BASE32 = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class SessionKey:
    """The temporary credentials of a session."""

    id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def new(cls) -> "SessionKey":
        """Return credentials that nobody has."""
        key_id = "ASIA" + "".join(secrets.choice(_BASE32) for _ in range(16))
        return cls(key_id, secrets.token_urlsafe(30), secrets.token_urlsafe(120))


@dataclass(frozen=True, slots=True)
class Session:
    """A role session: who it acts as, until when, and what it carries on."""

    account: str
    role_arn: str
    role_id: str
    name: str
    issued: datetime
    expires: datetime
    key: SessionKey
    policy: str | None = None
    """The session policy, as JSON: what the session may do is narrowed to what it allows."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    transitive: frozenset[str] = frozenset()
    """Which of the tags are handed on when the session assumes another role."""
    source_identity: str | None = None

    @property
    def arn(self) -> str:
        """The session's ARN, which leaves out its role's path."""
        role = self.role_arn.rpartition("/")[2]
        partition = self.role_arn.split(":")[1]
        return f"arn:{partition}:sts::{self.account}:assumed-role/{role}/{self.name}"

    @property
    def user_id(self) -> str:
        """What AWS calls `aws:userid`."""
        return f"{self.role_id}:{self.name}"
