"""Create, read, update and delete for every type alike; the tables say what is particular."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.aws import documents
from local.aws.checks import default_inputs
from local.aws.cloud import Cloud
from local.aws.differences import all_tags
from local.aws.errors import GONE, AwsError, ConfigurationError, ResourceMissingError, StandInError
from local.aws.table import Kind, Resource, Values
from local.aws.wire import UNKNOWN


class OperationError(StandInError):
    """An operation on one resource failed; says which, and AWS's reason."""


class PartialError(OperationError):
    """A resource is there, but not all that was wanted of it."""

    def __init__(self, reason: object, identifier: str, outputs: Values, inputs: Values) -> None:
        super().__init__(str(reason))
        self.identifier = identifier
        self.outputs = outputs
        self.inputs = inputs


@dataclass(frozen=True, slots=True)
class Found:
    """A resource as it is."""

    id: str
    outputs: dict[str, Any]


def preview_create(
    resource: Resource, inputs: Values, default_tags: Mapping[str, str]
) -> dict[str, Any]:
    """Return the outputs as far as they are known before the resource exists."""
    outputs = dict.fromkeys(("id", *resource.outputs), UNKNOWN) | _known(inputs)
    for one in resource.properties:
        if one.computed:
            outputs.setdefault(one.name, UNKNOWN)
    if resource.tagged:
        outputs["tagsAll"] = all_tags(inputs, default_tags)
    return outputs


def preview_update(
    resource: Resource, state: Values, inputs: Values, default_tags: Mapping[str, str]
) -> dict[str, Any]:
    """Return the state with the inputs that would be set; what is computed stays."""
    kept = {
        name: value
        for name, value in state.items()
        if (one := resource.input(name)) is None or one.computed
    }
    outputs = kept | _known(inputs)
    if resource.tagged:
        outputs["tagsAll"] = all_tags(inputs, default_tags)
    return outputs


def create(resource: Resource, cloud: Cloud, inputs: Values) -> Found:
    """Create the resource and return it as AWS has it."""
    wanted = _with_all_tags(resource, cloud, inputs)
    with _saying(f"creating {resource.title} ({_label(inputs)})"):
        identifier = resource.create(cloud, wanted)
    try:
        with _saying(f"creating {resource.title} ({identifier})"):
            resource.finish(cloud, identifier, wanted)
        return _read_back(resource, cloud, identifier, wanted)
    except StandInError as error:
        # The engine must know of what exists by now, or the next run creates it again.
        raise PartialError(error, identifier, {"id": identifier} | wanted, inputs) from error


def read(resource: Resource, cloud: Cloud, identifier: str, state: Values) -> Found | None:
    """Return the resource as AWS has it, or None when it is not there."""
    if not state and not resource.importable:
        raise OperationError(f"{resource.title} doesn't support import")
    with _saying(f"reading {resource.title} ({identifier})"):
        try:
            found = resource.read(cloud, identifier, state)
        except AwsError as error:
            if error.code not in GONE:
                raise
            found = None
    if found is None:
        return None
    return Found(identifier, _outputs(resource, cloud, identifier, state, found))


def update(
    resource: Resource, cloud: Cloud, identifier: str, state: Values, inputs: Values
) -> Found:
    """Change the resource from `state` to `inputs` and return it as AWS has it."""
    wanted = _with_all_tags(resource, cloud, inputs)
    with _saying(f"updating {resource.title} ({identifier})"):
        resource.update(cloud, identifier, state, wanted)
    return _read_back(resource, cloud, identifier, wanted)


def delete(resource: Resource, cloud: Cloud, identifier: str, state: Values) -> None:
    """Delete the resource; that it is gone already is no error."""
    with _saying(f"deleting {resource.title} ({identifier})"):
        try:
            resource.delete(cloud, identifier, state)
        except AwsError as error:
            if error.code not in GONE:
                raise


def inputs_of(resource: Resource, found: Found, old_inputs: Values) -> dict[str, Any]:
    """Return the inputs that a program would need to give for what was found.

    After a refresh those it gave before, as they are now; after an import all that are not default.
    """
    inputs: dict[str, Any] = {}
    for one in resource.properties:
        value = found.outputs.get(one.name)
        if one.name in old_inputs or (
            not old_inputs and value not in (None, "", [], {}, one.default)
        ):
            inputs[one.name] = value
    return inputs | {name: value for name, value in old_inputs.items() if name.startswith("__")}


def _read_back(resource: Resource, cloud: Cloud, identifier: str, state: Values) -> Found:
    found = read(resource, cloud, identifier, state)
    if found is None:
        raise ResourceMissingError(resource.title, identifier)
    return found


def _outputs(
    resource: Resource, cloud: Cloud, identifier: str, state: Values, found: dict[str, Any]
) -> dict[str, Any]:
    """Complete what AWS said with what only the plugin knows."""
    outputs: dict[str, Any] = {"id": identifier} | found
    for one in resource.properties:
        if one.local and one.name not in outputs:
            outputs[one.name] = state.get(one.name, default_inputs(resource).get(one.name))
        if one.kind is Kind.POLICY and one.name in outputs:
            outputs[one.name] = _document(outputs[one.name], state.get(one.name))
    if resource.tagged:
        outputs["tags"] = _own_tags(outputs["tagsAll"], cloud.default_tags, state.get("tags"))
    return {name: value for name, value in outputs.items() if value is not None}


def _document(text: object, known: object) -> object:
    """Return the document as the program wrote it when AWS's means the same."""
    if not isinstance(text, str) or not text:
        return text
    if isinstance(known, str) and documents.equal(known, text):
        return known
    try:
        return documents.compact(documents.parse(text))
    except ValueError:
        return text


def _own_tags(
    found: Mapping[str, str], default_tags: Mapping[str, str], known: Values | None
) -> dict[str, str]:
    return {
        key: value
        for key, value in found.items()
        if default_tags.get(key) != value or key in (known or {})
    }


def _with_all_tags(resource: Resource, cloud: Cloud, inputs: Values) -> dict[str, Any]:
    wanted = _known(inputs)
    if resource.tagged:
        wanted["tagsAll"] = all_tags(inputs, cloud.default_tags)
    return wanted


def _known(inputs: Values) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def _label(inputs: Values) -> str:
    names = ("name", "roleName", "groupName", "userName", "role", "group", "user", "namePrefix")
    return next((str(inputs[name]) for name in names if inputs.get(name)), "")


@contextmanager
def _saying(what: str) -> Generator[None]:
    try:
        yield
    except (AwsError, ConfigurationError) as error:
        raise OperationError(f"{what}: {error}") from error
