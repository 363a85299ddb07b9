"""The peers that run offline, each in an environment of its own, asked by a script of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.locked import interpreter
from benchmarks.proof.processes import Run, run
from local.progress import Progress

_HERE = Path(__file__).resolve().parent / "peers"
SAMPLE = 5
"""Starting principals that Principal Mapper searches from, if it is not run in full."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program of others that answers the same question.

    Attributes:
        question: which of the organisation's; we are asked the same.
    """

    name: str
    version: str
    question: str = "question"

    @property
    def title(self) -> str:
        """How the figures call it."""
        title = f"{self.name} {self.version}"
        return title if self.question == "question" else f"{title}, {self.question} rule"

    def install(self, progress: Progress) -> Path:
        """Return its environment's interpreter, made from its lock file where it is missing."""
        return interpreter(self.name, self.version, _HERE / f"{self.name}.lock", progress)

    def ask(self, python: Path, folder: Path, cap: float, *, full: bool) -> Run:
        """Ask it about an organisation; `full` searches from every starting principal."""
        script = _HERE / f"ask_{self.name}.py"
        sample = "0" if full else str(SAMPLE)
        return run([python, "-P", script, folder, sample, self.question], cap)


PEERS = (
    Peer("iamprover", "0.7.1"),
    Peer("iamprover", "0.7.1", "narrower"),
    Peer("principalmapper", "1.1.5"),
)


def figures(peer: Peer, principals: int, asked: Run, ours: Run) -> dict[str, Any]:
    """Return what is reported of one peer at one size.

    The ratio is of processor time within the programs, without their start: on a machine that
    others use as well, the wall clock says more about them.
    """
    own, told = ours.told, asked.told
    busy = told["cpu_seconds"] if told else asked.cpu_seconds
    found: dict[str, Any] = {
        "name": peer.title,
        "principals": principals,
        "seconds": round(told["seconds"] if told else busy, 2),
        "ratio": round(busy / own["cpu_seconds"], 1) if own else None,
        "cpu_seconds": round(busy, 2),
        "ours_cpu_seconds": round(own["cpu_seconds"], 3) if own else None,
        "process_ratio": round(max(busy, asked.cpu_seconds) / ours.cpu_seconds, 1),
        "at_least": told is None,
        "extrapolated": bool(told and told.get("extrapolated")),
    }
    if told is None:
        return found
    found |= {"refuted": told["refuted"], "right": told["refuted"] is False}
    if told.get("extrapolated"):
        found["measured_cpu_seconds"] = round(told["measured_cpu_seconds"], 2)
        found["sources"] = told["sources"]
    if told["example"]:
        found["says_it_reaches"] = told["example"][0]
    return found


def dump(value: Any) -> str:  # noqa: ANN401 whatever JSON holds
    """Return one line of JSON."""
    return json.dumps(value, separators=(", ", ": "))
