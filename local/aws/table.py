"""The form of the tables: a resource type's properties, and the calls that carry it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from local.aws.rules import Rule

if TYPE_CHECKING:
    from local.aws.cloud import Cloud

Values = Mapping[str, Any]
"""Properties by their names in the schema (camelCase)."""


class Kind(Enum):
    """What a property holds."""

    TEXT = "text"
    POLICY = "a policy document"
    INTEGER = "a whole number"
    FLAG = "true or false"
    SET = "a list of texts"
    TAGS = "a map of texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One input of a resource type."""

    name: str
    kind: Kind = Kind.TEXT
    shape: str | None = None
    """Where botocore's model says what it may hold; of a set, what each element may hold."""
    rules: tuple[Rule, ...] = ()
    required: bool = False
    default: Any = None
    force_new: bool = False
    computed: bool = False
    """When it is not given, AWS or the plugin decides, and what was decided is no difference."""
    local: bool = False
    """Known to the plugin only: AWS is never asked for it."""
    autoname: bool = False
    """When it is not given, it is made from the resource's name in the program."""


def _nothing(_: "Cloud", __: str, ___: Values) -> None:
    """Do nothing more: the first call made the resource complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource type: its table, and how it is created, read, updated and deleted."""

    type: str
    """Its token, as pulumi-aws has it."""
    title: str
    properties: tuple[Property, ...]
    outputs: tuple[str, ...] = ()
    """Computed properties besides `id` and the inputs."""
    unsupported: tuple[str, ...] = ()
    """Inputs of the official plugin that this one does not serve, and says so."""
    conflicts: tuple[tuple[str, str], ...] = ()
    importable: bool = True
    delete_first: bool = False
    """Whether a replacement is made only once the old one is gone."""
    create: "Callable[[Cloud, Values], str]"
    """Returns the new resource's id."""
    finish: "Callable[[Cloud, str, Values], None]" = _nothing
    """What creation takes beyond the first call; when it fails, the resource is there already."""
    read: "Callable[[Cloud, str, Values], dict[str, Any] | None]"
    """Returns what AWS has, or None; the values are the last known state, empty on import."""
    update: "Callable[[Cloud, str, Values, Values], None]"
    """From the old state to the new inputs."""
    delete: "Callable[[Cloud, str, Values], None]"

    def input(self, name: str) -> Property | None:
        """Return the input called `name`, if the table has it."""
        return next((one for one in self.properties if one.name == name), None)

    @property
    def tagged(self) -> bool:
        """Whether the type has tags, and with them the provider's default tags."""
        return self.input("tags") is not None
