"""What the stacks' configuration files say: `Pulumi.<account>.yaml`."""

from pathlib import Path
from typing import Any

import yaml


def profile_of(account: str, project: Path) -> str | None:
    """The AWS profile of an account's stack; None for credentials as boto3 finds them."""
    file = project / f"Pulumi.{account}.yaml"
    if not file.exists():
        return None
    said: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    config: dict[str, Any] = said.get("config") or {}
    return config.get("aws:profile")
