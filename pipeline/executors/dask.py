"""Stack operations on a Dask cluster: `dask://HOST:PORT`.

Only what its scheduler does not do is done here. The scheduler would begin an operation anew as
soon as its worker is lost; that is taken as the loss that it is (`on_worker.carry`), since an
engine may still be at work. And a running operation cannot be cancelled; it is told to stop.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from distributed import Client, Event
from distributed.scheduler import KilledWorker
from distributed.security import Security

from pipeline.executors import on_worker
from pipeline.executors.errors import ExecutorError, ExecutorUnknownError, WorkerLostError
from pipeline.executors.parcel import States, pack, states_at
from pipeline.executors.workers import Workers
from pipeline.work import OnEvent, Progress, Work
from policies.deployed import HANDED_OVER

if TYPE_CHECKING:
    from distributed.client import Future as DaskFuture

_P = ParamSpec("_P")
_T = TypeVar("_T")

_ANSWERS_SECONDS: Final = 10
_COMES_BACK_SECONDS: Final = 30
_LOOKS_EVERY_SECONDS: Final = 0.2
_AT_MOST: Final = 256


class Cluster(Workers):
    """The workers of a cluster, each of their threads with one stack at a time.

    Raises:
        ExecutorUnknownError: it is no address.
        ExecutorError: there is no such cluster, or it has no worker, or anybody could be it.
    """

    def __init__(
        self, where: str, workers: int | None, inputs: Mapping[str, str], on_event: OnEvent
    ) -> None:
        self._where = where
        self._inputs = inputs
        self._on_event = on_event
        self._run = f"iam-profiles-{uuid.uuid4().hex}"
        self._client: Any = _connect(where)
        super().__init__(min(workers or sum(self._workers().values()), _AT_MOST))
        self._under_way: dict[str, DaskFuture[Any]] = {}
        """`{parcel: what comes of it}`"""
        self._begun: dict[str, str] = {}
        """`{parcel: the machine that begins it}`"""
        self._hosts: dict[str, str] = {}
        """`{stack: the machine that its worker was lost on}`"""
        self._states: dict[str, DaskFuture[States]] = {}
        self._lock = threading.Lock()
        self._client.subscribe_topic(self._run, self._hear)

    def _call(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        del kwargs
        work = cast("Work", args[0])
        parcel = pack(work, self._inputs, self._run)
        future = self._client.submit(
            on_worker.carry,
            *(fn, parcel, self._states_of(work)),
            key=f"{work.operation}-{work.job.stack}-{parcel.name}",
            workers=self._machine_of(work),
            retries=0,
        )
        self._under_way[parcel.name] = future
        try:
            return self._result(future)
        except WorkerLostError:
            self._hosts[work.job.stack] = self._begun.get(parcel.name, "")
            raise
        finally:
            del self._under_way[parcel.name]
            self._clear(parcel.name)

    def _result(self, future: "DaskFuture[_T]") -> _T:
        try:
            return future.result()
        except WorkerLostError:
            raise
        except KilledWorker as error:
            raise WorkerLostError from error
        except CancelledError:
            if self.stopping:
                raise CancelledError from None
            raise self._error(
                "its scheduler was lost",
                "when its workers have ended, run `iam-profiles repair`, then this again",
            ) from None
        except Exception as error:  # whatever the cluster itself could not do
            said = f"{type(error).__name__}: {error}"
            raise self._error(said, "bring its workers to the same commit as here") from error

    def _stop(self) -> None:
        # Not in the signal's handler: the main thread may hold what this would wait for.
        threading.Thread(target=self._tell_to_stop, daemon=True).start()

    def _tell_to_stop(self) -> None:
        """Interrupt what has begun, and cancel what has not."""
        with suppress(OSError, TimeoutError):  # a scheduler that is gone has ended all of it
            Event(self._run, self._client).set()
            told: dict[str, tuple[str, ...]] = self._client.run(
                on_worker.stop, self._run, on_error="ignore"
            )
            begun = {name for names in told.values() for name in names}
            waiting = [one for name, one in tuple(self._under_way.items()) if name not in begun]
            self._client.cancel(waiting, reason="interrupted")

    def _end(self, *, wait: bool) -> None:
        del wait
        self._clear(self._run)
        self._client.close()

    def _states_of(self, work: Work) -> "DaskFuture[States] | None":
        """Return the states that the operation's policy pack reads: sent once for all of them."""
        folder = work.job.environment.get(HANDED_OVER)
        if folder is None:
            return None
        with self._lock:
            if folder not in self._states:
                sent = self._client.submit(_same, states_at(Path(folder)), pure=False)
                self._states[folder] = sent
            return self._states[folder]

    def _machine_of(self, work: Work) -> list[str] | None:
        """Return where a repair must be: there alone can be seen what became of the engine."""
        host = self._hosts.get(work.job.stack)
        if work.operation != "repair" or not host:
            return None
        end = time.monotonic() + _COMES_BACK_SECONDS
        while host not in {urlsplit(address).hostname for address in self._workers()}:
            if time.monotonic() > end:
                stack = work.job.stack
                raise self._error(
                    f"no worker is left on `{host}`, where stack `{stack}` was being updated",
                    f"make sure that its engine ended, then run `iam-profiles repair --stack "
                    f"{stack} --lock-owner-is-dead`",
                )
            time.sleep(_LOOKS_EVERY_SECONDS)
        return [host]

    def _workers(self) -> dict[str, int]:
        """Return `{address: threads}`, as it is now."""
        return self._client.nthreads()

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        said = event[1]  # to which the scheduler adds what it knows of the worker
        if "begun" in said:
            self._begun[said["begun"]] = said["host"]
        elif "progress" in said:
            self._on_event(Progress(*said["progress"]))

    def _clear(self, name: str) -> None:
        with suppress(OSError, TimeoutError, RuntimeError):  # it goes with the scheduler otherwise
            Event(name, self._client).clear()

    def _error(self, found: str, remedy: str) -> ExecutorError:
        return ExecutorError(self._where, found, remedy)


def _same(states: States) -> States:
    """Return the states: the scheduler can have them anew when the worker that has them is lost."""
    return states


def _connect(where: str) -> Client:
    """Reach a scheduler that has workers, encrypted unless it is on this machine."""
    try:
        parts = urlsplit(where)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None:
        raise ExecutorUnknownError(where, "it is no address")
    security = Security()
    encrypted = bool(security.tls_ca_file)
    if not encrypted and not _is_here(host):
        # INVARIANT: who could pose as the scheduler could make up what is proved, and run here.
        raise ExecutorError(
            where,
            "it is on another machine, and Dask has no certificates to tell who answers there",
            "set `distributed.comm.tls` in Dask's configuration, here and there",
        )
    try:
        client = Client(
            f"{'tls' if encrypted else 'tcp'}://{host}:{port}",
            timeout=_ANSWERS_SECONDS,
            set_as_default=False,
            security=security,
            name="iam-profiles",
        )
    except (OSError, TimeoutError) as error:
        raise ExecutorError(
            where,
            f"no scheduler answers: {error}",
            "start it with `dask scheduler`, or mend the address",
        ) from error
    try:
        client.wait_for_workers(1, timeout=_ANSWERS_SECONDS)
    except TimeoutError as error:
        client.close()
        remedy = "start some with `dask worker`"
        raise ExecutorError(where, "its scheduler has no workers", remedy) from error
    return client


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
