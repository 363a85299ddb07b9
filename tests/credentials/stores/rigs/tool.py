"""Rigs of command line tools: one in memory, and a real program."""

import stat
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from credentials.secret import Secret
from credentials.store import Store
from credentials.stores import command
from credentials.stores.command import Answer, CommandPlace, Commands, run_tool
from credentials.stores.document_store import DocumentStore
from credentials.stores.errors import ToolError
from tests.credentials.example import SECRET
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.rigs.base import Rig, during

COMMANDS = Commands(
    read=("keeper", "show", "{name}"),
    write=("keeper", "put", "{name}"),
    create=("keeper", "make", "{name}"),
    delete=("keeper", "drop", "{name}"),
    absent="no such entry",
)
_DONE = {"show": "exec-read", "drop": "exec-delete"}


class MemoryRig(Rig):
    """A tool that keeps its texts in memory; the test's AWS errors become the tool's."""

    writes = frozenset({"exec-write", "exec-delete"})
    reads = frozenset({"exec-read"})
    commands = COMMANDS

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        self.kept: str | None = None
        self.sleep: Callable[[float], None] = aws.clock.sleep
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self._patch = mock.patch.object(command, "run_tool", self._run)
        self._patch.start()

    def store(self) -> Store:
        locks = self.folder / "locks"
        place = CommandPlace(self.commands, SECRET, locks, sleep=self._wait)
        return DocumentStore(place)

    def _wait(self, seconds: float) -> None:
        self.sleep(seconds)

    def text(self) -> str | None:
        return self.kept

    def plant(self, text: str) -> None:
        self.kept = text

    def _run(self, line: Sequence[str], sent: Secret | None, timeout: float) -> Answer:
        try:
            return during(
                self.aws,
                _DONE.get(line[1], "exec-write"),
                lambda: self.work(line, sent, timeout),
            )
        except ClientError:
            return Answer(1, Secret(""), Secret("the keeper is out of order"))
        except ConnectTimeoutError:
            failure = ToolError("running `keeper`", "Timeout", "wait")
        except ReadTimeoutError:
            failure = ToolError("running `keeper`", "Timeout", "wait", in_doubt=sent is not None)
        raise failure

    def work(self, line: Sequence[str], sent: Secret | None, _timeout: float) -> Answer:
        match line[1]:
            case "show" if self.kept is None:
                return Answer(1, Secret(""), Secret(f"{line[2]}: no such entry"))
            case "show":
                return Answer(0, Secret(f"{self.kept}\n"), Secret(""))
            case "drop":
                self.kept = None
            case _ if (self.kept is None) is not (line[1] == "make"):
                return Answer(1, Secret(""), Secret("the entry is there, or is not"))
            case _:
                self.kept = sent.reveal() if sent else ""
        return Answer(0, Secret(""), Secret(""))

    def __exit__(self, *_: object) -> None:
        self._patch.stop()
        self._folder.cleanup()


_SCRIPT = """#!/bin/sh
# Keeps texts in files beside itself, as pass and others do.
entry="$(dirname "$0")/$(echo "$2" | tr / _)"
case "$1" in
show) [ -f "$entry" ] || { echo "$2: no such entry" >&2; exit 1; }; cat "$entry" ;;
make) [ ! -f "$entry" ] || { echo "there is one" >&2; exit 1; }; cat > "$entry" ;;
put) [ -f "$entry" ] || { echo "there is none" >&2; exit 1; }; cat > "$entry" ;;
drop) rm "$entry" ;;
esac
"""


class ScriptRig(MemoryRig):
    """A real program."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        self.script = self.folder / "keeper"
        self.script.write_text(_SCRIPT)
        self.script.chmod(stat.S_IRWXU)
        lines: dict[str, Any] = {
            name: (str(self.script), *getattr(COMMANDS, name)[1:])
            for name in ("read", "write", "create", "delete")
        }
        self.commands = Commands(**lines, absent=COMMANDS.absent)

    def work(self, line: Sequence[str], sent: Secret | None, timeout: float) -> Answer:
        return run_tool(line, sent, timeout)

    @property
    def _entry(self) -> Path:
        return self.folder / SECRET.replace("/", "_")

    def text(self) -> str | None:
        return self._entry.read_text() if self._entry.exists() else None

    def plant(self, text: str) -> None:
        self._entry.write_text(text)
