"""Build hook: the package's dependencies are the lines of requirements/runtime.in."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class CustomMetadataHook(MetadataHookInterface):
    """Read the runtime requirements, so that they are written in one place."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill `dependencies` from the requirement lines, without comments."""
        lines = (Path(self.root) / "requirements" / "runtime.in").read_text("utf-8").splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]
