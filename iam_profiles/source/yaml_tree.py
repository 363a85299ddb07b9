"""Text to a tree of YAML nodes with their lines; bounded, aliases never expanded."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml import events as ev

from iam_profiles.source.yaml_text import UnreadableError

MOST_NODES = 20_000
MOST_LEVELS = 16

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Node:
    """Where a value begins, and the tag and the anchor in front of it."""

    line: int
    tag: str | None
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Alias(Node):
    """A reference to an anchor; what it stands for is never looked up."""


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A single value; `plain` when it was written without quotes."""

    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """Keys and values in the order written; duplicate keys are all there."""

    entries: tuple[tuple[Node, Node], ...]


def parse(text: str) -> Node:
    """Return the root of the only document in the text.

    Raises:
        UnreadableError: no YAML, no document, more than one, or beyond the bounds.
    """
    # INVARIANT: events are taken one by one, so that what is too deep or too much ends the parse
    # there; an alias is an event like any other and costs nothing, however much it stands for.
    events = _events(text)
    first = next(events, None)
    if first is None:
        raise UnreadableError(0, "an empty file", "fill it in, or delete it")
    root = _node(first, events, level=1)
    if (second := next(events, None)) is not None:
        found = "a second document after `---`"
        raise UnreadableError(_line(second), found, "keep one document per file")
    return root


_AROUND = (ev.StreamStartEvent, ev.StreamEndEvent, ev.DocumentStartEvent, ev.DocumentEndEvent)


def _events(text: str) -> Iterator[ev.Event]:
    """Yield what the nodes are made of, up to the bound."""
    count = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, _AROUND):
                continue
            count += 1
            if count > MOST_NODES:
                found = f"more than {MOST_NODES} values"
                raise UnreadableError(_line(event), found, "split the file over several")
            yield event
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise UnreadableError(line, f"no valid YAML: {error.problem}", _MEND) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape beyond Unicode, say
        raise UnreadableError(0, f"no valid YAML: {error}", _MEND) from None


_MEND = "mend the syntax; quote text with characters that YAML reserves, such as `*`, `@` or `{`"


def _node(event: ev.Event, events: Iterator[ev.Event], level: int) -> Node:
    line = _line(event)
    if level > MOST_LEVELS:
        raise UnreadableError(line, f"more than {MOST_LEVELS} levels of nesting", "flatten it")
    match event:
        case ev.ScalarEvent():
            plain = event.implicit[0] and event.style not in ("'", '"', "|", ">")
            return Scalar(line, event.tag, event.anchor, event.value, plain)
        case ev.SequenceStartEvent():
            items = tuple(_nodes(events, level + 1))
            return Sequence(line, event.tag, event.anchor, items)
        case ev.MappingStartEvent():
            flat = _nodes(events, level + 1)
            entries = tuple(zip(flat, flat, strict=True))
            return Mapping(line, event.tag, event.anchor, entries)
        case ev.AliasEvent():
            return Alias(line, None, event.anchor)
        case _:  # the parser gives no other; should it ever, nothing is guessed
            raise UnreadableError(line, "no valid YAML", _MEND)


def _nodes(events: Iterator[ev.Event], level: int) -> Iterator[Node]:
    """Yield the nodes up to the end of the collection they are in."""
    for event in events:
        if isinstance(event, ev.CollectionEndEvent):
            return
        yield _node(event, events, level)


def _line(event: ev.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
