"""A Pulumi program that registers what resources.json says: a test's world, for the real engine."""

import json
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_aws as aws

declared = json.loads(Path(__file__).with_name("resources.json").read_text("utf-8"))


class Registered(pulumi.CustomResource):
    """A resource of any type."""


provider = aws.Provider(
    declared["stack"],
    region="eu-west-1",
    profile=f"iam-profiles-{declared['stack']}",
    allowed_account_ids=[declared["pinned"]],
)
options = pulumi.ResourceOptions(provider=provider)
# What it will be called, AWS says when it is made: to a preview it is unknown.
unknown = aws.secretsmanager.Secret("unknown", name="unknown", opts=options).id


def filled(value: Any) -> Any:
    """Put unknown outputs where they are meant to be."""
    if isinstance(value, dict):
        if value == {"$unknown": True}:
            return unknown
        if "$of" in value:
            return made["aws:kms/key:Key", value["$of"]].id
        return {key: filled(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [filled(item) for item in cast("list[Any]", value)]
    return value


made: dict[tuple[str, str], Registered] = {}
for type_, name, inputs in declared["resources"]:
    made[type_, name] = Registered(type_, name, filled(inputs), options)
for key, value in declared["outputs"].items():
    pulumi.export(key, filled(value))
