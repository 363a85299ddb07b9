"""The independent evaluator, asked many questions at once: it decides while the engine does."""

import json
import subprocess
import threading
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from local.evaluator import NoVerdictError
from local.evaluator_install import install_evaluator
from local.progress import Silent
from tests.differential.question import Question, Result, simulation


class Answers:
    """The answers to a batch, read when they are asked for."""

    def __init__(self, stream: Any, count: int) -> None:
        self._stream = stream
        self._count = count

    def read(self) -> list[Result | NoVerdictError]:
        """Return them in the order of the questions.

        Raises:
            NoVerdictError: the evaluator has ended.
        """
        found: list[Result | NoVerdictError] = []
        for at in range(self._count):
            line = self._stream.readline()
            if not line:
                raise NoVerdictError("the evaluator has ended")
            answer = json.loads(line)
            assert answer["id"] == at
            found.append(answer.get("result") or NoVerdictError(str(answer.get("error"))))
        return found


class Oracle:
    """The evaluator's process, for as long as the block lasts."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout
        assert json.loads(self._process.stdout.readline()) == {"ready": True}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def put(self, questions: Iterable[Question]) -> Answers:
        """Put the questions, and return what will have the answers."""
        lines = [
            json.dumps({"id": at, "simulation": simulation(question), "anyResource": True})
            for at, question in enumerate(questions)
        ]
        text = "".join(f"{line}\n" for line in lines).encode()
        threading.Thread(target=self._write, args=(text,), daemon=True).start()
        return Answers(self._process.stdout, len(lines))

    def theirs(self, question: Question) -> Result:
        """Return the answer to one question.

        Raises:
            NoVerdictError: it does not take the question.
        """
        (found,) = self.put([question]).read()
        if isinstance(found, NoVerdictError):
            raise found
        return found

    def _write(self, text: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(text)
        self._process.stdin.flush()


def start() -> Oracle | None:
    """Start the evaluator; `None` where there is no Node.js to run it."""
    found = install_evaluator(Silent())
    return None if found is None else Oracle(found.command)
