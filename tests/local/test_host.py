"""The stand-in language host runs programs, policy packs and providers as the official one does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

from local.home import LocalHome
from local.install import Toolchain
from tests.engine import REPOSITORY, Project, Ran, copy_project

pytestmark = pytest.mark.engine

_RUNTIME = "runtime: {name: python, options: {virtualenv: %s}}\n"

_PROVIDER = """
import sys
from pulumi.provider.experimental.provider import *
from pulumi.provider.experimental.server import main

class Tiny(Provider):
    async def check(self, request):
        return CheckResponse(inputs=request.new_inputs)

    async def diff(self, request):
        return DiffResponse()

    async def create(self, request):
        return CreateResponse(resource_id="made", properties=request.properties)

main(sys.argv[1:], "0.1.0", Tiny())
"""

_RESOURCE = """
import pulumi

class Tiny(pulumi.CustomResource):
    def __init__(self, name, size):
        super().__init__("tiny:index:Tiny", name, {"size": size})

made = Tiny("one", pulumi.Config("tiny").require_int("size"))
pulumi.export("id", made.id)
pulumi.export("stack", pulumi.get_stack())
"""

_PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def small(args, report):
    if args.resource_type == "tiny:index:Tiny" and args.props["size"] > 2:
        report("too large")

law = ResourceValidationPolicy("small", "things are small", small, EnforcementLevel.MANDATORY)
PolicyPack("tiny", policies=[law])
"""


