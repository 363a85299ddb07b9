"""Which process a run lives in, so that the next run need not wait for a dead one's lease."""

import platform
import uuid
from pathlib import Path

import psutil

from credentials.store import Owner

_CLOCK_TICK_SECONDS = 1.0


def _machine() -> str:
    """A name for this boot of this machine, and of this container on it."""
    namespace = Path("/proc/self/ns/pid")
    inode = namespace.stat().st_ino if namespace.exists() else 0
    return f"{platform.node()}/{int(psutil.boot_time())}/{inode}"


def this_process() -> Owner:
    """A new run of the process that asks."""
    process = psutil.Process()
    return Owner(uuid.uuid4().hex, _machine(), process.pid, process.create_time())


def is_gone(owner: Owner) -> bool:
    """Whether the process has certainly ended; False for one on another machine.

    A wrong yes costs nothing but time: a run whose lease was taken over changes nothing any more.
    """
    if owner.machine != _machine():
        return False
    try:
        started = psutil.Process(owner.pid).create_time()
    except psutil.NoSuchProcess:
        return True
    return abs(started - owner.started) > _CLOCK_TICK_SECONDS
