"""JSON Schemas of the three kinds of file: what completes and checks them in an editor."""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from itertools import pairwise

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from iam_profiles.source.kinds import OrganizationFile, RoleFile, TeamFile
from iam_profiles.source.written import Written

_FILES: Mapping[str, tuple[str, type[Written]]] = {
    "organization.schema.json": ("profiles/organization.yaml", OrganizationFile),
    "role.schema.json": ("profiles/roles/<Role>.yaml", RoleFile),
    "team.schema.json": ("profiles/teams/<team>.yaml", TeamFile),
}


def schemas() -> dict[str, str]:
    """Return `{file name: JSON text}`, the same text for the same models; draft 2020-12."""
    return {name: _schema(title, kind) for name, (title, kind) in _FILES.items()}


def _schema(title: str, kind: type[Written]) -> str:
    schema = kind.model_json_schema(schema_generator=_Generator)
    whole = {"$schema": _Generator.schema_dialect} | schema | {"title": title}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


_ANY = core_schema.any_schema()


class _Generator(GenerateJsonSchema):
    """Pydantic's schemas, as strict as `load`: no nulls, nothing twice, keys of the right shape."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave out null: a key has a value, or is not there."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out defaults: descriptions tell them; most are None, which cannot be written."""
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse keys of another shape, which pydantic's own schema lets through."""
        return {
            "type": "object",
            "propertyNames": self.generate_inner(schema.get("keys_schema", _ANY)),
            "additionalProperties": self.generate_inner(schema.get("values_schema", _ANY)),
        }

    def tuple_schema(self, schema: core_schema.TupleSchema) -> JsonSchemaValue:
        """Refuse lists that say the same thing twice."""
        return super().tuple_schema(schema) | {"uniqueItems": True}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Describe each key by the text that stands below its field."""
        made = super().model_schema(schema)
        described = _descriptions(schema["cls"])
        for key, value in made.get("properties", {}).items():
            if key in described:
                value["description"] = described[key]
        return made

    def field_title_should_be_set(self, schema: object) -> bool:
        """Leave out titles that only repeat the key."""
        del schema
        return False


def _descriptions(kind: type[BaseModel]) -> dict[str, str]:
    """Return `{key: text}` from the strings that stand below the fields of a class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    [body] = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    texts = {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
    return {
        field.alias or name: texts[name]
        for name, field in kind.model_fields.items()
        if name in texts
    }
