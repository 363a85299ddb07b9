"""Make a question smaller for as long as it stays one on which engine and evaluator disagree."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any

from tests.differential.question import Question

_PARTS = ("identity", "boundary", "session", "policy", "scps", "rcps", "context")


def shrink(question: Question, still: Callable[[Question], bool]) -> Question:
    """Return a smallest question, by taking out one thing at a time, of which `still` is true."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(question):
            if still(candidate):
                question, smaller = candidate, True
                break
    return question


def _smaller(question: Question) -> Iterator[Question]:
    for part in fields(question):
        if part.name in _PARTS:
            for value in _without(getattr(question, part.name)):
                yield replace(question, **{part.name: value})
    for name in ("boundary", "session", "policy"):
        needed = name == "policy" and question.action.startswith(("sts:", "kms:"))
        if getattr(question, name) is not None and not needed:
            yield replace(question, **{name: None})


def _without(value: Any) -> Iterator[Any]:
    """Yield the value with one element of it, at whatever depth, taken out or made plainer."""
    match value:
        case dict():
            for key, part in value.items():
                rest = {name: one for name, one in value.items() if name != key}
                if key not in ("Version", "Statement", "Effect", "Principal", "Action", "Resource"):
                    yield rest
                if key in ("NotAction", "NotResource"):
                    yield {**rest, key.removeprefix("Not"): "*"}
                if key in ("Action", "Resource") and part not in ("*", ["*"]):
                    yield {**rest, key: "*"}
                if not isinstance(part, str):
                    yield from ({**value, key: less} for less in _without(part) if less != {})
        case list():
            for at in range(len(value)):
                if len(value) > 1 or not isinstance(value[at], str):
                    rest = deepcopy(value)
                    del rest[at]
                    yield rest
                yield from ([*value[:at], less, *value[at + 1 :]] for less in _without(value[at]))
        case _:
            return
