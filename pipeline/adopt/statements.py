"""Policies of an account as statements of the model: the same text for every account."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from access.document import parse
from access.errors import PolicyParseError
from access.world import Document
from iam_profiles.actions import catalogue
from iam_profiles.model import Organization
from iam_profiles.names import AccountId
from iam_profiles.paths import state_account
from iam_profiles.placeholders import fill

Conditions = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
_NEGATED: Final = ("NotAction", "NotResource", "NotPrincipal")


class InexpressibleError(Exception):
    """Something that the model has no words for: what, and what to do."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found}; {remedy}")
        self.found = found
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Draft:
    """One statement, as a role's file would have it; its lists sorted, each entry once."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions

    @property
    def meaning(self) -> tuple[object, ...]:
        """What it says, whatever it is called."""
        return self.effect, self.actions, self.resources, self.conditions


def statements(document: Document) -> Iterator[Draft]:
    """Yield the statements of a policy as the account has them.

    Raises:
        InexpressibleError: the policy cannot be read, or says what the model cannot.
    """
    if document.text is None:
        raise InexpressibleError(
            f"{document.name} is not in the input", "export it as well, and run this again"
        )
    try:
        parse(document.text)
    except PolicyParseError as error:
        raise InexpressibleError(f"{document.name} cannot be read: {error}", "mend it") from error
    whole: dict[str, Any] = json.loads(document.text)
    for number, raw in enumerate(_listed(whole["Statement"]), 1):
        yield _draft(document.name, number, cast("dict[str, Any]", raw))


def _draft(policy: str, number: int, raw: Mapping[str, Any]) -> Draft:
    for negated in _NEGATED:
        if negated in raw:
            raise InexpressibleError(
                f"{policy} has `{negated}`, which is more with every service that AWS adds",
                "list what is meant instead, and run this again",
            )
    if "*" in _texts(raw["Action"]) and raw["Effect"] == "Allow":
        raise InexpressibleError(
            f"{policy} allows `*`",
            "name the services and actions that the role needs, or attach a policy of AWS's",
        )
    conditions = cast("dict[str, dict[str, Any]]", raw.get("Condition", {}))
    return Draft(
        str(raw.get("Sid") or f"Statement{number}"),
        raw["Effect"],
        _texts(raw["Action"]),
        _texts(raw.get("Resource", [])),
        tuple(
            (operator, tuple((key, _texts(values)) for key, values in sorted(tests.items())))
            for operator, tests in sorted(conditions.items())
        ),
    )


def generalised(drafts: Iterable[Draft], ours: Organization, account: AccountId) -> list[Draft]:
    """Return statements of one account with placeholders where another has something else."""
    state = state_account(ours).id

    def general(text: str) -> str:
        said = text.replace(f"arn:{ours.partition}:", "arn:{partition}:").replace(
            account, "{account}"
        )
        return said if account == state else said.replace(state, "{state_account}")

    return [_mapped(draft, general) for draft in drafts]


def filled(drafts: Iterable[Draft], ours: Organization, account: AccountId) -> list[Draft]:
    """Return general statements as they read in one account."""

    def here(text: str) -> str:
        return fill(text, ours, account)

    return [_mapped(draft, here) for draft in drafts]


def alike(one: Iterable[Draft], other: Iterable[Draft]) -> bool:
    """Whether two lists of statements say the same, whatever they are called."""
    return {draft.meaning for draft in one} == {draft.meaning for draft in other}


def spelt(drafts: Iterable[Draft]) -> tuple[list[Draft], tuple[str, ...]]:
    """Return the statements with actions as AWS spells them, and the actions that AWS lacks.

    An action that there is not allows nothing and denies nothing. IAM reads actions in any case of
    letters, and does without Sids: here each statement gets one of its own.
    """
    kept: list[Draft] = []
    unknown: list[str] = []
    sids: set[str] = set()
    for draft in drafts:
        actions = tuple(sorted({_spelt(action) for action in draft.actions}))
        missing = [action for action in actions if catalogue().fault(action)]
        unknown += missing
        actions = tuple(action for action in actions if action not in missing)
        sid, number = draft.sid, 1
        while sid in sids:
            number += 1
            sid = f"{draft.sid}{number}"
        if actions:
            sids.add(sid)
            kept.append(replace(draft, sid=sid, actions=actions))
    return kept, tuple(dict.fromkeys(unknown))


def _spelt(action: str) -> str:
    service, colon, name = action.partition(":")
    names = catalogue().actions.get(service.lower(), ())
    meant = next((one for one in names if one.lower() == name.lower()), name)
    return f"{service.lower()}{colon}{meant}"


def _mapped(draft: Draft, change: Callable[[str], str]) -> Draft:
    def texts(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({change(value) for value in values}))

    return replace(
        draft,
        resources=texts(draft.resources),
        conditions=tuple(
            (operator, tuple((key, texts(values)) for key, values in tests))
            for operator, tests in draft.conditions
        ),
    )


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _texts(value: object) -> tuple[str, ...]:
    """Return one text or many, as IAM takes either; each once, sorted."""
    return tuple(
        sorted({one if isinstance(one, str) else json.dumps(one) for one in _listed(value)})
    )
