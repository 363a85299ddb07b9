"""Jobs that fetch keys and assume roles without a pause, in processes of their own."""

import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from types import TracebackType
from typing import TYPE_CHECKING, Self

from credentials.errors import CredentialsError
from credentials.fetch.clients import Clients
from credentials.fetch.run_context import RunContext
from credentials.fetch.session import assume, stored_key
from iam_profiles.directory import Directory, Found
from iam_profiles.names import UserName

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

_SHORTEST_SESSION = 900
_PAUSES = (0.0, 0.3, 0.3)
"""Before each call with a key that was fetched once, in graces: the last comes late in it."""


@dataclass
class Tally:
    """What came of the calls of a job, or of several."""

    fetches: int = 0
    assumed: int = 0
    refused: list[str] = field(default_factory=list[str])
    late: int = 0
    """Calls that ended only after the grace, as the machine was busy, and were refused then."""
    keys: set[str] = field(default_factory=set[str])

    def add(self, other: "Tally") -> None:
        """Count another's as well."""
        self.fetches += other.fetches
        self.assumed += other.assumed
        self.refused += other.refused
        self.late += other.late
        self.keys |= other.keys


@dataclass(frozen=True)
class Job:
    """What a process does, until it is told to stop."""

    directory: str
    user: UserName
    account: str
    environment: Mapping[str, str]
    grace: float
    """Seconds for which a key that was fetched must work."""

    def run(self, stop: Event, results: "Queue[Tally]") -> None:
        """Fetch and assume, again and again; say at the end what came of it."""
        os.environ.update(self.environment)
        directory = Directory.from_json(self.directory, "the directory")
        granted = directory.granted(self.user)
        role = next(role for account, role in granted if account == self.account)
        found = directory.find(self.user, self.account, role)
        clients, tally = Clients(directory.region, "iam-profiles-state"), Tally()
        while not stop.is_set():
            tally.add(self._once(found, clients))
        results.put(tally)

    def _once(self, found: Found, clients: Clients) -> Tally:
        """Fetch a key, and use it as long as the grace promises that it works."""
        tally, began = Tally(), time.monotonic()
        try:
            key = stored_key(found, clients)
        except CredentialsError as error:
            tally.refused.append(str(error))
            return tally
        tally.fetches += 1
        tally.keys.add(key.access_key_id)
        context = RunContext("load", "load", {})
        for pause in _PAUSES:
            time.sleep(pause * self.grace)
            try:
                assume(found, key, clients, context, _SHORTEST_SESSION)
            except CredentialsError as error:
                if time.monotonic() - began < self.grace:
                    tally.refused.append(str(error))
                else:
                    tally.late += 1
            else:
                tally.assumed += 1
        return tally


class Load:
    """Jobs that run while the block does; `total` is what came of them."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._results: Queue[Tally] = context.Queue()
        self._processes = [
            context.Process(target=job.run, args=(self._stop, self._results)) for job in jobs
        ]
        self.total = Tally()

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        try:
            for _ in self._processes:
                self.total.add(self._results.get(timeout=60))
        finally:
            for process in self._processes:
                process.join(10)
                process.kill()
