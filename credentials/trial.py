"""The trial of a new key: it must work, and do no less than the one that readers have."""

from collections.abc import Callable
from dataclasses import dataclass

from credentials.errors import (
    CredentialsError,
    NotYetUsableError,
    ProbeRefusedError,
    VerificationError,
)
from credentials.ports import Ports
from credentials.store import Version

_REFUSALS = 3
"""In a row, until the current key counts as refused too: one alone may be AWS's, and pass."""


def failure(
    ports: Ports, version: Version, current: Version | None, hold: Callable[[], None]
) -> CredentialsError | None:
    """Use a version's key until it works, or has had all the time there is; then say why not.

    A key that AWS knows but refuses a granted role is as good as one that may have it, if `current`
    is refused it as well: the role is not deployed, or not any more. So a first key does not wait
    for the roles of other accounts, and a successor never does less than its predecessor.
    """
    key = ports.store.fetch(version)
    until = ports.clock() + ports.timing.propagation
    rival = _Rival(ports, _other(current, than=version))
    while True:
        try:
            ports.verify(key)
        except VerificationError as error:
            return error
        except ProbeRefusedError as error:
            reason: CredentialsError = error
            if rival.is_refused_too():
                return None
        except NotYetUsableError as error:
            reason = error
        else:
            return None
        if ports.clock() >= until:
            return reason
        ports.sleep(ports.timing.poll.total_seconds())
        hold()


@dataclass
class _Rival:
    """The key that readers have, if it is another one: a successor does no less."""

    ports: Ports
    version: Version | None
    works: bool = False
    refusals: int = 0

    def is_refused_too(self) -> bool:
        """Whether it has been refused often enough, having worked never."""
        if self.version is None:
            return True
        if not self.works:
            self.works = _works(self.ports, self.version)
            self.refusals += not self.works
        return not self.works and self.refusals >= _REFUSALS


def _other(current: Version | None, *, than: Version) -> Version | None:
    """The current version, if it holds a key, and another one."""
    if current is None or current.access_key_id in {None, than.access_key_id}:
        return None
    return current


def _works(ports: Ports, version: Version) -> bool:
    """Whether a version's key does all that it is granted."""
    try:
        ports.verify(ports.store.fetch(version))
    except (NotYetUsableError, VerificationError):
        return False
    return True
