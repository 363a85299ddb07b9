"""One rig per store: opens it, shows what it holds, and lets a test come between its calls."""

from tests.credentials.stores.rigs.aws import (
    PARAMETERS,
    MotoSecretsManagerRig,
    MotoSsmRig,
    SecretsManagerRig,
    SsmRig,
)
from tests.credentials.stores.rigs.base import Rig
from tests.credentials.stores.rigs.tool import MemoryRig, ScriptRig
from tests.credentials.stores.rigs.vault import VaultRig

__all__ = [
    "PARAMETERS",
    "MemoryRig",
    "MotoSecretsManagerRig",
    "MotoSsmRig",
    "Rig",
    "ScriptRig",
    "SecretsManagerRig",
    "SsmRig",
    "VaultRig",
]
