"""Play sequences of faults on the core of the credentials; one JSON line at the end.

First every fault at every call of each history in `tests/credentials/explore.py`, and every two
faults at any two calls of a first `ensure`; then sequences by chance. The environment sets
SEQUENCES (how many in all), SEED (what chance begins with) and PROCESSES. Progress goes to stderr,
and so do violations, each as the sequence that plays it again.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from itertools import chain, islice
from multiprocessing import Pool, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from random import Random
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.credentials.explore import ENSURE, HISTORIES, Sequence, drawn, every

_BATCH = 500
_EVERY_SECONDS = 10
_SHOWN = 20
_INTERRUPTED = 130
_ENDING = (signal.SIGINT, signal.SIGTERM)


def _exhaustive() -> Iterator[Sequence]:
    return chain(*(every(history, 1) for history in HISTORIES), every((ENSURE,), 2))


def _by_chance(seed: int) -> Iterator[Sequence]:
    random = Random(seed)  # noqa: S311 - to be played again, not to be a secret
    while True:
        yield drawn(random)


def _play(batch: list[Sequence]) -> tuple[int, list[str], float]:
    """How many were played, which of them broke what must hold, and the processor's seconds."""
    began = time.process_time()
    broken: list[str] = []
    for sequence in batch:
        try:
            sequence.play()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
            broken.append(f"{type(error).__name__}: {error} - {sequence}")
    return len(batch), broken, time.process_time() - began


def _batches(total: int, seed: int) -> Iterator[list[Sequence]]:
    sequences = islice(chain(_exhaustive(), _by_chance(seed)), total)
    while batch := list(islice(sequences, _BATCH)):
        yield batch


def _begin() -> None:
    """Have a worker leave Ctrl-C to its parent, and end with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    parent = parent_process()
    if parent is not None:

        def end() -> None:
            wait([parent.sentinel])
            os._exit(_INTERRUPTED)

        threading.Thread(target=end, daemon=True).start()


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def main() -> int:
    """Play them all; 1 if anything that must hold did not, 130 if they were interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _played()
    except KeyboardInterrupt:
        _say("interrupted; no worker is left")
        return _INTERRUPTED


def _played() -> int:
    total = int(os.environ.get("SEQUENCES", "1000000"))
    seed = int(os.environ.get("SEED", str(time.time_ns() % 10**9)))
    processes = int(os.environ.get("PROCESSES", str(os.cpu_count() or 1)))
    exhaustive = min(total, sum(1 for _ in _exhaustive()))
    _say(f"seed {seed}, {processes} processes, {exhaustive} of {total} sequences exhaustive")
    began = said = time.monotonic()
    done = violations = 0
    busy = 0.0
    # An exception out of a signal is lost in the hooks that run as a process forks: it waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    with Pool(processes, _begin) as pool:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        for count, broken, seconds in pool.imap_unordered(_play, _batches(total, seed)):
            done, busy = done + count, busy + seconds
            for line in broken[: max(0, _SHOWN - violations)]:
                _say(line)
            violations += len(broken)
            if time.monotonic() - said > _EVERY_SECONDS:
                said = time.monotonic()
                _say(
                    f"{done} of {total}, {done / (said - began):.0f} a second, {violations} broken"
                )
    elapsed = time.monotonic() - began
    figures = {
        "sequences": done,
        "violations": violations,
        "exhaustive": exhaustive,
        "seed": seed,
        "a_second": round(done / elapsed),
        "a_processor_second": round(done / busy),
    }
    print(json.dumps(figures))
    return 1 if violations else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
