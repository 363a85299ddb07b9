"""Questions put in other words: the same, statement by statement or test by test."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.differential.question import Document, Question, Statement

Change = Callable[[Statement], Statement | None]
"""From a statement to what takes its place; `None` leaves it out."""

Retest = Callable[[str, str, list[str]], tuple[str, list[str]] | None]
"""From operator, key and values to the operator and values in their place; `None` leaves it out."""


def each_document(question: Question, document: Callable[[Document], Document]) -> Question:
    """Return the question with every policy changed."""

    def perhaps(one: Document | None) -> Document | None:
        return None if one is None else document(one)

    return replace(
        question,
        identity=[document(one) for one in question.identity],
        boundary=perhaps(question.boundary),
        session=perhaps(question.session),
        policy=perhaps(question.policy),
        scps=[[document(one) for one in level] for level in question.scps],
        rcps=[[document(one) for one in level] for level in question.rcps],
    )


def each_statement(question: Question, change: Change) -> Question:
    """Return the question with every statement of every policy changed."""

    def document(one: Document) -> Document:
        changed = (change(statement) for statement in one["Statement"])
        return {**one, "Statement": [each for each in changed if each is not None]}

    return each_document(question, document)


def each_test(question: Question, change: Retest, effect: str = "") -> Question:
    """Return the question with every test of every condition changed, or of one effect's only."""

    def statement(one: Statement) -> Statement:
        if "Condition" not in one or effect not in ("", one["Effect"]):
            return one
        found: dict[str, dict[str, Any]] = {}
        for operator, tests in one["Condition"].items():
            for key, values in tests.items():
                listed = texts(values)
                changed = change(operator, key, listed)
                if changed == (operator, listed):
                    found.setdefault(operator, {})[key] = values
                elif changed is not None:
                    found.setdefault(changed[0], {})[key] = changed[1]
        return {**one, "Condition": found}

    return each_statement(question, statement)


def each_resource(question: Question, change: Callable[[str], str]) -> Question:
    """Return the question with every pattern of Resource and NotResource changed."""

    def statement(one: Statement) -> Statement:
        name = next((key for key in ("Resource", "NotResource") if key in one), None)
        if name is None:
            return one
        listed = texts(one[name])
        changed = [change(pattern) for pattern in listed]
        return one if changed == listed else {**one, name: changed}

    return each_statement(question, statement)


def texts(values: Any) -> list[str]:
    """Return what JSON has as a text or a list of texts, as a list."""
    return list(values) if isinstance(values, list) else [values]


def value(question: Question, key: str) -> str | list[str] | None:
    """Return what the request has of a condition key, in any case of letters."""
    known = {name.lower(): one for name, one in question.whole_context().items()}
    return known.get(key.lower())
