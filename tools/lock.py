"""Resolve requirements/*.in into locks with hashes, for every platform and Python from 3.11 on."""

import subprocess
import sys
import tempfile
from pathlib import Path

UV = "uv==0.13.9"
FOLDER = Path(__file__).resolve().parent.parent / "requirements"


def lock() -> None:
    """Write the lock of each .in file; uv is installed for this alone, into a temporary folder."""
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", scratch, UV]
        subprocess.run(pip, check=True)
        for source in sorted(FOLDER.glob("*.in")):
            print(f"lock: {source.name}", flush=True)
            subprocess.run(
                [
                    f"{scratch}/bin/uv",
                    "pip",
                    "compile",
                    "--quiet",
                    "--universal",
                    "--python-version",
                    "3.11",
                    "--generate-hashes",
                    "--no-annotate",
                    "--no-header",
                    "--output-file",
                    f"{source.stem}.lock",
                    source.name,
                ],
                check=True,
                cwd=FOLDER,
            )


if __name__ == "__main__":
    lock()
