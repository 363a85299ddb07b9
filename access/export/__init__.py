"""AWS's own exports of accounts, put together into the world that a proof is about."""

from access.export.assemble import world
from access.export.errors import ExportInvalidError, ExportProblem
from access.export.text import Source

__all__ = ["ExportInvalidError", "ExportProblem", "Source", "world"]
