"""The engine's language protocol, from the SDK's own messages but without the SDK.

Importing `pulumi` takes three times as long as all else that the language host does, and it starts
anew with every command; so its packages are stood for by empty ones that only say where they lie.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _stand_for(package: str, folder: Path) -> None:
    module = ModuleType(package)
    module.__path__ = [str(folder)]
    sys.modules[package] = module


_found = importlib.util.find_spec("pulumi")
if _found is None or _found.origin is None:
    sys.exit("the Pulumi SDK is not installed; run `make setup`")
if "pulumi" not in sys.modules:
    _root = Path(_found.origin).parent
    _stand_for("pulumi", _root)
    _stand_for("pulumi.runtime", _root / "runtime")

from pulumi.runtime.proto import language_pb2, plugin_pb2  # noqa: E402 - the stand-ins come first
from pulumi.runtime.proto.language_pb2_grpc import (  # noqa: E402 - likewise
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
)

__all__ = [
    "LanguageRuntimeServicer",
    "add_LanguageRuntimeServicer_to_server",
    "language_pb2",
    "plugin_pb2",
]