@pytest.fixture
def tiny(cloud: LocalHome, tmp_path: Path) -> Project:
    """A project of its own: a program, a provider in Python, a policy pack."""
    environment = copy_project(tmp_path / "unused", cloud, tmp_path / "backend").environment
    folder = tmp_path / "tiny"
    runtime = _RUNTIME % (REPOSITORY / ".venv")
    plugins = "plugins: {providers: [{name: tiny, path: ./provider}]}\n"
    files = {
        "Pulumi.yaml": f"name: tiny\n{runtime}{plugins}",
        "Pulumi.dev.yaml": "config: {tiny:size: 2}\n",
        "__main__.py": _RESOURCE,
        "provider/PulumiPlugin.yaml": runtime,
        "provider/__main__.py": _PROVIDER,
        "pack/PulumiPolicy.yaml": runtime,
        "pack/__main__.py": _PACK,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Project(folder, cloud, environment)


def _program(project: Project, text: str) -> None:
    (project.folder / "__main__.py").write_text(text, encoding="utf-8")


def test_a_program_and_its_provider_run(tiny: Project) -> None:
    done = tiny.up("dev").checked()
    assert list(done.steps.values()).count("create") == 3  # with stack and provider
    state = tiny.export("dev")["deployment"]["resources"]
    assert state[0]["outputs"] == {"id": "made", "stack": "dev"}
    assert "warning" not in done.output


def test_a_policy_pack_stops_what_it_forbids(tiny: Project) -> None:
    pack = ("--policy-pack", "pack")
    tiny.preview("dev", *pack).checked()
    refused = tiny.preview("dev", *pack, "--config", "tiny:size=3")
    assert refused.code != 0
    assert ["too large" in found["message"] for found in refused.violations] == [True]


def test_a_preview_is_a_dry_run_and_an_update_is_none(tiny: Project) -> None:
    _program(tiny, "import pulumi\nprint('dry run:', pulumi.runtime.is_dry_run())\n")
    assert "dry run: True" in tiny.preview("dev").checked().output
    assert "dry run: False" in tiny.up("dev").checked().output


def test_an_error_that_was_shown_is_not_shown_twice(tiny: Project) -> None:
    _program(tiny, "raise ValueError('what went wrong')\n")
    failed = tiny.preview("dev")
    assert failed.code != 0
    shown = [text for text in failed.diagnostics if "what went wrong" in text]
    assert len(shown) == 1
    assert "non-zero exit code" not in failed.output


def test_a_program_s_own_exit_code_is_an_error(tiny: Project) -> None:
    _program(tiny, "import sys\nsys.exit(7)\n")
    failed = tiny.preview("dev")
    assert failed.code != 0
    assert "program exited with non-zero exit code: 7" in failed.output


def test_secret_configuration_is_secret_to_the_program(tiny: Project) -> None:
    tiny.pulumi("stack", "init", "dev")
    tiny.pulumi("config", "set", "--secret", "--stack", "dev", "tiny:word", "open-sesame").checked()
    _program(
        tiny,
        "import pulumi\npulumi.export('word', pulumi.Config('tiny').require_secret('word'))\n",
    )
    done = tiny.up("dev").checked()
    assert "[secret]" in done.output
    assert "open-sesame" not in done.output


def _interrupt(process: subprocess.Popen[str], marker: Path) -> tuple[float, Ran]:
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    assert marker.exists()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    return time.monotonic() - began, Ran(process.returncode, stdout, stderr)


def test_an_interrupted_preview_ends_soon_and_quietly(tiny: Project, tmp_path: Path) -> None:
    marker = tmp_path / "running"
    _program(tiny, f"import time\nopen({str(marker)!r}, 'w').close()\ntime.sleep(120)\n")
    tiny.pulumi("stack", "init", "dev").checked()
    process = subprocess.Popen(
        [tiny.home.bin / "pulumi", "preview", "--stack", "dev", "--non-interactive"],
        cwd=tiny.folder,
        env=tiny.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    seconds, ended = _interrupt(process, marker)
    assert ended.code != 0
    assert seconds < 5
    assert "Traceback" not in ended.output
    assert "KeyboardInterrupt" not in ended.output


@pytest.fixture
def host(
    cloud: LocalHome, toolchain: Toolchain, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], LanguageRuntimeStub]]:
    """A language host of its own, and a connection to it."""
    del toolchain
    process = subprocess.Popen(
        [cloud.bin / "pulumi-language-python", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield process, LanguageRuntimeStub(channel)
        process.kill()


def _gone(process: psutil.Process) -> None:
    """Wait until a process has ended; whose child it was may not have noticed yet."""
    deadline = time.monotonic() + 3
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


_Host = tuple[subprocess.Popen[str], LanguageRuntimeStub]


def _plugin(folder: Path, text: str) -> language_pb2.RunPluginRequest:
    folder.mkdir(exist_ok=True)
    (folder / "__main__.py").write_text(text, encoding="utf-8")
    info = language_pb2.ProgramInfo(
        root_directory=str(folder), program_directory=str(folder), entry_point="."
    )
    return language_pb2.RunPluginRequest(
        pwd=str(folder), info=info, kind="resource", args=["127.0.0.1:1"], env=["WORD=a=b"]
    )


def test_a_plugin_s_output_and_exit_code_are_streamed(host: _Host, tmp_path: Path) -> None:
    text = (
        "import os, sys\n"
        "print(sys.argv[1:], os.environ['WORD'], flush=True)\n"
        "sys.stderr.write('oh')\n"
        "sys.exit(3)\n"
    )
    answers = list(host[1].RunPlugin(_plugin(tmp_path / "p", text)))
    assert b"".join(answer.stdout for answer in answers) == b"['127.0.0.1:1'] a=b\n"
    assert b"".join(answer.stderr for answer in answers) == b"oh"
    assert answers[-1].exitcode == 3


def test_a_plugin_ends_when_the_engine_no_longer_wants_it(host: _Host, tmp_path: Path) -> None:
    text = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(120)\n"
    call = host[1].RunPlugin(_plugin(tmp_path / "p", text))
    plugin = psutil.Process(int(next(iter(call)).stdout))
    call.cancel()
    _gone(plugin)


def test_an_interrupted_engine_s_provider_may_finish_what_it_is_at(
    host: _Host, tmp_path: Path
) -> None:
    marker = tmp_path / "go on"
    text = (
        "import pathlib, time\n"
        "print('begun', end='')\n"
        f"while not pathlib.Path({str(marker)!r}).exists(): time.sleep(0.02)\n"
        "print('done', end='')\n"
    )
    call = iter(host[1].RunPlugin(_plugin(tmp_path / "p", text)))
    assert next(call).stdout == b"begun"
    host[1].Cancel(Empty())
    marker.touch()
    assert b"".join(answer.stdout for answer in call) == b"done"


def test_sigint_ends_it_and_what_it_runs_at_once_and_quietly(host: _Host, tmp_path: Path) -> None:
    process, stub = host
    text = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(120)\n"
    call = stub.RunPlugin(_plugin(tmp_path / "p", text))
    plugin = psutil.Process(int(next(iter(call)).stdout))
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=3) == 0  # a tenth of it on a machine that is free
    _gone(plugin)
    assert process.stderr is not None
    assert process.stderr.read() == ""


def _about(host: _Host, root: Path, virtualenv: str) -> str:
    info = language_pb2.ProgramInfo(root_directory=str(root))
    info.options.update({"virtualenv": virtualenv})
    return host[1].About(language_pb2.AboutRequest(info=info)).executable


def test_the_virtualenv_that_is_named_is_used(host: _Host, tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    named = tmp_path / "venv" / "bin" / "python"
    named.symlink_to(sys.executable)
    assert _about(host, tmp_path, "venv") == str(named)


def test_a_virtualenv_that_is_not_there_is_refused(host: _Host, tmp_path: Path) -> None:
    with pytest.raises(grpc.RpcError, match="`missing` is not there; run `make setup`"):
        _about(host, tmp_path, "missing")


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """An engine that is killed outright sends no signal."""
    launcher = tmp_path / "launcher"
    script = (
        "import subprocess, sys\n"
        f"command = ['-m', 'local.host', '--exec', {str(launcher)!r}, 'engine']\n"
        "host = subprocess.Popen([sys.executable, *command])\n"
        "print(host.pid, flush=True)\n"
        "host.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as engine:
        assert engine.stdout
        host = psutil.Process(int(engine.stdout.readline()))
        engine.stdout.readline()  # its port: it serves
        engine.kill()
    _gone(host)


def test_it_does_without_the_sdk_s_own_import(cloud: LocalHome) -> None:
    script = "import sys\nimport local.host.protocol\nprint('pulumi.resource' in sys.modules)\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=cloud.root
    )
    assert done.stdout == "False\n"
