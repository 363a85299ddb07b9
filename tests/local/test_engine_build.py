"""The engine is taken from PATH or built once; what stands in the way has a name and a remedy."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.cache import cached, locked
from local.command import run_logged
from local.engine_build import VERSION, find_or_build
from local.errors import BuildError, DiskFullError, NetworkError, ToolMissingError
from local.progress import Silent
from tests.local.world import program

_GO = """#!/bin/sh
echo "$*" >> "{log}"
case "$1 $2" in
"env GOVERSION") echo go{version} ;;
"list -deps") {list} ;;
"build -v") while [ "$1" != -o ]; do shift; done; out="$2"; {build} ;;
"mod download") echo '{{"Dir": "{sdk}"}}' ;;
esac
"""


class Steps:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.updates: list[tuple[int, int]] = []

    def step(self, text: str, /) -> None:
        self.steps.append(text)

    def update(self, done: int, total: int, /) -> None:
        self.updates.append((done, total))


@pytest.fixture
def go(folder: Path) -> Callable[..., list[str]]:
    """Put a `go` on PATH that does as told; return what it has been asked to do."""

    def put(**behaviour: str) -> list[str]:
        defaults = {
            "version": "1.26.0",
            "list": "echo 'go: downloading example.com/a v1.0.0' >&2; echo fmt; echo os",
            "build": 'echo fmt >&2; echo os >&2; echo engine > "$out"',
        }
        text = _GO.format(log=folder / "asked", sdk=folder / "sdk", **{**defaults, **behaviour})
        program(folder / "bin" / "go", text)
        return []

    return put


def _asked(folder: Path, what: str) -> int:
    log = folder / "asked"
    return log.read_text(encoding="utf-8").count(what) if log.exists() else 0


def _leftovers(folder: Path) -> list[str]:
    """Return the entries that there are, finished or not."""
    names = [path.name for path in (folder / "cache").iterdir()]
    return [name for name in names if name.startswith("engine-") or name.endswith("unfinished")]


def test_it_is_built_once_and_then_taken_from_the_cache(
    folder: Path, go: Callable[..., object]
) -> None:
    go()
    progress = Steps()
    first = find_or_build(progress)
    second = find_or_build(progress)
    assert first == second
    assert first.pulumi.read_text(encoding="utf-8") == "engine\n"
    assert first.program_exec is not None
    assert first.program_exec.read_text(encoding="utf-8") == "# exec"
    assert _asked(folder, "build -v") == 1


def test_its_progress_counts_modules_and_packages(go: Callable[..., object]) -> None:
    go()
    progress = Steps()
    find_or_build(progress)
    assert [step.split(" (")[0] for step in progress.steps] == [
        "downloading the Pulumi engine's Go modules",
        f"building the Pulumi engine {VERSION}",
    ]
    assert progress.updates[0][0] == 1
    assert progress.updates[-2:] == [(2, 2), (2, 2)]


def test_no_go_is_named(folder: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"install Go 1\.25"):
        find_or_build(Silent())
    assert _leftovers(folder) == []


@pytest.mark.parametrize("version", ["1.24.9", "1.25.10", "1.9", ""])
def test_a_go_that_is_too_old_is_named(go: Callable[..., object], version: str) -> None:
    go(version=version)
    with pytest.raises(ToolMissingError, match=r"the engine needs 1\.25"):
        find_or_build(Silent())


@pytest.mark.parametrize(
    "said",
    [
        "go: example.com/a@v1.0.0: Get https://proxy.invalid/: dial tcp: lookup proxy.invalid",
        "dial tcp 10.0.0.1:443: i/o timeout",
        "module lookup disabled by GOPROXY",
    ],
)
def test_no_network_is_named(folder: Path, go: Callable[..., object], said: str) -> None:
    go(list=f"echo '{said}' >&2; exit 1")
    with pytest.raises(NetworkError, match="check the network"):
        find_or_build(Silent())
    assert _leftovers(folder) == []


def test_a_full_disk_is_named_with_where_it_is(folder: Path, go: Callable[..., object]) -> None:
    go(build="echo 'write /big/go-build/x: no space left on device' >&2; exit 1")
    with pytest.raises(DiskFullError, match=r"`/big/go-build/x`.*free about"):
        find_or_build(Silent())
    assert _leftovers(folder) == []


def _full(_: object) -> SimpleNamespace:
    return SimpleNamespace(free=0)


def test_a_full_disk_that_go_says_nothing_of_is_named(
    go: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    go(list="echo 'alg.go:9:2: package internal/abi is not in std' >&2; exit 1")
    monkeypatch.setattr(shutil, "disk_usage", _full)
    with pytest.raises(DiskFullError, match="no space left"):
        find_or_build(Silent())


def test_a_failure_is_told_by_what_is_no_progress(go: Callable[..., object]) -> None:
    go(list="echo 'alg.go:9:2: something is wrong'; echo fmt; exit 1")
    with pytest.raises(BuildError, match="something is wrong"):
        find_or_build(Silent())


def test_a_disk_that_fills_while_we_write_is_named_too(folder: Path) -> None:
    def make(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFullError, match=str(folder / "cache")):
        cached("engine-x", make, Silent())
    assert _leftovers(folder) == []


def test_a_compiler_s_failure_keeps_its_log_and_names_it(
    folder: Path, go: Callable[..., object]
) -> None:
    go(build="echo '# example.com/a' >&2; echo 'a.go:1:1: undefined: x' >&2; exit 2")
    with pytest.raises(BuildError, match="undefined: x") as failed:
        find_or_build(Silent())
    assert failed.value.log.is_relative_to(folder / "cache")
    assert "a.go:1:1: undefined: x" in failed.value.log.read_text(encoding="utf-8")
    assert _leftovers(folder) == []


def test_a_module_that_is_not_the_pinned_one_is_no_network_trouble(
    go: Callable[..., object],
) -> None:
    go(list="echo 'verifying example.com/a@v1.0.0: checksum mismatch' >&2; exit 1")
    with pytest.raises(BuildError, match="checksum mismatch"):
        find_or_build(Silent())


_BUILD = """
from local.engine_build import find_or_build
from local.progress import Silent
print(find_or_build(Silent()).pulumi)
"""


def test_a_build_that_is_killed_leaves_nothing_half_written(
    folder: Path, go: Callable[..., object]
) -> None:
    go(build='echo half > "$out"; touch started; sleep 60'.replace("started", str(folder / "up")))
    builder = subprocess.Popen([sys.executable, "-c", _BUILD], start_new_session=True)
    deadline = time.monotonic() + 30
    while not (folder / "up").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(builder.pid, signal.SIGKILL)
    builder.wait(timeout=10)
    assert not [name for name in _leftovers(folder) if not name.endswith("unfinished")]
    go()
    assert find_or_build(Silent()).pulumi.read_text(encoding="utf-8") == "engine\n"
    assert [name for name in _leftovers(folder) if name.endswith("unfinished")] == []


def test_an_interrupt_ends_the_build_and_leaves_nothing(
    folder: Path, go: Callable[..., object]
) -> None:
    go(build=f'echo half > "$out"; touch {folder / "up"}; exec sleep 60')
    builder = subprocess.Popen(
        [sys.executable, "-c", _BUILD], start_new_session=True, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while not (folder / "up").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    builder.send_signal(signal.SIGINT)
    builder.wait(timeout=10)
    assert _leftovers(folder) == []


def test_two_processes_at_once_build_one_engine(folder: Path, go: Callable[..., object]) -> None:
    go(build='sleep 0.5; echo engine > "$out"')
    builders = [
        subprocess.Popen([sys.executable, "-c", _BUILD], stdout=subprocess.PIPE) for _ in range(2)
    ]
    found = {builder.communicate(timeout=60)[0] for builder in builders}
    assert len(found) == 1
    assert _asked(folder, "build -v") == 1


def test_who_waits_for_another_process_says_so(folder: Path) -> None:
    held = folder / "lock"
    script = "import fcntl, sys, time; file = open(sys.argv[1], 'w'); "
    script += "fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); time.sleep(0.3)"
    progress = Steps()
    with subprocess.Popen([sys.executable, "-c", script, held], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with locked(held, progress):
            pass
    assert progress.steps == ["waiting for another process that does the same"]


def _pulumi(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    program(path, f"#!/bin/sh\necho {version}\n")
    return path


def test_an_official_engine_on_path_is_used_with_its_own_language_host(folder: Path) -> None:
    pulumi = _pulumi(folder / "bin" / "pulumi", "v3.251.1")
    program(folder / "bin" / "pulumi-language-python", "#!/bin/sh\n")
    found = find_or_build(Silent())
    assert (found.pulumi, found.version, found.program_exec) == (pulumi, "3.251.1", None)


def test_an_engine_without_a_language_host_gets_the_sdk_s_launcher(
    folder: Path, go: Callable[..., object]
) -> None:
    pulumi = _pulumi(folder / "bin" / "pulumi", "v3.250.0")
    go()
    found = find_or_build(Silent())
    assert found.pulumi == pulumi
    assert found.program_exec is not None
    assert found.program_exec.is_file()
    assert _asked(folder, "build -v") == 0


@pytest.mark.parametrize("version", ["v3.249.9", "v2.300.0", "nonsense", ""])
def test_an_engine_that_is_too_old_is_not_used(
    folder: Path, go: Callable[..., object], version: str
) -> None:
    pulumi = _pulumi(folder / "bin" / "pulumi", version)
    go()
    assert find_or_build(Silent()).pulumi != pulumi


def test_a_local_cloud_s_own_link_is_not_taken_for_an_official_engine(
    folder: Path, go: Callable[..., object]
) -> None:
    own = _pulumi(folder / "bin" / "pulumi", "v3.250.0")
    program(folder / "bin" / "pulumi-language-python", "#!/bin/sh\n")
    (folder / "bin" / ".iam-profiles").touch()
    go()
    assert find_or_build(Silent()).pulumi != own


def test_a_command_that_says_nothing_still_has_a_failure(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no output"):
        run_logged(["false"], cwd=tmp_path, log=tmp_path / "log", what="it")
