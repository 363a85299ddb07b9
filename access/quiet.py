"""Work that makes many objects and no cycles: the collector would only look at them in vain."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """Let the garbage collector rest; it goes on afterwards, if it was at work before.

    What has been made by then counts as old at once: else all of it would be looked at, twice.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
