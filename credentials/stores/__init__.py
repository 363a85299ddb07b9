"""Secrets stores by configuration; a store's own library is loaded when that store is opened."""

import os
from collections.abc import Callable
from typing import Any

from credentials.store import Store, StoredKey
from credentials.stores.config import Config, problems
from credentials.stores.errors import StoreConfigError
from iam_profiles.names import Arn

Clients = Callable[[str], Any]
"""Makes boto3's or botocore's client of a service, such as `ssm`, for the state account."""


def open_store(config: Config, clients: Clients) -> Store:
    """The store that a configuration names; see `credentials.stores.config` for its fields.

    Raises:
        StoreConfigError: Everything that is wrong with the configuration.
        InsecureAddressError: `VAULT_ADDR` is not encrypted.
    """
    if found := problems(config):
        raise StoreConfigError(found)
    match config["kind"]:
        case "aws-secrets-manager":
            from credentials.secrets_manager import SecretsManagerStore  # noqa: PLC0415 - loads botocore

            return SecretsManagerStore(clients("secretsmanager"), config["name"])
        case "aws-ssm-parameter-store":
            return _parameter_store(config, clients)
        case "vault":
            return _vault(config)
        case _:
            return _exec(config)


def current_key(store: Store) -> StoredKey | None:
    """The key that a store gives out, with its secret, in as few calls as the store allows."""
    from credentials.stores.document_store import DocumentStore  # noqa: PLC0415 - as the others

    if isinstance(store, DocumentStore):
        return store.current()
    current = store.read().current
    return store.fetch(current) if current and current.access_key_id else None


def discard(store: Store) -> None:
    """Delete what is kept of a user without a key; a secret is a resource, and deleted as one."""
    from credentials.stores.document_store import DocumentStore  # noqa: PLC0415 - as the others

    if isinstance(store, DocumentStore):
        store.discard()


def _parameter_store(config: Config, clients: Clients) -> Store:
    from credentials.stores.document_store import DocumentStore  # noqa: PLC0415 - as the others
    from credentials.stores.parameter_store import ParameterPlace  # noqa: PLC0415 - loads botocore

    path = f"/{config['name']}"
    key = config.get("kms_key")
    return DocumentStore(ParameterPlace(clients("ssm"), path, Arn(config["arn"]), kms_key=key))


def _vault(config: Config) -> Store:
    from credentials.stores.document_store import DocumentStore  # noqa: PLC0415 - as the others
    from credentials.stores.vault import VaultPlace, connect  # noqa: PLC0415 - loads hvac

    client = connect(config.get("address"), config.get("namespace"))
    return DocumentStore(VaultPlace(client, config["mount"], config["name"]))


def _exec(config: Config) -> Store:
    from credentials.stores.command import CommandPlace, Commands, lock_folder  # noqa: PLC0415 - lazy
    from credentials.stores.document_store import DocumentStore  # noqa: PLC0415 - as the others

    lines = {
        name: tuple(config[name])
        for name in ("read", "write", "delete", "create")
        if name in config
    }
    more = {"timeout_seconds": config["timeout_seconds"]} if "timeout_seconds" in config else {}
    commands = Commands(**lines, **more, absent=config["absent"])
    return DocumentStore(CommandPlace(commands, config["name"], lock_folder(os.environ)))


__all__ = ["Clients", "Config", "current_key", "discard", "open_store", "problems"]
