"""Make the virtual environment from the lock file, by the standard library alone."""

import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
REMEDIES = (
    ("No space left on device", "free some disk space and run `make setup` again"),
    (
        "THESE PACKAGES DO NOT MATCH THE HASHES",
        "the package index served something else than was locked: do not go on; report it",
    ),
    ("Failed to establish a new connection", "connect to the network and run `make setup` again"),
    ("Temporary failure in name resolution", "connect to the network and run `make setup` again"),
    ("Could not find a version", "is the package index reachable, and does it have this version?"),
    ("Connection", "connect to the network and run `make setup` again"),
    ("Permission denied", "make the project's folder writable for you"),
)


def fail(what: str, remedy: str) -> None:
    """End with one message that names the remedy."""
    sys.exit(f"setup: {what}; {remedy}")


def make_environment(folder: Path) -> Path:
    """Create the environment, or keep one whose pip works; return its Python."""
    python = folder / "bin" / "python"
    works = python.exists() and _quiet(python, "-m", "pip", "--version")
    if not works:
        print(f"setup: making {folder}", flush=True)
        try:
            venv.create(folder, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            fail(
                f"the virtual environment could not be made: {error}",
                "free disk space, and on Debian install python3-venv",
            )
    return python


def install(python: Path, lock: Path) -> None:
    """Install what the lock file names, hashes checked, then the project itself."""
    packages = sum(1 for line in lock.read_text("utf-8").splitlines() if line[:1].isalnum())
    print(f"setup: installing {packages} locked packages", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--no-input"]
    _run([*pip, "--require-hashes", "-r", str(lock)], packages)
    _run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], 1)


def _run(command: list[str], packages: int) -> None:
    """Run pip; show how far it is; on failure end with the cause and the remedy."""
    tail: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        for line in child.stdout or ():
            tail = [*tail[-40:], line.rstrip()]
            if line.startswith("Collecting "):
                seen += 1
                _progress(f"setup: {seen}/{packages} {line.split()[1][:50]}")
            elif line.startswith("Installing collected packages"):
                _progress("setup: unpacking")
    _progress("")
    if child.returncode == 0:
        return
    text = "\n".join(tail)
    remedy = next((remedy for sign, remedy in REMEDIES if sign in text), "see pip's words above")
    errors = [line for line in tail if "ERROR" in line or "error:" in line] or tail[-5:]
    print("\n".join(errors[-5:]), file=sys.stderr)
    fail("the locked packages could not be installed", remedy)


def _progress(text: str) -> None:
    """Show one changing line on a terminal, nothing in a log."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def _quiet(*command: str | Path) -> bool:
    """Whether the command ends well."""
    return (
        subprocess.run([str(part) for part in command], check=False, capture_output=True).returncode
        == 0
    )


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        fail(
            f"Python {found} is too old",
            "install Python 3.11 or newer, or run `make PYTHON=python3.11 …`",
        )
    install(make_environment(Path(sys.argv[1])), Path(sys.argv[2]))
