"""Run programs, policy packs and providers in Python, as the engine's language protocol asks."""

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import IO

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict

from local.host.children import Child, Children
from local.host.protocol import LanguageRuntimeServicer, language_pb2, plugin_pb2

_Response = language_pb2.RunPluginResponse

_SHOWN_ALREADY = 32
"""The launcher's exit code for an error that the user has already been shown."""


class PythonRuntime(LanguageRuntimeServicer):
    """What the official language host does for a program that is installed already."""

    def __init__(self, engine: str, launcher: Path) -> None:
        self._engine = engine
        self._launcher = launcher
        self._programs = Children()
        self._plugins = Children()

    def terminate(self) -> None:
        """End everything that was started."""
        self._programs.terminate()
        self._plugins.terminate()

    def Handshake(  # noqa: N802 - the protocol's name
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Accept the engine."""
        del request, context
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(  # noqa: N802 - the protocol's name
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Say which version of the protocol this is."""
        del request, context
        return plugin_pb2.PluginInfo(version="3.250.0")

    def GetRequiredPlugins(  # noqa: N802 - the protocol's name
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Require nothing: what is needed has been put in place."""
        del request, context
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(  # noqa: N802 - the protocol's name
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Require nothing: what is needed has been put in place."""
        del request, context
        return language_pb2.GetRequiredPackagesResponse()

    def About(  # noqa: N802 - the protocol's name
        self, request: language_pb2.AboutRequest, context: grpc.ServicerContext
    ) -> language_pb2.AboutResponse:
        """Say which Python runs the programs."""
        version = ".".join(map(str, sys.version_info[:3]))
        return language_pb2.AboutResponse(
            executable=_python(request.info, context), version=version
        )

    def GetProgramDependencies(  # noqa: N802 - the protocol's name
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List what is installed."""
        del request, context
        installed = sorted((found.name, found.version) for found in distributions())
        listed = [language_pb2.DependencyInfo(name=name, version=of) for name, of in installed]
        return language_pb2.GetProgramDependenciesResponse(dependencies=listed)

    def Cancel(  # noqa: N802 - the protocol's name
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """End the program: the engine has been interrupted.

        INVARIANT: not the providers, who are in the middle of something; the engine waits for them.
        """
        del request, context
        self._programs.terminate()
        return empty_pb2.Empty()

    def Run(  # noqa: N802 - the protocol's name
        self, request: language_pb2.RunRequest, context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        """Run a program; its output is the language host's own."""
        python = _python(request.info, context)
        command = [python, "-u", str(self._launcher), *self._program_arguments(request)]
        environment = _environment(python, os.environ)
        environment["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        environment["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
        with self._programs.run(command, cwd=Path(request.pwd), environment=environment) as child:
            code = child.wait()
        if code == _SHOWN_ALREADY:
            return language_pb2.RunResponse(bail=True)
        error = "" if code == 0 else f"program exited with non-zero exit code: {code}"
        return language_pb2.RunResponse(error=error)

    def _program_arguments(self, request: language_pb2.RunRequest) -> list[str]:
        named = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        flags = [part for name, value in named.items() if value for part in (f"--{name}", value)]
        return [*flags, request.info.entry_point or ".", *request.args]

    def RunPlugin(  # noqa: N802 - the protocol's name
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[_Response]:
        """Run a policy pack or a provider, and stream its output and exit code to the engine."""
        python = _python(request.info, context)
        folder = request.info.program_directory
        if request.kind == "analyzer":
            command = [python, "-u", "-m", "pulumi.policy", *request.args, folder]
            cwd = Path(folder)
        else:
            command = [python, "-u", folder, *request.args]
            cwd = Path(request.pwd or folder)
        given = dict(pair.split("=", 1) for pair in request.env)
        environment = _environment(python, given or os.environ)
        with self._plugins.run(command, cwd=cwd, environment=environment, piped=True) as child:
            context.add_callback(child.terminate)
            yield from _output(child)
            yield _Response(exitcode=child.wait())


def _output(child: Child) -> Iterator[_Response]:
    """Yield what a process prints, as it prints it, until both its streams are closed."""
    chunks: queue.SimpleQueue[_Response | None] = queue.SimpleQueue()

    def read(stream: IO[bytes] | None, response: Callable[[bytes], _Response]) -> None:
        while stream and (chunk := os.read(stream.fileno(), 1 << 16)):
            chunks.put(response(chunk))
        chunks.put(None)

    readers = ((child.stdout, _stdout), (child.stderr, _stderr))
    for reader in readers:
        threading.Thread(target=read, args=reader, daemon=True).start()
    for _ in readers:
        while (chunk := chunks.get()) is not None:
            yield chunk


def _stdout(chunk: bytes) -> _Response:
    return _Response(stdout=chunk)


def _stderr(chunk: bytes) -> _Response:
    return _Response(stderr=chunk)


def _python(info: language_pb2.ProgramInfo, context: grpc.ServicerContext) -> str:
    """Return the Python of the virtualenv that the runtime's options name; this one if none is.

    As the official host does, it refuses a virtualenv that is not there: with another Python's
    packages a policy pack would not be what was written.
    """
    options = MessageToDict(info.options)
    virtualenv = options.get("virtualenv")
    if not virtualenv:
        return sys.executable
    python = Path(info.root_directory) / str(virtualenv) / "bin" / "python"
    if not python.exists():
        message = f"the virtualenv `{virtualenv}` is not there; run `make setup`"
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, message)
    return str(python)


def _environment(python: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an activated virtualenv."""
    folder = Path(python).parent
    environment = {**inherited, "VIRTUAL_ENV": str(folder.parent), "PYTHONUNBUFFERED": "1"}
    environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment.pop("PYTHONHOME", None)
    return environment
