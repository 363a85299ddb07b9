"""Puts the stand-in into a plugin cache, where the engine takes it for the official plugin."""

import shlex
from pathlib import Path

from local.aws import PLUGIN_VERSION
from local.cache import write_atomically

PLUGIN = f"resource-aws-v{PLUGIN_VERSION}"
"""The plugin's folder in a cache."""


def write_plugin(pulumi_home: Path, python: Path) -> Path:
    """Write the plugin's executable under `pulumi_home` and return it; `python` runs it."""
    script = pulumi_home / "plugins" / PLUGIN / "pulumi-resource-aws"
    # Isolated (-I): neither the program's folder nor PYTHONPATH can put another `local` before it.
    # `python` stays a path into its environment: resolving the link would leave the environment.
    command = shlex.join([str(python.absolute()), "-I", "-m", "local.aws"])
    write_atomically(script, f'#!/bin/sh\nexec {command} "$@"\n', mode=0o755)
    return script
