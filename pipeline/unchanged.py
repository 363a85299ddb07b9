"""Remembers which stacks had no changes: a preview of the same once more would say the same."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.checkpoints import NEVER, State
from pipeline.inputs import one_digest
from pipeline.job import Outcome

_KEPT = 2000


class Unchanged:
    """A file for each stack without changes, named by the digest of all that this depends on.

    What is remembered is only that there was nothing to do: as soon as there is, in any stack, the
    proof is made anew, of what the states say. Of states as they are, it is remembered too.
    """

    def __init__(self, folder: Path, inputs: str) -> None:
        self._folder = folder
        self._inputs = inputs
        self._swept = False

    def recall(self, state: State) -> Outcome | None:
        """Return the outcome of a stack without changes; nothing if it must be previewed."""
        if state.digest == NEVER or state.pending:
            return None
        try:
            same = json.loads(self._file(state).read_text("utf-8"))["same"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Outcome(
            state.stack,
            "preview",
            ok=True,
            changes={"same": int(same)},
            violations=(),
            errors=(),
            seconds=0.0,
        )

    def remember(self, state: State, outcome: Outcome) -> None:
        """Remember a stack that had no changes, and of which nothing was to be said."""
        if not outcome.ok or outcome.changed or outcome.violations or state.digest == NEVER:
            return
        self._write(self._file(state), {"same": outcome.changes.get("same", 0)})

    def proved(self, states: Mapping[str, State]) -> tuple[str, ...] | None:
        """Return the rules that were proved of these very states, where nothing was to be done."""
        try:
            found = json.loads(self._proof(states).read_text("utf-8"))["proved"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return tuple(map(str, found))

    def remember_proved(self, states: Mapping[str, State], rules: Sequence[str]) -> None:
        """Remember that the rules are proved of these states, as they are."""
        self._write(self._proof(states), {"proved": list(rules)})

    def _file(self, state: State) -> Path:
        parts = {"inputs": self._inputs, "stack": state.stack, "state": state.digest}
        return self._folder / f"{one_digest(parts)}.json"

    def _proof(self, states: Mapping[str, State]) -> Path:
        parts = {f"state of {name}": state.digest for name, state in states.items()}
        return self._folder / f"{one_digest({'inputs': self._inputs, **parts})}.json"

    def _write(self, file: Path, content: Mapping[str, Any]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(content), "utf-8")
        unfinished.replace(file)
        if not self._swept:
            self._swept = True
            self._sweep(file.parent)

    @staticmethod
    def _sweep(folder: Path) -> None:
        files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT)]:
            file.unlink(missing_ok=True)
