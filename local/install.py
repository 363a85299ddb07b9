"""Put the tools of a local cloud in place: the engine, its language host and its AWS provider."""

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from local.cache import locked, write_atomically
from local.engine_build import Engine, find_or_build
from local.evaluator_install import Evaluator, install_evaluator
from local.home import LocalHome
from local.progress import Progress


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What a local cloud runs with."""

    engine: Engine
    evaluator: Evaluator | None
    """Decides AssumeRole; None where node is missing, and then nothing is enforced."""


def install(home: LocalHome, progress: Progress) -> Toolchain:
    """Make `home` ready to use; what is there already is left as it is.

    Raises:
        LocalError: a tool is missing, a download or the build failed, or the disk is full.
    """
    engine = find_or_build(progress)
    evaluator = install_evaluator(progress)
    progress.step("putting the tools in place")
    with locked(home.lock, progress):
        home.root.chmod(0o700)
        _place_engine(home, engine)
        _place_aws_plugin(home)
    return Toolchain(engine, evaluator)


def _place_engine(home: LocalHome, engine: Engine) -> None:
    home.bin.mkdir(parents=True, exist_ok=True)
    (home.bin / ".iam-profiles").touch()
    host = home.bin / "pulumi-language-python"
    if engine.program_exec is None:
        _replace(home.bin / "pulumi", engine.pulumi, symbolic=True)
        host.unlink(missing_ok=True)
        return
    # A hard link, not a symbolic one: the engine looks for its language hosts in the folder it was
    # started from, and warns of one that it finds only on PATH.
    _replace(home.bin / "pulumi", engine.pulumi, symbolic=False)
    command = shlex.join(
        [sys.executable, "-P", "-m", "local.host", "--exec", str(engine.program_exec)]
    )
    write_atomically(host, f'#!/bin/sh\nexec {command} "$@"\n', mode=0o755)


def _replace(link: Path, target: Path, *, symbolic: bool) -> None:
    if link.exists() and link.is_symlink() == symbolic and _same(link.stat(), target.stat()):
        return
    unfinished = link.with_name(f".{link.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    if symbolic:
        unfinished.symlink_to(target)
    else:
        try:
            unfinished.hardlink_to(target)
        except OSError:  # another file system
            shutil.copy2(target, unfinished)
    unfinished.replace(link)


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    """Tell whether two files are one, or one a copy of the other."""
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _place_aws_plugin(home: LocalHome) -> None:
    from local.aws.install import write_plugin  # noqa: PLC0415

    write_plugin(home.pulumi_home, Path(sys.executable))
