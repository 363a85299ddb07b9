"""A stand-in for the `pulumi-resource-aws` plugin that serves the local cloud only."""

from typing import Final

PLUGIN_VERSION: Final = "7.51.1"
"""The version of pulumi-aws whose types it serves."""
