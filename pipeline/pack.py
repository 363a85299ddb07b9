"""The policy pack as a worker serves it: the same laws at the same engine, without a process more.

The engine starts a pack by the runtime that its `PulumiPolicy.yaml` names. Here that is a script
which tells the port where the worker itself serves the laws: it has them loaded, and the model
read, for all the stacks that it previews.

INVARIANT: that a stack is judged by itself here is said by this code alone, whose callers leave the
proof over all accounts to `pipeline.judge`. `policies/` has no switch that anybody could turn.
"""

import os
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import grpc
import yaml
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel
from pulumi_policy import policy as sdk

import access
import iam_profiles
import policies
from iam_profiles.load import load
from iam_profiles.model import Profiles
from pipeline.inputs import digest_of
from pipeline.job import StackJob
from policies.gate import BY_ITSELF, Gate

_SHIM: Final = Path(__file__).parent / "shim" / "pulumi-analyzer-policy-iam-profiles-worker"
_RUNTIME: Final = _SHIM.name.removeprefix("pulumi-analyzer-policy-")
"""The engine looks for `pulumi-analyzer-policy-RUNTIME` on PATH."""
_NOT_FROM_PATH: Final = "PULUMI_IGNORE_AMBIENT_PLUGINS"
_LAWS: Final = tuple(Path(str(one.__file__)).parent for one in (policies, iam_profiles, access))
"""What the pack's own process would import from its project."""
_LOADED: Final = digest_of(*_LAWS)
"""INVARIANT: taken as they are loaded: a worker that lives for long serves no laws of yesterday."""
_THREADS: Final = 4
_MAX_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""Both as the SDK serves a pack."""


@contextmanager
def served(job: StackJob) -> Generator[StackJob]:
    """Give the job a pack that this process serves, and that judges the stack by itself.

    Where the project's laws are not those that are loaded here, or the engine takes no plugin from
    PATH, the job keeps its own pack, which proves all accounts.
    """
    pack = job.policy_pack
    if pack is None or not _may_serve(job, pack):
        yield job
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="iam-profiles-pack-")))
        port = stack.enter_context(_serving(pack.parent / "profiles"))
        stack.enter_context(_held(folder / "open"))
        settings = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text("utf-8"))
        settings["runtime"] = {"name": _RUNTIME, "options": {"port": str(port)}}
        (folder / "PulumiPolicy.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        path = job.environment.get("PATH", os.environ.get("PATH", os.defpath))
        environment = {**job.environment, "PATH": f"{_SHIM.parent}{os.pathsep}{path}"}
        yield replace(job, environment=environment, policy_pack=folder)


def _may_serve(job: StackJob, pack: Path) -> bool:
    if not os.access(_SHIM, os.X_OK) or {**os.environ, **job.environment}.get(_NOT_FROM_PATH):
        return False
    there = [pack.parent / laws.name for laws in _LAWS]
    return all(map(Path.is_dir, there)) and digest_of(*there) == _LOADED


# The SDK's `PolicyPack` serves this class on a port that it prints, and never returns.
class _Laws(sdk._PolicyAnalyzerServicer):  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    """What the engine asks of a pack, with the two questions that the SDK lets fail in the log."""

    def Handshake(  # noqa: N802 -- the protocol's name
        self, request: analyzer_pb2.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerHandshakeResponse:
        """Accept the engine."""
        del request, context
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:  # noqa: N802 -- as above
        """Do nothing: a stack is judged in no time, and the engine waits for it."""
        del request, context
        return Empty()


@contextmanager
def _serving(folder: Path) -> Generator[int]:
    """Serve the laws for one stack, whose model is in the folder; yield the port."""
    gate = Gate(folder, BY_ITSELF, read=lambda of: _profiles(of, digest_of(of)))
    laws = _Laws("iam-profiles", "0.0.1", gate.policies(), EnforcementLevel.MANDATORY)
    with ThreadPoolExecutor(max_workers=_THREADS) as threads:
        options = [("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES)]
        server = grpc.server(threads, options=options)
        analyzer_pb2_grpc.add_AnalyzerServicer_to_server(laws, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(grace=None).wait()


@contextmanager
def _held(pipe: Path) -> Generator[None]:
    """Hold a pipe open, whose reader sees its end with this block's, or this process's."""
    os.mkfifo(pipe, 0o600)
    held = os.open(pipe, os.O_RDWR)
    try:
        yield
    finally:
        os.close(held)


@lru_cache(maxsize=1)
def _profiles(folder: Path, _digest: str) -> Profiles:
    """Read the model, once for all stacks as long as its files are the same."""
    return load(folder)
