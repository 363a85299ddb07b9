"""`make bench-proof`: a full proof from files at each size, beside the peers at those they bear.

Progress goes to standard error; the last line of standard output is one JSON document.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.proof.organization import Plant, Written, write
from benchmarks.proof.peer import PEERS, dump, figures
from benchmarks.proof.processes import Run, run
from benchmarks.proof.shape import PEER_SHAPES, SHAPES, Shape
from cli.progress import TerminalProgress
from local.progress import Progress

PLANT = Plant.KEYS
"""The way in that every run must find: the one that this project's predecessor had."""


def main() -> None:
    """Measure what the command line says; print the figures."""
    options = _options()
    sizes: tuple[Shape, ...] = tuple(options.sizes or (SHAPES[:2] if options.quick else SHAPES))
    shapes = PEER_SHAPES[:1] if options.quick else PEER_SHAPES
    with TerminalProgress() as progress, tempfile.TemporaryDirectory() as scratch:
        measured: list[dict[str, Any]] = []
        for shape in sizes:
            measured.append(measure(shape, Path(scratch) / "sizes", options.own_cap, progress))
            print(dump(measured[-1]), flush=True)
        peers: list[dict[str, Any]] = []
        for shape in () if options.no_peers else shapes:
            for one in beside(shape, Path(scratch) / "peers", options, progress):
                peers.append(one)
                print(dump(one), flush=True)
    print(dump({"sizes": measured, "peers": peers}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-proof", description=__doc__)
    parser.add_argument("--sizes", type=Shape.parse, nargs="*", help="such as 40x20x200")
    parser.add_argument("--quick", action="store_true", help="the two smallest sizes")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone")
    parser.add_argument("--full", action="store_true", help="no figure extrapolated")
    parser.add_argument("--cap", type=float, default=300, help="of a core, for a peer and a size")
    parser.add_argument("--own-cap", type=float, default=600, help="of a core, for us and a size")
    return parser.parse_args()


def measure(shape: Shape, folder: Path, cap: float, progress: Progress) -> dict[str, Any]:
    """Return the figures of one size, whose answers were seen to be right."""
    progress.step(f"{shape}: writing the accounts")
    written = write(shape, folder)
    progress.step(f"{shape}: proving, checking, proving again")
    done = ours(folder, cap)
    if done.told:
        progress.step(f"{shape}: refuting, with a way in planted")
        _see_planted_refuted(shape, folder, cap)
    _remove(folder)
    return _figures(shape, written, done)


def ours(folder: Path, cap: float, *arguments: str) -> Run:
    """Run our own proof over the files; it must hold.

    Raises:
        SystemExit: it does not, and what took it how long is worth nothing.
    """
    done = run([sys.executable, "-m", "benchmarks.proof.ours", folder, *arguments], cap)
    if done.told and done.told["verdict"] != "proved":
        sys.exit(f"the rule holds in {folder}, and the verdict is `{done.told['verdict']}`")
    return done


def _see_planted_refuted(shape: Shape, folder: Path, cap: float) -> None:
    write(shape, folder, PLANT)
    command = [sys.executable, "-m", "benchmarks.proof.ours", folder, "--only-prove"]
    told = run(command, cap).told
    if told and told["verdict"] != "refuted":
        sys.exit(f"a way in is planted in {shape}, and the verdict is `{told['verdict']}`")


def _figures(shape: Shape, written: Written, done: Run) -> dict[str, Any]:
    told = done.told or {}
    reproofs: dict[str, list[float]] = told.get("reproofs_ms", {})
    again = [one for kind in reproofs.values() for one in kind]
    return {
        "accounts": shape.accounts,
        "roles": shape.roles,
        "identities": shape.identities,
        "principals": shape.principals,
        "seconds": _rounded(told.get("seconds"), 3),
        "mib": _rounded(told.get("mib"), 0),
        "reproof_ms": _rounded(statistics.median(again) if again else None, 1),
        "check_s": _rounded(told.get("check_s"), 2),
        "cpu_seconds": _rounded(told.get("cpu_seconds"), 3),
        "read_s": _rounded(told.get("read_s"), 3),
        "prove_s": _rounded(told.get("prove_s"), 3),
        "facts": told.get("facts"),
        "statements": written.statements,
        "megabytes": round(written.bytes / 1e6, 1),
        "us_per_statement": _rounded(_each(told.get("cpu_seconds"), written.statements), 1),
        "reproofs_ms": {kind: round(statistics.median(each), 1) for kind, each in reproofs.items()},
        "at_least_cpu_seconds": None if done.told else round(done.cpu_seconds),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _each(seconds: float | None, statements: int) -> float | None:
    return None if seconds is None else seconds / statements * 1e6


def beside(
    shape: Shape, folder: Path, options: argparse.Namespace, progress: Progress
) -> list[dict[str, Any]]:
    """Return the figures of each peer at one size, over the files that we read as well."""
    written = write(shape, folder)
    progress.step(f"{shape.principals} principals, {written.statements} statements: ours")
    own = {name: _best(folder, name, options.own_cap) for name in ("question", "narrower")}
    found: list[dict[str, Any]] = []
    for peer in PEERS:
        python = peer.install(progress)
        progress.step(f"{shape.principals} principals: {peer.title}")
        asked = peer.ask(python, folder, options.cap, full=options.full)
        found.append(figures(peer, shape.principals, asked, own[peer.question]))
    if shape is PEER_SHAPES[0]:
        write(shape, folder, PLANT)
        for peer, one in zip(PEERS, found, strict=True):
            progress.step(f"{shape.principals} principals, a way in planted: {peer.title}")
            told = peer.ask(peer.install(progress), folder, options.cap, full=True).told
            one["planted_refuted"] = told["refuted"] if told else None
    _remove(folder)
    return found


def _best(folder: Path, question: str, cap: float) -> Run:
    """Return the better of two of our own runs."""
    asked = ("--only-prove", *(() if question == "question" else (f"--{question}",)))
    return min((ours(folder, cap, *asked) for _ in range(2)), key=_seconds)


def _seconds(one: Run) -> float:
    return one.told["cpu_seconds"] if one.told else one.cpu_seconds


def _remove(folder: Path) -> None:
    for file in sorted(folder.rglob("*.json")):
        file.unlink()


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s in all", file=sys.stderr)
