"""The trial of a new key: it must work, and do no less than the one that readers have."""

from collections.abc import Callable

from credentials.errors import (
    CredentialsError,
    NotYetUsableError,
    ProbeRefusedError,
    VerificationError,
)
from credentials.ports import Ports
from credentials.store import Version


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
    rival_is_better: bool | None = None
    while True:
        try:
            ports.verify(key)
        except VerificationError as error:
            return error
        except ProbeRefusedError as error:
            reason: CredentialsError = error
            if rival_is_better is None:
                rival_is_better = _works(ports, current, other_than=version)
            if not rival_is_better:
                return None
        except NotYetUsableError as error:
            reason = error
        else:
            return None
        if ports.clock() >= until:
            return reason
        ports.sleep(ports.timing.poll.total_seconds())
        hold()


def _works(ports: Ports, current: Version | None, *, other_than: Version) -> bool:
    """Whether the current key, if there is another one, does all that it is granted."""
    if current is None or current.access_key_id in {None, other_than.access_key_id}:
        return False
    try:
        ports.verify(ports.store.fetch(current))
    except (NotYetUsableError, VerificationError):
        return False
    return True
