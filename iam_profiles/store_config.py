"""Where each service user's key is kept: what opens its store, and which ARN it is read by."""

from collections.abc import Mapping
from typing import Any, Final, cast

from iam_profiles.model import Organization, ParameterStore
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.paths import (
    parameter_arn,
    secret_name,
    secret_pattern,
    state_account,
    store_key_alias,
)

StoreConfig = Mapping[str, Any]
"""What `credentials.stores` opens: `{"kind": …, "name": …, …}`, in JSON's types, no secret."""

EARLIER: Final = "secretName"
"""What a key's state of an earlier version has in place of `store`: a secret's name."""

_OF_ALL = {"prefix", "recovery_window_days", "keepers", "customer_key"}
"""What holds for a store as a whole, and opens none."""


def store_config(
    organization: Organization, identity_class: IdentityClass, user: UserName
) -> StoreConfig:
    """Return the configuration of one user's store."""
    store = organization.secrets_store
    name = secret_name(organization, identity_class, user)
    config = store.model_dump(mode="json", exclude=_OF_ALL, exclude_none=True) | {"name": name}
    if isinstance(store, ParameterStore):
        account = state_account(organization).id
        if store.customer_key:
            config["kms_key"] = store_key_alias(organization, identity_class)
        config["arn"] = parameter_arn(organization.partition, organization.region, account, name)
    return config


def declared_store(inputs: Mapping[str, object]) -> StoreConfig | None:
    """Return which store a key's inputs name, whichever version wrote them; None if unknown."""
    store, earlier = inputs.get("store"), inputs.get(EARLIER)
    if store is None and isinstance(earlier, str):
        return {"kind": "aws-secrets-manager", "name": earlier}
    found: StoreConfig = cast("StoreConfig", store) if isinstance(store, Mapping) else {}
    return found if all(isinstance(found.get(one), str) for one in ("kind", "name")) else None


def stored_at(config: StoreConfig, partition: str, region: str, account: str) -> tuple[str, ...]:
    """Return the ARNs, or patterns, by which AWS lets the key be read; none outside AWS.

    Whoever may list a path of Parameter Store gets what is anywhere below it. Who reads Vault, or
    what a command line tool keeps, no policy of AWS's says.

    Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    place, name = (partition, region, account), str(config.get("name"))
    match config.get("kind"):
        case "aws-secrets-manager":
            return (secret_pattern(*place, name),)
        case "aws-ssm-parameter-store":
            levels = name.split("/")
            paths = ("/".join(levels[:count]) for count in range(len(levels) + 1))
            return (parameter_arn(*place, f"{name}/*"), *(parameter_arn(*place, p) for p in paths))
        case _:
            return ()
