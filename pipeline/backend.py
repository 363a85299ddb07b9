"""The backend: where the engine keeps its checkpoints and locks. Whoever needs to know asks here.

The address is found as the engine finds it: `PULUMI_BACKEND_URL`, `backend` in `Pulumi.yaml`, and
what `pulumi login` has left. A kind that is not known here is refused: nothing could be said of
what it has deployed, nor of who is at work on it.
"""

import gzip
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import yaml

from pipeline.bucket import Bucket, BucketError, Checkpoint, Stored, bucket_at, bucket_problems
from pipeline.errors import BackendError, StackUnreadableError
from pipeline.job import StackJob
from pipeline.logins import Logins

_URL: Final = "PULUMI_BACKEND_URL"
_TOKEN: Final = "PULUMI_ACCESS_TOKEN"  # noqa: S105 -- a variable's name
SERVICE: Final = "https://api.pulumi.com"
"""Pulumi Cloud, to which the engine turns where nothing is said."""


@dataclass(frozen=True)
class Folder:
    """The engine's folder of one project."""

    root: Path
    project: str

    def checkpoint(self, stack: str) -> Checkpoint:
        """Return the stack's checkpoint as it is there now.

        Raises:
            OSError: it is kept in a form that is not read here.
        """
        place = self.root / "stacks" / self.project
        found = [
            one for one in (place / f"{stack}.json", place / f"{stack}.json.gz") if one.exists()
        ]
        if not found:
            if (self.root / "stacks" / f"{stack}.json").exists():
                raise OSError(LEGACY)
            return Checkpoint(None)
        newest = max(found, key=lambda one: one.stat().st_mtime_ns)
        raw = newest.read_bytes()
        return Checkpoint(gzip.decompress(raw) if newest.suffix == ".gz" else raw)

    def locks(self, stack: str) -> tuple[Path, ...]:
        """Return the stack's lock files, sorted."""
        place = self.root / "locks" / "organization" / self.project / stack
        return tuple(sorted(place.glob("*.json")))

    @cached_property
    def turnstile(self) -> Path:
        """The file that whoever applies a bundle holds a lock on."""
        return self.root / f"iam-profiles-{self.project}.lock"


LEGACY: Final = "it is laid out as engines before 3.61 did; run `pulumi state upgrade`"


@dataclass(frozen=True)
class Service:
    """Pulumi Cloud, or an installation of one's own: only the engine talks to it."""

    url: str


Backend = Folder | Bucket | Service


def address_of(job: StackJob) -> str:
    """Return the backend's address, as the engine would find it."""
    return _address(_project(job), {**os.environ, **job.environment})


def project_name(job: StackJob) -> str:
    """Return the name of the job's Pulumi project, under which a backend keeps its stacks."""
    return str(_project(job)["name"])


def backend_of(job: StackJob) -> Backend:
    """Return the job's backend.

    Raises:
        BackendError: its address is of no kind that is known here, or something in it is wrong.
    """
    stated = _project(job)
    environment = {**os.environ, **job.environment}
    address = _address(stated, environment)
    url, project = urlsplit(address), str(stated["name"])
    match url.scheme:
        case "file":
            root = job.project / Path(unquote(url.netloc + url.path)).expanduser()
            return Folder(root / ".pulumi", project)
        case "s3":
            _refuse(address, bucket_problems(url))
            try:
                return bucket_at(url, project, environment)
            except BucketError as error:
                remedy = "mend the profile in `~/.aws/config`, or name another in the address"
                raise BackendError(shown(url), str(error), remedy) from error
        case "https" | "http":
            _refuse(address, _service_problems(url, environment))
            return Service(address.rstrip("/"))
        case _:
            raise BackendError(
                shown(url),
                f"`{url.scheme}` is no kind of backend that is known here",
                "name a folder as `file://…`, a bucket as `s3://…`, or Pulumi Cloud as `https://…`",
            )


def kept_at(job: StackJob) -> Folder | Bucket | None:
    """Return where the job's checkpoints and locks can be read without an engine, if they can.

    Raises:
        BackendError: as of `backend_of`.
    """
    backend = backend_of(job)
    return None if isinstance(backend, Service) else backend


def locks_of(job: StackJob) -> tuple[Path | Stored, ...]:
    """Return the locks on the job's stack, as far as they can be read without an engine.

    Raises:
        BackendError: as of `backend_of`.
        StackUnreadableError: the backend does not say.
    """
    place = kept_at(job)
    try:
        return place.locks(job.stack) if place else ()
    except OSError as error:
        raise _withheld(job, error) from error


def take_off(job: StackJob, lock: Path | Stored) -> bool:
    """Take a lock off the job's stack; tell whether it was still there.

    Raises:
        StackUnreadableError: the backend does not let go of it.
    """
    try:
        if not lock.exists():
            return False
        lock.unlink(missing_ok=True)
    except OSError as error:
        raise _withheld(job, error) from error
    return True


def _withheld(job: StackJob, error: OSError) -> StackUnreadableError:
    found = f"the backend keeps its locks to itself: {error}"
    return StackUnreadableError(
        job.stack, found, "see that whoever runs this may read and free them"
    )


def folder_of(job: StackJob) -> Folder | None:
    """Return the folder of the job's backend, if its backend is one.

    Raises:
        BackendError: as of `backend_of`.
    """
    backend = backend_of(job)
    return backend if isinstance(backend, Folder) else None


def shown(url: SplitResult) -> str:
    """Return an address for people, without what might be a secret in it."""
    return url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _address(stated: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    backend: dict[str, str] = stated.get("backend") or {}
    said = environment.get(_URL) or backend.get("url")
    return said or Logins.of(environment).current or SERVICE


def _project(job: StackJob) -> Mapping[str, Any]:
    return yaml.safe_load((job.project / "Pulumi.yaml").read_text("utf-8"))


def _refuse(address: str, problems: Iterable[tuple[str, str]]) -> None:
    """Refuse an address with something wrong in it, naming all of it."""
    found = tuple(problems)
    if found:
        said = ", and ".join(what for what, _ in found)
        raise BackendError(shown(urlsplit(address)), said, "; ".join(remedy for _, remedy in found))


def _service_problems(
    url: SplitResult, environment: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with the address of a service, and whether nobody is logged in there."""
    here = url.hostname in {"localhost", "127.0.0.1", "::1"}
    if not url.hostname:
        yield "the address names no host", f"write `{SERVICE}`, or your own installation's address"
    elif url.scheme == "http" and not here:
        yield "it is not encrypted: whoever listens gets the token", "write `https://…`"
    if url.username or url.password:
        yield "it holds a credential", f"set {_TOKEN} instead"
    if url.query or url.fragment:
        yield "it ends in a query or a fragment", "leave that out"
    address = url.geturl().rstrip("/")
    if not (environment.get(_TOKEN) or Logins.of(environment).has(address)):
        yield "nobody is logged in there", f"run `pulumi login {shown(url)}`, or set {_TOKEN}"
