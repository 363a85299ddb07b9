"""A stack operation on its way to another machine: what travels, what is expected to be there.

Nothing that opens a door travels: a worker acts with the credentials of its own environment. Of
the job's variables only the folder with all stacks' states is known here, and it goes as data.
"""

import hashlib
import os
import tempfile
import threading
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from pipeline.backend import folder_of
from pipeline.checkpoints import state_of
from pipeline.command import EngineCommand
from pipeline.executors.errors import WorkerRefusedError
from pipeline.inputs import engine_version, inputs_of, moved
from pipeline.job import StackJob
from pipeline.work import Work
from policies.deployed import HANDED_OVER

PROJECT: Final = "IAM_PROFILES_PROJECT"
"""Says on a worker where the program is, unless it is where it is here."""
_PACKAGE: Final = Path(__file__).resolve().parent.parent
_SAME: Final = "bring it to the same commit, lock file, engine and backend as here"


def _loaded() -> str:
    """Return the digest of this package as it was when this process loaded it."""
    whole = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*.py")):
        whole.update(f"{file.relative_to(_PACKAGE)}\0".encode())
        whole.update(file.read_bytes())
    return whole.hexdigest()


LOADED: Final = _loaded()


@dataclass(frozen=True, slots=True)
class States:
    """What all stacks have deployed, for the policy pack: `{file name: content, compressed}`."""

    digest: str
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One operation, and what its worker must have for it.

    Attributes:
        inputs: the digests and versions of all that the operation depends on.
        run: the run that it belongs to.
        loaded: the digest of the code that is to carry it out.
        name: tells it from any other, also of the same operation.
    """

    work: Work
    inputs: Mapping[str, str]
    run: str
    loaded: str = LOADED
    name: str = field(default_factory=lambda: uuid.uuid4().hex)


def pack(work: Work, inputs: Mapping[str, str], run: str) -> Parcel:
    """Make a parcel of an operation, without the states.

    Raises:
        WorkerRefusedError: the job sets a variable, which would travel.
    """
    stray = sorted(work.job.environment.keys() - {HANDED_OVER})
    if stray:
        # INVARIANT: no credential travels in a job.
        listed = ", ".join(f"`{name}`" for name in stray)
        raise WorkerRefusedError(
            work.job.stack, f"its job sets {listed}, which do not travel", "set them on the workers"
        )
    return Parcel(replace(work, job=replace(work.job, environment={})), inputs, run)


def states_at(folder: Path) -> States:
    """Read the states that are handed over in a folder."""
    files = {one.name: zlib.compress(one.read_bytes()) for one in sorted(folder.iterdir())}
    lines = (f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n" for name in files)
    return States(hashlib.sha256("".join(lines).encode()).hexdigest(), files)


def unpack(parcel: Parcel, states: States | None, worker: str, command: EngineCommand) -> Work:
    """Return the operation as it can be carried out here.

    Raises:
        WorkerRefusedError: something is not here as it is where the parcel comes from.
    """
    job = _settled(parcel, worker)
    if parcel.loaded != LOADED:
        raise _refused(job, worker, "runs other code of `pipeline`", f"{_SAME}, and restart it")
    try:
        here = inputs_of(job, engine_version(command))
    except OSError as error:
        raise _refused(job, worker, f"has no whole program: {error}", _SAME) from error
    differ = moved(parcel.inputs, here)
    if differ:
        listed = ", ".join(f"`{name}`" for name in differ)
        raise _refused(job, worker, f"has other {listed}", _SAME)
    state = parcel.work.state
    if state is not None and folder_of(job) and state_of(job, command).digest != state:
        found = "sees another state of it in the backend's folder"
        raise _refused(job, worker, found, "share that folder, or preview again")
    environment = {HANDED_OVER: str(_placed(states))} if states else {}
    return replace(parcel.work, job=replace(job, environment=environment))


def _settled(parcel: Parcel, worker: str) -> StackJob:
    """Return the job with the folders that this machine has them in."""
    job = parcel.work.job
    project = Path(os.environ.get(PROJECT) or job.project)
    if not (project / "Pulumi.yaml").is_file():
        found = f"has no program at `{project}`"
        remedy = f"check it out there, or say in `{PROJECT}` on the worker where it is"
        raise _refused(job, worker, found, remedy)
    pack = job.policy_pack and project / job.policy_pack.relative_to(job.project)
    return replace(job, project=project, policy_pack=pack)


def _refused(job: StackJob, worker: str, found: str, remedy: str) -> WorkerRefusedError:
    return WorkerRefusedError(job.stack, f"worker `{worker}` {found}", remedy)


_PLACING: Final = threading.Lock()


def _placed(states: States) -> Path:
    """Return a folder with these files: one for all operations of a run."""
    with _PLACING:
        place = Path(_temporary(states.digest).name)
        for name, content in states.files.items():
            file = place / name
            if not file.exists():
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(zlib.decompress(content))
    return place


@lru_cache(maxsize=8)
def _temporary(digest: str) -> "tempfile.TemporaryDirectory[str]":
    """Return the folder of these states; it goes with the process, or when others came since."""
    del digest
    return tempfile.TemporaryDirectory(prefix="iam-profiles-deployed-")
