"""Put many generated worlds to the engine and to the independent evaluator; JSON at the end.

`make soak WORLDS=1000000 SECONDS=3600 SEED=…` ends at whichever comes first. Each disagreement that
no known category tells is shrunk and printed with its seed and world, which make it again.

The last third of the time is for closed worlds: who comes to be controlled in them, by the closure
and by brute force over the evaluator's answers, and whether it confirms each request of a path.
"""

import argparse
import itertools
import json
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.differential.closures import compare, refused
from tests.differential.compare import Tally, ask, smallest
from tests.differential.oracle import Oracle, start

SHOWN = 20
EVERY_SECONDS = 10
OF_DECISIONS = 2 / 3
"""The share of the time that is for single decisions."""


@dataclass(slots=True)
class Closures:
    """What came of the closed worlds so far."""

    worlds: int = 0
    correlated: int = 0
    requests: int = 0
    open: list[Mapping[str, object]] = field(default_factory=list[Mapping[str, object]])


def main() -> int:
    """Return 0 if every disagreement is one of a known category."""
    arguments = _arguments()
    oracle = start()
    if oracle is None:
        print("node is not on PATH, and the evaluator runs on it; install Node.js 18 or newer")
        return 2
    print(f"seed {arguments.seed}; the same seed makes the same worlds", file=sys.stderr)
    with oracle:
        tally = _run(oracle, arguments)
        closures = _close(oracle, arguments)
        for one in tally.open[:SHOWN]:
            case = smallest(oracle, one).json()
            found = {"ours": one.ours, "theirs": one.theirs, "question": case}
            print(json.dumps({"seed": arguments.seed, "world": one.world, **found}))
        for different in closures.open[:SHOWN]:
            print(json.dumps({"seed": arguments.seed, **different}))
    _tell(tally)
    print(
        json.dumps(
            {
                "worlds": tally.worlds,
                "requests": tally.requests,
                "disagreements": len(tally.open) + len(closures.open),
                "known": tally.excused,
                "closures": closures.worlds,
                "correlated": closures.correlated,
                "requests_of_paths": closures.requests,
            }
        )
    )
    return 1 if tally.open or closures.open else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    return parser.parse_args()


def _run(oracle: Oracle, arguments: argparse.Namespace) -> Tally:
    tally = Tally()
    began = told = time.monotonic()
    ends = began + arguments.seconds * OF_DECISIONS
    worlds = itertools.takewhile(lambda _: time.monotonic() < ends, range(arguments.worlds))
    for one in tally.count(ask(oracle, arguments.seed, worlds)):
        tally.worlds = one.world + 1
        if time.monotonic() > told + EVERY_SECONDS:
            told = time.monotonic()
            rate = tally.requests / (told - began)
            print(
                f"{tally.worlds} worlds, {tally.requests} requests, {rate:.0f} a second: "
                f"{len(tally.open)} open, {tally.excused} known",
                file=sys.stderr,
                flush=True,
            )
    return tally


def _close(oracle: Oracle, arguments: argparse.Namespace) -> Closures:
    found = Closures()
    began = told = time.monotonic()
    ends = began + arguments.seconds * (1 - OF_DECISIONS)
    while found.worlds < arguments.worlds and time.monotonic() < ends:
        name = f"{arguments.seed}:{found.worlds}"
        both = compare(oracle, name)
        found.correlated += both.sound and not both.agreed
        if not both.sound:
            said = {"ours": sorted(both.ours), "theirs": sorted(both.theirs)}
            found.open.append({"closure": name, **said})
        taken, unconfirmed = refused(oracle, name)
        found.requests += taken
        found.open.extend({"path": name, "unconfirmed": one} for one in unconfirmed)
        found.worlds += 1
        if time.monotonic() > told + EVERY_SECONDS:
            told = time.monotonic()
            print(f"{found.worlds} closed worlds, {len(found.open)} open", file=sys.stderr)
    return found


def _tell(tally: Tally) -> None:
    """Say how the answers and the known differences are spread."""
    for title, counted in (("the evaluator says", tally.answers), ("known", tally.known)):
        spread = ", ".join(f"{name}: {count}" for name, count in counted.most_common())
        print(f"{title}: {spread}", file=sys.stderr)
    print(f"left undecided by the engine: {tally.undecided}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
