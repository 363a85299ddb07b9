"""Run the examples of docs/prove.md again, and write what they print into the page."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "prove.md"
FOLDER = ROOT / "docs" / "examples" / "prove"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
DIGEST = re.compile("sha256:[0-9a-f]{64}")


def printed(command: str) -> str:
    """What the command prints; digests, which every change of the catalogue moves, left out."""
    program = [sys.executable, "-c", "import cli.main; cli.main.main()"]
    done = subprocess.run(
        [*program, *shlex.split(command)[1:]],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    return DIGEST.sub("sha256:…", done.stdout).rstrip()


def again(block: re.Match[str]) -> str:
    """The block with each command of ours followed by what it prints now."""
    if not block[1].startswith("$ iam-profiles "):
        return block[0]
    commands = [line for line in block[1].splitlines() if line.startswith("$ iam-profiles ")]
    lines = (line for command in commands for line in (command, printed(command[2:])))
    return "```console\n" + "\n".join(lines) + "\n```"


if __name__ == "__main__":
    PAGE.write_text(BLOCK.sub(again, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
