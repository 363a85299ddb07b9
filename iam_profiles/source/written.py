"""What a mapping in YAML may hold: the root of every shape that is written in `profiles/`."""

from types import NoneType
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Tag


class Written(BaseModel):
    """What a mapping in YAML may hold; nothing is converted, nothing unknown let through."""

    # A field is described by the text below it; `schema` reads that itself, since pydantic would
    # parse this file at every start.
    # Built when first used: most entries are only ever parts of a whole file.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    REMEDIES: ClassVar[dict[str, str]] = {}
    """What to do about keys that one might expect here."""
    STAND_INS: ClassVar[dict[str, Any]] = {}
    """What to go on with where a key that must be there is faulty; never part of a result."""

    def given(self) -> dict[str, Any]:
        """Return what the file says, without what it leaves to the defaults."""
        return {name: value for name, value in self if value is not None}


def present(annotation: Any) -> Any:  # noqa: ANN401 -- an annotation is any object
    """Return what is written where something is, of what may also be left out."""
    kinds = get_args(annotation)
    if NoneType not in kinds:
        return annotation
    return next(kind for kind in kinds if kind is not NoneType)


def variants(annotation: object) -> dict[str, type[Written]]:
    """Return `{tag: shape}` of what may be written in several shapes; of all else, nothing."""
    return {
        note.tag: get_args(one)[0]
        for one in get_args(annotation)
        for note in getattr(one, "__metadata__", ())
        if isinstance(note, Tag)
    }
