"""One proof from files, timed, in a process of its own; the last line is one JSON object.

Run as `python -m benchmarks.proof.ours FOLDER [--only-prove] [--narrower]`; see
`organization.py` for what is in the folder.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from access.catalogue import steps
from access.checker import check
from access.prove import Answer, Proof, Proofs, prove
from access.reproof import Reproof
from access.rule import Rule
from access.world import World
from benchmarks.proof.changes import changes
from benchmarks.proof.organization import EXTRAS
from cli.worlds import Given, read_world

CAP_SECONDS = 60
"""Of a core: for the checker, and for all proofs of changed worlds together."""
REPROOFS = 5
"""Of each kind of change; the median of all counts."""


def main() -> None:
    """Read and prove; then, if the rule holds, check the certificate and prove changed worlds."""
    folder, only_prove = Path(sys.argv[1]), "--only-prove" in sys.argv[2:]
    busy, began = time.process_time(), time.perf_counter()
    # The command reads its input by the same call.
    world = read_world(given(folder)).world
    read = time.perf_counter() - began
    rules = (rule_of(folder, "narrower" if "--narrower" in sys.argv[2:] else "question"),)
    proofs = prove(world, rules)
    seconds = time.perf_counter() - began
    told: dict[str, Any] = {
        "seconds": seconds,
        "cpu_seconds": time.process_time() - busy,
        "read_s": read,
        "prove_s": seconds - read,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "verdict": proofs.answer.value,
        "facts": sum(
            len(one.certificate.facts) for one in proofs.results if isinstance(one, Proof)
        ),
    }
    print(json.dumps(told), flush=True)  # if what follows takes too long, this stays
    if proofs.answer is Answer.PROVED and not only_prove:
        told["check_s"] = check_seconds(world, proofs)
        told["reproofs_ms"] = reproofs(world, rules)
        print(json.dumps(told))


def given(folder: Path) -> Given:
    """Return what the command line would name of an organisation's folder."""
    scps, rcps, resource_policies, credentials = ((folder / f"{name}.json",) for name in EXTRAS)
    return Given(
        profiles=folder,
        details=(folder / "details",),
        resource_policies=resource_policies,
        scps=scps,
        rcps=rcps,
        credentials=credentials,
    )


def rule_of(folder: Path, name: str = "question") -> Rule:
    """Return the question that stands beside the organisation under a name."""
    question = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return Rule.of(tuple(question["from"]), tuple(question["never_reach"]))


def check_seconds(world: World, proofs: Proofs) -> float | None:
    """Return how long the certificates take to check, and None if that is beyond the limit."""
    began = time.perf_counter()
    try:
        with _at_most(CAP_SECONDS):
            for one in proofs.results:
                faults = check(world, one.certificate, steps()) if isinstance(one, Proof) else ()
                if faults:
                    sys.exit(f"the checker refuses the certificate: {faults[0]}")
    except TimeoutError:
        return None
    return time.perf_counter() - began


def reproofs(world: World, rules: tuple[Rule, ...]) -> dict[str, list[float]]:
    """Return `{kind of change: milliseconds of each re-proof}`, as far as the time goes."""
    taken: dict[str, list[float]] = {}
    with suppress(TimeoutError), _at_most(CAP_SECONDS):
        known = Reproof(world, rules)
        for kind, changed in changes(world):
            for _ in range(REPROOFS):
                began = time.perf_counter()
                known = known.after(changed)
                taken.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
                if known.proofs.answer is not Answer.PROVED:
                    sys.exit(f"after a change of {kind}, the rule is {known.proofs.answer.value}")
                known = known.after(world)  # the change undone
    return taken


@contextmanager
def _at_most(seconds: int) -> Generator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    # Of the process's own time: others on the machine do not shorten it.
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def pin() -> None:
    """Stay on one core, where the system lets a process choose."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    pin()
    main()
