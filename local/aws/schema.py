"""The tables as a Pulumi package schema, for the engine's import."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local.aws import PLUGIN_VERSION
from local.aws.table import Kind, Property, Resource

_TEXT = {"type": "string"}
_TYPES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: _TEXT,
    Kind.POLICY: _TEXT,
    Kind.INTEGER: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
    Kind.SET: {"type": "array", "items": _TEXT},
    Kind.TAGS: {"type": "object", "additionalProperties": _TEXT},
}


def render(resources: Iterable[Resource]) -> str:
    """Return the schema of `resources` as JSON."""
    return json.dumps(
        {
            "name": "aws",
            "version": PLUGIN_VERSION,
            "resources": {one.type: _resource(one) for one in resources},
        }
    )


def _resource(resource: Resource) -> dict[str, Any]:
    inputs = {one.name: _property(one) for one in resource.properties}
    outputs = dict.fromkeys(resource.outputs, _TEXT)
    all_tags = {"tagsAll": _TYPES[Kind.TAGS]} if resource.tagged else {}
    return {
        "inputProperties": inputs,
        "requiredInputs": [one.name for one in resource.properties if one.required],
        "properties": {**outputs, **inputs, **all_tags},
    }


def _property(one: Property) -> dict[str, Any]:
    return {**_TYPES[one.kind], "willReplaceOnChanges": one.force_new}
