"""A test's stack as the engine would have it in its checkpoint once it is deployed."""

import json
from typing import Any

from policies.checkpoint import Deployed, deployed
from tests.policies.worlds import OF, World


def resources(world: World) -> list[dict[str, Any]]:
    """The stack's resources, as the engine writes them."""
    provider = {
        "urn": world.urn("pulumi:providers:aws", world.stack),
        "custom": True,
        "id": "0a1b2c3d",
        "type": "pulumi:providers:aws",
        "inputs": {"region": "eu-west-1", "allowedAccountIds": json.dumps([world.pinned])},
    }
    root = {"urn": world.urn("pulumi:pulumi:Stack", f"iam-profiles-{world.stack}"), "custom": False}
    declared: list[dict[str, Any]] = [
        {
            "urn": world.urn(type_, name),
            "custom": True,
            "id": name,
            "type": type_,
            "inputs": {"__defaults": [], **_made(inputs)},
            "outputs": {**_made(inputs), "id": name, "keyId": name},
            "provider": f"{provider['urn']}::{provider['id']}",
        }
        for (type_, name), inputs in world.resources.items()
    ]
    return [{**root, "type": "pulumi:pulumi:Stack"}, provider, *declared]


def _made(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs, where what was made with them has its id."""
    return {
        key: value[OF] if isinstance(value, dict) and OF in value else value
        for key, value in inputs.items()
    }


def checkpoint(world: World, *, pending: list[dict[str, Any]] | None = None) -> str:
    """The checkpoint of a backend in a folder."""
    latest = {"resources": resources(world), "pending_operations": pending or []}
    stack = f"organization/iam-profiles/{world.stack}"
    return json.dumps({"version": 3, "checkpoint": {"stack": stack, "latest": latest}})


def exported(world: World) -> str:
    """What `pulumi stack export` prints."""
    return json.dumps({"version": 3, "deployment": {"resources": resources(world)}})


def as_deployed(*worlds: World) -> dict[str, Deployed | None]:
    """These stacks as deployed, and no other."""
    return {world.stack: deployed(checkpoint(world)) for world in worlds}
