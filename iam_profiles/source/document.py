"""One YAML file as plain values, each with its line, and all that is wrong with its YAML."""

from dataclasses import dataclass, field

from iam_profiles.errors import Problem
from iam_profiles.source.wording import Path, dotted, quoted
from iam_profiles.source.yaml_scalar import Refusal, resolve
from iam_profiles.source.yaml_text import UnreadableError, decode
from iam_profiles.source.yaml_tree import Alias, Mapping, Node, Scalar, Sequence, parse

Json = str | int | bool | tuple["Json", ...] | dict[str, "Json"] | None
"""A value as read: lists are tuples, keys are text."""


@dataclass(slots=True)
class Document:
    """A file as read; filled by `read`, and only looked at afterwards."""

    file: str
    """How messages name the file."""
    value: Json = None
    lines: dict[Path, int] = field(default_factory=dict[Path, int])
    """The line of every key and list item."""
    problems: list[Problem] = field(default_factory=list[Problem])
    broken: set[Path] = field(default_factory=set[Path])
    """Where a problem was found already: what is there is not the user's value."""

    def line(self, path: Path) -> int:
        """Return the line of a key or item, or of the nearest thing around it that has one."""
        for length in range(len(path), -1, -1):
            if (found := self.lines.get(path[:length])) is not None:
                return found
        return 0

    def problem(self, path: Path, found: str, remedy: str) -> Problem:
        """Return a problem with what is at this path."""
        return Problem(self.file, self.line(path), dotted(path), found, remedy)


def read(file: str, raw: bytes) -> Document:
    """Return the file's values; whatever is wrong with its YAML is in `problems`, never raised."""
    document = Document(file)
    try:
        root = parse(decode(raw))
    except UnreadableError as error:
        document.problems.append(Problem(file, error.line, "", error.found, error.remedy))
        document.broken.add(())
        return document
    document.lines[()] = root.line
    document.value = _value(document, (), root)
    return document


def _value(document: Document, path: Path, node: Node) -> Json:
    _refuse_decoration(document, path, node)
    match node:
        case Scalar():
            meaning = resolve(node.text) if node.plain else node.text
        case Sequence(items=items):
            return tuple(_item(document, (*path, at), item) for at, item in enumerate(items))
        case Mapping():
            return _mapping(document, path, node)
        case _:
            alias = quoted(f"*{node.anchor}")
            meaning = Refusal(f"the alias {alias}", "write it out, or quote it if it is text")
    if isinstance(meaning, Refusal):
        _refuse(document, path, node, meaning)
        document.broken.add(path)
        return None
    return meaning


def _refuse(document: Document, path: Path, node: Node, why: Refusal) -> None:
    problem = Problem(document.file, node.line, dotted(path), why.found, why.remedy)
    document.problems.append(problem)


def _refuse_decoration(document: Document, path: Path, node: Node) -> None:
    """Refuse what YAML offers and these files do without: it hides from a reader what is meant."""
    if node.anchor is not None and not isinstance(node, Alias):
        anchor = quoted(f"&{node.anchor}")
        why = Refusal(f"the anchor {anchor}", "take it out: aliases are not read")
        _refuse(document, path, node, why)
    if node.tag is not None:
        tag = quoted(node.tag.replace("tag:yaml.org,2002:", "!!"))
        why = Refusal(f"the tag {tag}", "take it out; quote the value if it is text")
        _refuse(document, path, node, why)


def _item(document: Document, path: Path, node: Node) -> Json:
    document.lines[path] = node.line
    return _value(document, path, node)


def _mapping(document: Document, path: Path, node: Mapping) -> Json:
    values: dict[str, Json] = {}
    for key_node, value_node in node.entries:
        key = _key(document, path, key_node)
        if key is None:
            continue
        here = (*path, key)
        if key in values:
            found = f"a second {quoted(key)}: the first is on line {document.lines[here]}"
            _refuse(document, here, key_node, Refusal(found, "keep one of the two"))
            continue
        document.lines[here] = key_node.line
        values[key] = _value(document, here, value_node)
    return values


def _key(document: Document, path: Path, node: Node) -> str | None:
    """Return the key as text, or None where it is none; `on` is a word here, as in `on: [prod]`."""
    if not isinstance(node, Scalar):
        why = Refusal("a key that is not a single word", "write a word as key")
        _refuse(document, path, node, why)
        return None
    key, here = node.text, (*path, node.text)
    _refuse_decoration(document, here, node)
    meaning = resolve(key) if node.plain and key != "on" else key
    if not isinstance(meaning, str | Refusal):
        meaning = Refusal(f"the key {quoted(key)}, which is not read as text", "quote it")
    if isinstance(meaning, Refusal):
        _refuse(document, here, node, meaning)
        document.broken.add(here)
    return key
